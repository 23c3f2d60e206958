/**
 * Pool: the driver of the dispatcher: host processes, reports, and the answers that durable reports wait for.
 * @module
 */
import type { Clock, Timer } from "../../../runtime/clock.ts";
import { unreachable } from "../../../runtime/fault.ts";
import type { ModuleHandler } from "../catalog/catalog.ts";
import type { HostLimits } from "../host/events.ts";
import type { LogLine } from "../options.ts";
import type { AttemptOrder, AttemptReports } from "../port.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { DispatchEffect, DispatchEvent } from "./events.ts";
import { HostProcess } from "./host_process.ts";
import { GRACE_MS, type Profile } from "./protocol.ts";

/** What a pool is made with. */
export interface PoolParts {
  readonly reports: AttemptReports;
  readonly clock: Clock;
  readonly log: LogLine;
  /** Workers per profile that share the load, over all hosts. */
  readonly workers: number;
  readonly heapMiB: number;
}

/** Hosts of one generation: one can die without leaving the node without any. */
const HOSTS_MAX = 2;
/** Workers of one host, all profiles together: ~15 MB each. */
const SEATS_MAX = 16;
/** Profiles kept warm without demand: 4 × (active + spare) workers leave half of the seats to demand. */
const WARM_PROFILES_MAX = 4;
/** Attempts of one worker: replacing it costs ~30 ms of processor time. */
const RECYCLE_AFTER = 200_000;

/** Runs attempts of module handlers in executor-hosts. */
export class Pool {
  readonly #parts: PoolParts;
  readonly #dispatcher: Dispatcher;
  readonly #processes = new Map<number, HostProcess>();
  readonly #delayed = new Map<number, Timer>();
  #warmWaiters: (() => void)[] = [];
  #closing: (() => void) | null = null;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#dispatcher = new Dispatcher({ heapMiB: parts.heapMiB });
  }

  /** Attempts accepted and not ended. */
  get load(): number {
    return this.#dispatcher.load;
  }

  /** Runs a due attempt. */
  run(order: AttemptOrder, handler: ModuleHandler): void {
    this.#step({ kind: "order", order, handler });
  }

  /** Stops an attempt; unknown tokens are ignored. */
  abort(token: string, reason: "cancelled" | "drain"): void {
    this.#step({ kind: "abort", token, reason });
  }

  /** Replaces all hosts by new ones with `profiles`; resolves when their first workers are up. */
  renew(profiles: readonly Profile[]): Promise<void> {
    return new Promise((resolve) => {
      this.#warmWaiters.push(resolve);
      this.#step({ kind: "renew", profiles, count: Math.min(HOSTS_MAX, this.#parts.workers) });
    });
  }

  /** Ends all attempts and hosts. Idempotent. */
  async close(): Promise<void> {
    this.#step({ kind: "close" });
    for (const timer of this.#delayed.values()) timer.cancel();
    this.#release();
    if (this.#processes.size > 0) await new Promise<void>((ended) => this.#closing = ended);
  }

  #step(event: DispatchEvent): void {
    for (const effect of this.#dispatcher.step(event)) this.#perform(effect);
  }

  #perform(effect: DispatchEffect): void {
    switch (effect.kind) {
      case "send":
        return this.#processes.get(effect.host)?.send(effect.command);
      case "report":
        return this.#report(effect);
      case "start":
        return this.#start(effect);
      case "stop":
        this.#delayed.get(effect.host)?.cancel();
        this.#delayed.delete(effect.host);
        return this.#processes.get(effect.host)?.kill();
      case "warm":
        return this.#release();
      default:
        unreachable(effect);
    }
  }

  /** Hands a saying to the node; durable ones are answered when they are kept. */
  #report({ ticket, key, saying }: DispatchEffect & { kind: "report" }): void {
    const { reports } = this.#parts;
    switch (saying.kind) {
      case "ended":
        return reports.ended(key, saying.outcome);
      case "progress":
        return reports.progress(key, saying.percent);
      case "log":
        return reports.log(key, saying.lines);
      case "step":
        return this.#answer(reports.step(key, saying.name, saying.result), {
          ticket,
          request: saying.request,
        });
      case "checkpoint":
        return this.#answer(reports.checkpoint(key, saying.value), {
          ticket,
          request: saying.request,
        });
      default:
        unreachable(saying);
    }
  }

  /** Tells the attempt what became of its durable report. */
  #answer(kept: Promise<void>, { ticket, request }: { ticket: number; request: number }): void {
    kept.then(
      () => this.#step({ kind: "answer", ticket, request, problem: null }),
      (error) => {
        const problem = error instanceof Error ? error.message : String(error);
        this.#step({ kind: "answer", ticket, request, problem });
      },
    );
  }

  /** Starts a host's process now or later; until then it can be stopped like any other. */
  #start({ host, solo, delayMs }: DispatchEffect & { kind: "start" }): void {
    if (delayMs === 0) return this.#launch(host, solo);
    this.#delayed.set(
      host,
      this.#parts.clock.after(delayMs, () => {
        this.#delayed.delete(host);
        this.#launch(host, solo);
      }),
    );
  }

  #launch(host: number, solo: boolean): void {
    const { clock, log } = this.#parts;
    const process = new HostProcess(this.#limits(solo), {
      clock,
      listener: {
        up: () => this.#step({ kind: "host-up", host }),
        said: (batch) => this.#step({ kind: "host-said", host, batch }),
        down: (exit) => {
          this.#processes.delete(host);
          log("debug", "executor-host ended", { event: "executor.host-ended", host, ...exit });
          this.#step({ kind: "host-down", host, exit });
          if (this.#processes.size === 0) this.#closing?.();
        },
      },
    });
    this.#processes.set(host, process);
  }

  /** A solo host has one worker and no spare: it runs one attempt at a time. */
  #limits(solo: boolean): HostLimits {
    const { workers, heapMiB } = this.#parts;
    const active = Math.ceil(workers / Math.min(HOSTS_MAX, workers));
    return {
      size: solo ? { active: 1, spare: 0 } : { active, spare: 1 },
      seatsMax: SEATS_MAX,
      warmProfilesMax: WARM_PROFILES_MAX,
      recycleAfter: RECYCLE_AFTER,
      heapMiB,
      solo,
      graceMs: GRACE_MS,
    };
  }

  /** Wakes whoever waits for a generation to be warm. */
  #release(): void {
    for (const resolve of this.#warmWaiters.splice(0)) resolve();
  }
}
