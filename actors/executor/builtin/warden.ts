/**
 * Warden: sees to it that no program of a `command` job outlives its attempt or its node.
 *
 * Intuition: the node keeps one end of a pipe to a small process (warden_main.ts) and tells it which programs
 * run. A node that is killed lets go of the pipe, and the process kills them. It is started with the first
 * program: nodes without `command` jobs pay nothing for it.
 *
 * Invariants: WD1. A program is known to the process before it is started: a node that is killed at any later
 * moment leaves nothing behind. WD2. A warden that ended before its node is replaced, and the new one is told all.
 * Not covered: a program that gives itself another environment *and* another group; whoever kills node and
 * warden at the same moment must end their programs, too (a container's or a service's end does).
 * @module
 */
import type { Clock, Timer } from "../../../runtime/clock.ts";
import type { WardenOrder } from "./warden_main.ts";

/** The process, as far as the node has to do with it. */
export interface WardenProcess {
  /** Resolves when the text is in the pipe; rejects when the process has ended. */
  write(text: string): Promise<void>;
  /** Lets go of the pipe: it kills what it still watches, and ends. */
  letGo(): Promise<void>;
  kill(): void;
  readonly ended: Promise<unknown>;
}

/** Wait before an ended warden is replaced, ms: one that cannot run must not keep a processor busy. */
const RESTART_MS = 1_000;
/** Times that a program's start is told before it is given up. */
const TELL_TRIES_MAX = 3;
/** What a sweep may take when the node stops, ms: many times its usual. */
const CLOSE_MS_MAX = 2_000;

/** The warden of one node. */
export class Warden {
  readonly #clock: Clock;
  readonly #spawn: () => WardenProcess;
  /** Programs by mark, each with its process group once it runs. */
  readonly #watched = new Map<string, number | null>();
  #process: WardenProcess | null = null;
  #restart: Timer | null = null;
  #closed = false;

  constructor({ clock, spawn = spawnWarden }: { clock: Clock; spawn?: () => WardenProcess }) {
    this.#clock = clock;
    this.#spawn = spawn;
  }

  /** Before a program is started; rejects when nobody would end it (WD1). */
  async watch(mark: string): Promise<void> {
    this.#watched.set(mark, null);
    for (let tries = 1;; tries++) {
      try {
        return await this.#tell({ kind: "watch", mark, group: null });
      } catch (error) {
        this.#process = null;
        if (tries < TELL_TRIES_MAX && !this.#closed) continue;
        this.#watched.delete(mark);
        throw new Error("the program was not started: its warden does not run", { cause: error });
      }
    }
  }

  /** The program runs as the leader of `group`. */
  started(mark: string, group: number): void {
    this.#watched.set(mark, group);
    this.#tellSoon({ kind: "watch", mark, group });
  }

  /** Ends whatever carries the mark, wherever it went. */
  reap(mark: string): void {
    this.#tellSoon({ kind: "reap", mark });
  }

  /** The program has ended. */
  forget(mark: string): void {
    this.#watched.delete(mark);
    if (this.#process) this.#tellSoon({ kind: "forget", mark });
  }

  /** Ends what still runs, and the process. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#restart?.cancel();
    const process = this.#process;
    this.#process = null;
    if (!process) return;
    const timer = this.#clock.after(CLOSE_MS_MAX, () => process.kill());
    await process.letGo().catch(() => {});
    await process.ended;
    timer.cancel();
  }

  /** A process that has ended is told by its successor (WD2). */
  #tellSoon(order: WardenOrder): void {
    void this.#tell(order).catch(() => {});
  }

  async #tell(order: WardenOrder): Promise<void> {
    if (this.#closed) throw new Error("the node stops");
    const process = this.#process ?? this.#start();
    await process.write(`${JSON.stringify(order)}\n`);
  }

  /** Starts a process and tells it of every program (WD2). */
  #start(): WardenProcess {
    const process = this.#spawn();
    this.#process = process;
    for (const [mark, group] of this.#watched) {
      process.write(`${JSON.stringify({ kind: "watch", mark, group })}\n`).catch(() => {});
    }
    void process.ended.then(() => this.#ended(process));
    return process;
  }

  #ended(process: WardenProcess): void {
    if (this.#closed || (this.#process !== process && this.#process !== null)) return;
    this.#process = null;
    this.#restart?.cancel();
    this.#restart = this.#clock.after(RESTART_MS, () => {
      if (!this.#closed && this.#process === null && this.#watched.size > 0) this.#start();
    });
  }
}

const MAIN_URL = new URL("./warden_main.ts", import.meta.url).href;

/** All permissions: Deno shows `/proc` to no one else. It runs nothing but its own file. */
function spawnWarden(): WardenProcess {
  const inherited = Object.entries(Deno.env.toObject())
    .filter(([name]) => !name.startsWith("ORRERY_"));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--allow-all", MAIN_URL],
    env: Object.fromEntries(inherited),
    clearEnv: true,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  child.unref();
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  return {
    write: (text) => writer.write(encoder.encode(text)),
    letGo: () => writer.close(),
    kill: () => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
    },
    ended: child.status,
  };
}
