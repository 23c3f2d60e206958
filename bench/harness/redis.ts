/**
 * Redis: a server of our own for the competitor, on a free port of this machine, in a folder of its
 * own, ended by its process id.
 *
 * Persistence as BullMQ recommends it: an append-only file, synced every second. Its rewriting is
 * off, so that no background job falls into a measurement: that is in the competitor's favour.
 * @module
 */

/** A running server. */
export interface RedisServer {
  readonly port: number;
  readonly version: string;
  /** Deletes everything in it. */
  flush(): Promise<void>;
  /** What its data takes of its memory, bytes, by its own account; what waits for the disk is not counted. */
  memoryBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts one; undefined when this machine has no `redis-server`. */
export async function startRedis(): Promise<RedisServer | undefined> {
  const version = await installedVersion();
  if (version === undefined) return undefined;
  const dir = await Deno.makeTempDir({ prefix: "orrery-bench-redis-" });
  const port = freePort();
  const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", dir, "--save", ""];
  const durability = ["--appendonly", "yes", "--appendfsync", "everysec"];
  const child = new Deno.Command("redis-server", {
    args: [...settings, ...durability, "--auto-aof-rewrite-percentage", "0"],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  await untilAnswering(port);
  return {
    port,
    version,
    flush: async () => void await send(port, "FLUSHALL"),
    memoryBytes: async () => {
      const info = await sendAll(port, "INFO memory");
      const [used, unwritten] = [/used_memory:(\d+)/, /mem_aof_buffer:(\d+)/]
        .map((pattern) => Number(pattern.exec(info)?.[1]));
      return (used ?? NaN) - (unwritten ?? NaN);
    },
    stop: async () => {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(dir, { recursive: true });
    },
  };
}

async function installedVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("redis-server", { args: ["--version"] }).output();
    return /v=(\S+)/.exec(new TextDecoder().decode(stdout))?.[1] ?? "unknown";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A port that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function untilAnswering(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      if (await send(port, "PING") === "+PONG") return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`redis-server does not answer on port ${port}`);
}

/** One inline command on a connection of its own; the first line of the reply. */
async function send(port: number, command: string): Promise<string> {
  return (await sendAll(port, command)).split("\r\n")[0] ?? "";
}

/** One inline command on a connection of its own; what comes first of the reply. */
async function sendAll(port: number, command: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${command}\r\n`));
  const buffer = new Uint8Array(4_096);
  const count = await connection.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, count));
}
