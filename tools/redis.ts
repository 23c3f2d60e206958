/**
 * Redis for the tests: it is there, or it is installed, or one line says how.
 * @module
 */

/** Tells whether this machine can start a Redis. */
export async function hasRedis(): Promise<boolean> {
  return await succeeds("redis-server", ["--version"]);
}

/** Installs Redis where that needs nobody's permission: as root, with Debian's packages. Tells what is so in the end. */
export async function provideRedis(say: (line: string) => void = console.log): Promise<boolean> {
  if (await hasRedis()) return true;
  if (Deno.build.os === "linux" && Deno.uid() === 0 && await succeeds("apt-get", ["--version"])) {
    say("redis-server is missing and is being installed (apt-get install redis-server)");
    await succeeds("apt-get", ["update", "-qq"]);
    await succeeds("apt-get", ["install", "-y", "-qq", "redis-server"]);
    if (await hasRedis()) return true;
  }
  say("no redis-server: tests of clusters are left out; install it with your system's packages");
  return false;
}

/** Runs a program in silence; false when it is not there, or fails. */
async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  try {
    const command = new Deno.Command(program, {
      args: [...args],
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    return (await command.output()).success;
  } catch {
    return false;
  }
}
