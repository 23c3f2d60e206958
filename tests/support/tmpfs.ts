/**
 * Tmpfs: a small file system of its own, to be filled, emptied and made read-only.
 * @module
 */

/** A mounted tmpfs; it is unmounted at the end of its scope. */
export class Tmpfs implements AsyncDisposable {
  private constructor(readonly dir: string) {}

  /** Mounts one of `bytes` bytes; undefined where this user may not. */
  static async mount(bytes: number): Promise<Tmpfs | undefined> {
    const dir = await Deno.makeTempDir({ prefix: "orrery-tmpfs-" });
    if (await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", dir])) {
      return new Tmpfs(dir);
    }
    await Deno.remove(dir);
    return undefined;
  }

  /** Takes all the space that is left, but for less than a page. */
  async fill(): Promise<void> {
    const chunk = new Uint8Array(4_096);
    using file = await Deno.open(this.#filler, { write: true, create: true, append: true });
    try {
      while (true) await file.write(chunk);
    } catch {
      // It is full: that is what was wanted.
    }
  }

  /** Gives the space back that `fill` took. */
  async empty(): Promise<void> {
    await Deno.remove(this.#filler);
  }

  /** Makes it read-only or writable again. Refused by the kernel while files are open for writing. */
  remount(how: "ro" | "rw"): Promise<boolean> {
    return run("mount", ["-o", `remount,${how}`, this.dir]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", ["-l", this.dir]);
    await Deno.remove(this.dir).catch(() => {});
  }

  get #filler(): string {
    return `${this.dir}/filler`;
  }
}

async function run(program: string, args: readonly string[]): Promise<boolean> {
  try {
    const command = new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" });
    return (await command.output()).success;
  } catch {
    return false;
  }
}
