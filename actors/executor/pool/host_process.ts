/**
 * HostProcess: starts one executor-host, talks to it, and tells when and how it ended.
 *
 * Intuition: the host connects back over a Unix socket in a private folder. Its standard streams are not
 * used: handlers can write to them. The heap bound is V8's, per worker; a host that reaches it is aborted
 * by V8, alone. The environment is the node's without `ORRERY_*`: those may hold secrets of the node.
 *
 * Invariants: Q1. `down` is told exactly once, after everything the host said. Q2. A host that is silent for
 * `SILENCE_MS_MAX` while it is asked is killed.
 * @module
 */
import type { Clock, Timer } from "../../../runtime/clock.ts";
import type { HostLimits } from "../host/events.ts";
import { Channel } from "./channel.ts";
import { EXIT_MEMORY, type HostCommand, type HostEvent } from "./protocol.ts";

/** How a host ended. */
export interface HostExit {
  /** Memory ran out, or V8 aborted for a cause that looks like it. */
  readonly memory: boolean;
  /** For people. */
  readonly description: string;
}

/** What a host process tells. */
export interface HostListener {
  up(): void;
  said(batch: readonly HostEvent[]): void;
  down(exit: HostExit): void;
}

/** A host that has not connected after this long is killed. */
const CONNECT_MS_MAX = 15_000;
/** How often a host is asked whether it lives. */
const PING_EVERY_MS = 2_000;
/** A host that says nothing for this long, though asked, is killed. */
const SILENCE_MS_MAX = 12_000;
/** V8 ends a process that is out of heap by a trap; some builds abort instead. */
const MEMORY_SIGNALS: ReadonlySet<string> = new Set(["SIGTRAP", "SIGABRT", "SIGILL", "SIGSEGV"]);
/** Where handlers are traced: a host may be killed at any time, and with it the spans that it has not exported. */
const SPANS_EXPORTED_EVERY_MS = "1000";
const CONFIG_PATH = `${import.meta.dirname}/../../../deno.json`;
const MAIN_URL = new URL("../host/main.ts", import.meta.url).href;

/** One child process. */
export class HostProcess {
  readonly #clock: Clock;
  readonly #listener: HostListener;
  #child: Deno.ChildProcess | null = null;
  #channel: Channel<HostCommand, HostEvent> | null = null;
  #killed = false;
  #heardAtMs: number;
  #pinger: Timer | null = null;

  constructor(
    limits: HostLimits,
    { clock, listener }: { clock: Clock; listener: HostListener },
  ) {
    this.#clock = clock;
    this.#listener = listener;
    this.#heardAtMs = clock.monotonicMs();
    void this.#live(limits);
  }

  /** Sends one command; commands to a host that is not up are dropped. */
  send(command: HostCommand): void {
    this.#channel?.send(command);
  }

  /** Ends the process at once. `down` follows. Idempotent. */
  kill(): void {
    this.#killed = true;
    try {
      this.#child?.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  /** From start to end; never rejects. */
  async #live(limits: HostLimits): Promise<void> {
    let exit: HostExit;
    try {
      const status = await this.#run(limits);
      exit = { memory: isMemory(status), description: describeStatus(status) };
    } catch (error) {
      this.kill();
      const why = error instanceof Error ? error.message : String(error);
      exit = { memory: false, description: `its process could not be run: ${why}` };
    }
    this.#pinger?.cancel();
    this.#listener.down(exit); // (Q1)
  }

  /** Starts the process, listens to it, and waits for its end and for its last word. */
  async #run(limits: HostLimits): Promise<Deno.CommandStatus> {
    const folder = await Deno.makeTempDir({ prefix: "orrery-host-" });
    const remove = () => Deno.remove(folder, { recursive: true }).catch(() => {});
    const path = `${folder}/socket`;
    const server = Deno.listen({ transport: "unix", path });
    try {
      this.#child = spawn(path, limits);
      if (this.#killed) this.kill();
      // Once connected, the socket's name is of no more use: a node that is killed leaves nothing behind.
      const listening = this.#connect(server).then(async (channel) => {
        await remove();
        await channel?.listen((batch) => this.#hear(batch));
      }).finally(() => this.kill());
      const status = await this.#child.status;
      server.close();
      await listening;
      return status;
    } finally {
      await remove();
    }
  }

  #hear(batch: readonly HostEvent[]): void {
    this.#heardAtMs = this.#clock.monotonicMs();
    this.#listener.said(batch);
  }

  async #connect(server: Deno.UnixListener): Promise<Channel<HostCommand, HostEvent> | null> {
    const timer = this.#clock.after(CONNECT_MS_MAX, () => this.kill());
    try {
      const connection = await server.accept();
      this.#channel = new Channel(connection);
    } catch {
      return null; // The process ended before it connected, and the listener was closed.
    } finally {
      timer.cancel();
    }
    this.#listener.up();
    this.#ping();
    return this.#channel;
  }

  #ping(): void {
    this.#pinger = this.#clock.after(PING_EVERY_MS, () => {
      if (this.#clock.monotonicMs() - this.#heardAtMs > SILENCE_MS_MAX) return this.kill(); // (Q2)
      this.send({ kind: "ping" });
      this.#ping();
    });
  }
}

function spawn(socketPath: string, limits: HostLimits): Deno.ChildProcess {
  const env = {
    OTEL_BSP_SCHEDULE_DELAY: SPANS_EXPORTED_EVERY_MS,
    ...Object.fromEntries(
      Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("ORRERY_")),
    ),
  };
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-all",
      `--config=${CONFIG_PATH}`,
      `--v8-flags=--max-old-space-size=${limits.heapMiB}`,
      MAIN_URL,
      socketPath,
      JSON.stringify(limits),
    ],
    env,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

function isMemory(status: Deno.CommandStatus): boolean {
  if (status.signal !== null) return MEMORY_SIGNALS.has(status.signal);
  return status.code === EXIT_MEMORY;
}

function describeStatus(status: Deno.CommandStatus): string {
  if (isMemory(status)) return "its process ran out of memory";
  return status.signal === null
    ? `its process ended with code ${status.code}`
    : `its process was ended by ${status.signal}`;
}
