/**
 * RedisProcess: a Redis of a test's own: its port, its death, its return.
 *
 * It keeps an append-only file that is synced at every write, so that what was acknowledged survives SIGKILL.
 * @module
 */
import { freePort } from "../../bench/harness/redis.ts";
import { eventually } from "./eventually.ts";

/** A running or dead server. */
export class RedisProcess implements AsyncDisposable {
  #child: Deno.ChildProcess;

  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly args: readonly string[],
  ) {
    this.#child = this.#launch();
  }

  /** Starts one and waits until it answers. Rejects with what to do when this machine has none. */
  static async start(more: readonly string[] = []): Promise<RedisProcess> {
    const port = freePort();
    const dir = await Deno.makeTempDir({ prefix: "orrery-redis-" });
    const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", dir, "--save", ""];
    const durable = ["--appendonly", "yes", "--appendfsync", "always"];
    const redis = new RedisProcess(port, dir, [...settings, ...durable, ...more]);
    await redis.#answering();
    return redis;
  }

  /** Starts a Sentinel that watches the primary at `primaryPort` as `jobs`, and needs no second opinion. */
  static async sentinel(primaryPort: number): Promise<RedisProcess> {
    const port = freePort();
    const dir = await Deno.makeTempDir({ prefix: "orrery-sentinel-" });
    await Deno.writeTextFile(
      `${dir}/sentinel.conf`,
      `port ${port}
bind 127.0.0.1
dir ${dir}
sentinel monitor jobs 127.0.0.1 ${primaryPort} 1
sentinel down-after-milliseconds jobs 500
sentinel failover-timeout jobs 3000
`,
    );
    const redis = new RedisProcess(port, dir, [`${dir}/sentinel.conf`, "--sentinel"]);
    await redis.#answering();
    return redis;
  }

  /** As `--store` takes it. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Sends a signal. */
  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** Kills it and waits for its end. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#child.status;
  }

  /** Starts it again on what it had written. */
  async restart(): Promise<void> {
    this.#child = this.#launch();
    await this.#answering();
  }

  /** The first line of the answer to a command. */
  async send(command: string): Promise<string> {
    return (await this.#ask(command)).split("\r\n")[0] ?? "";
  }

  /** A section of what the server tells of itself. */
  info(section: string): Promise<string> {
    return this.#ask(`INFO ${section}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGCONT");
      this.signal("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await Deno.remove(this.dir, { recursive: true });
  }

  #launch(): Deno.ChildProcess {
    try {
      return new Deno.Command("redis-server", {
        args: [...this.args],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
    } catch (cause) {
      throw new Error("no redis-server on this machine: apt-get install redis-server", { cause });
    }
  }

  async #ask(command: string): Promise<string> {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    await connection.write(new TextEncoder().encode(`${command}\r\n`));
    const buffer = new Uint8Array(4_096);
    const count = await connection.read(buffer) ?? 0;
    return new TextDecoder().decode(buffer.subarray(0, count));
  }

  async #answering(): Promise<void> {
    await eventually(
      () => this.send("PING").then((answer) => answer === "+PONG" || undefined, () => undefined),
      {
        what: () => `an answer of redis-server on port ${this.port}`,
        withinMs: 10_000,
      },
    );
  }
}
