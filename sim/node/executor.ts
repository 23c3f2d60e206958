/**
 * SimExecutor: runs attempts by their scripts in virtual time, and keeps what the port promises.
 *
 * Intuition: the real executor has tests of its own; here it is the edge of the world, so it must be
 * honest (E1, E2) and tell the observers everything, before and whether or not its node hears of it.
 * @module
 */
import type {
  AttemptKey,
  AttemptOrder,
  AttemptOutcome,
  AttemptReports,
  Executor,
} from "../../actors/executor/port.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Observe } from "../record/events.ts";
import type { Random } from "../world/random.ts";
import type { Lifeline } from "./lifeline.ts";
import { GRACE_MS, HEALED_SCRIPT, type Script, scriptOf } from "./scripts.ts";

/** What an executor needs of its process and its run. */
export interface SimExecutorOptions {
  readonly boot: string;
  readonly clock: Clock;
  readonly lifeline: Lifeline;
  readonly reports: AttemptReports;
  readonly observe: Observe;
  readonly random: Random;
  readonly knows: (name: string) => boolean;
  readonly healed: () => boolean;
}

interface Live {
  readonly order: AttemptOrder;
  begun: boolean;
  timer: Timer | undefined;
  aborted: boolean;
}

/** One process's executor. */
export class SimExecutor implements Executor {
  readonly #options: SimExecutorOptions;
  readonly #live = new Map<string, Live>();

  constructor(options: SimExecutorOptions) {
    this.#options = options;
  }

  /** Attempts whose handler was called and has not ended: on another node they would outlive this one. */
  begun(): AttemptOrder[] {
    return [...this.#live.values()].filter(({ begun }) => begun).map(({ order }) => order);
  }

  run(order: AttemptOrder): void {
    const { boot, lifeline, observe, knows, clock } = this.#options;
    if (!lifeline.cross()) return;
    observe({ kind: "ordered", boot, order });
    const live: Live = { order, begun: false, timer: undefined, aborted: false };
    this.#live.set(order.key.token, live);
    if (knows(order.name)) this.#awaitTime(live);
    else live.timer = clock.after(0, () => this.#end(live, { kind: "unknown-handler" }));
  }

  abort(token: string, reason: "cancelled" | "drain"): void {
    const live = this.#live.get(token);
    if (!this.#options.lifeline.cross() || !live || live.aborted) return;
    live.aborted = true;
    live.timer?.cancel();
    const { order, begun } = live;
    const deafMs = begun ? Math.min(this.#scriptOf(order).deafMs, GRACE_MS) : 0;
    const error = { name: "Drained", message: "the node stops" };
    const outcome: AttemptOutcome = reason === "cancelled"
      ? { kind: "cancelled" }
      : { kind: "interrupted", error, ...(begun ? {} : { begun: false }) };
    live.timer = this.#options.clock.after(deafMs, () => this.#end(live, outcome));
  }

  handlers() {
    return [];
  }

  knows(name: string): boolean {
    return this.#options.knows(name);
  }

  reload() {
    return Promise.resolve({ handlers: [], problems: [] });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The handler is not called before its time, whatever the wall clock does meanwhile (E2). */
  #awaitTime(live: Live): void {
    const { clock } = this.#options;
    const waitMs = live.order.notBeforeMs - clock.wallMs();
    if (waitMs <= 0) return this.#begin(live);
    live.timer = clock.after(waitMs, () => this.#awaitTime(live));
  }

  #begin(live: Live): void {
    const { boot, clock, observe } = this.#options;
    const { order } = live;
    live.begun = true;
    observe({ kind: "begun", boot, key: order.key });
    const script = this.#scriptOf(order);
    const { timeoutMs } = order;
    if (timeoutMs !== null && script.forMs > timeoutMs) {
      const error = { name: "TimeoutError", message: "as scripted" };
      const untilMs = timeoutMs + Math.min(script.deafMs, GRACE_MS);
      live.timer = clock.after(untilMs, () => this.#end(live, { kind: "timeout", error }));
      return;
    }
    live.timer = clock.after(script.forMs, () => this.#end(live, script.outcome));
    if (script.talks) void this.#talk(order);
  }

  #scriptOf(order: AttemptOrder): Script {
    const { healed, random } = this.#options;
    return healed() ? HEALED_SCRIPT : scriptOf(order, random.fork(order.key.token));
  }

  /** Reports what a talkative handler has to say; what could not be kept is not claimed to be. */
  async #talk({ key }: AttemptOrder): Promise<void> {
    const { reports, observe } = this.#options;
    reports.log(key, [`${key.token} line 1`]);
    reports.log(key, [`${key.token} line 2`]);
    reports.progress(key, 30);
    try {
      await reports.step(key, `step-${key.attempt}`, `"${key.token}"`);
      observe({ kind: "kept", key, what: { step: `step-${key.attempt}` } });
      const value = `{"by":"${key.token}"}`;
      await reports.checkpoint(key, value);
      observe({ kind: "kept", key, what: { checkpoint: value } });
    } catch {
      // A report that was refused promised nothing.
    }
  }

  #end(live: Live, outcome: AttemptOutcome): void {
    const { boot, lifeline, observe, reports } = this.#options;
    const { key } = live.order;
    if (!this.#live.delete(key.token)) return;
    observe({ kind: "ended", boot, key: keyOf(key), outcome });
    if (lifeline.cross()) reports.ended(key, outcome);
  }
}

function keyOf({ jobId, attempt, token }: AttemptKey): AttemptKey {
  return { jobId, attempt, token };
}
