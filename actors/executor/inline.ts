/**
 * Inline: runs trusted code (built-in handlers, and files with `isolation: "inline"`) in the node's own process.
 *
 * Intuition: there is nothing to terminate here. A time-out or abort fires the signal; code that ignores it is
 * left behind after the grace period: its attempt ends, and whatever it still does is not heard.
 *
 * Invariants: as in port.ts, E1: an attempt ends once, when its code settles or at the end of its grace period.
 * Not here: code that cannot be trusted (pool/).
 * @module
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import { createContext } from "./attempt/context.ts";
import { failureOf } from "./attempt/failure.ts";
import { encodeJson } from "./attempt/json.ts";
import type { CodeSpans } from "./attempt/spans.ts";
import type { HandlerContext } from "./define.ts";
import { interrupted, stopped } from "./host/verdicts.ts";
import { GRACE_MS, type StopReason } from "./pool/protocol.ts";
import {
  type AttemptOrder,
  type AttemptOutcome,
  type AttemptReports,
  RESULT_CHARS_MAX,
} from "./port.ts";

/** Code that runs inline. */
export type InlineRun = (ctx: HandlerContext, payload: unknown) => unknown;

/** An attempt under way. */
interface InlineAttempt {
  readonly order: AttemptOrder;
  readonly timeoutMs: number | null;
  /** Made when the handler asks for its signal, or is to stop. */
  controller: AbortController | null;
  reason: StopReason | null;
  timer: Timer | null;
}

/** Runs inline attempts. */
export class InlineRunner {
  readonly #reports: AttemptReports;
  readonly #clock: Clock;
  readonly #spans: CodeSpans | undefined;
  readonly #attempts = new Map<string, InlineAttempt>();

  constructor(
    { reports, clock, spans }: {
      readonly reports: AttemptReports;
      readonly clock: Clock;
      /** Absent: nothing is traced. */
      readonly spans?: CodeSpans | undefined;
    },
  ) {
    this.#reports = reports;
    this.#clock = clock;
    this.#spans = spans;
  }

  /** Attempts under way. */
  get load(): number {
    return this.#attempts.size;
  }

  /** Calls `run` now. */
  start(order: AttemptOrder, { run, timeoutMs }: { run: InlineRun; timeoutMs: number | null }) {
    const attempt: InlineAttempt = {
      order,
      timeoutMs,
      controller: null,
      reason: null,
      timer: null,
    };
    this.#attempts.set(order.key.token, attempt);
    if (timeoutMs !== null) {
      attempt.timer = this.#clock.after(timeoutMs, () => this.#stop(attempt, "timeout"));
    }
    const call = () => void this.#call(attempt, run);
    if (this.#spans === undefined) call();
    // Of one that is not traced, too: the turn of the event loop may be another trace's.
    else this.#spans.within(order.trace?.parent, call);
  }

  /** Tells whether the token was an inline attempt's; if so it is asked to stop. */
  abort(token: string, reason: "cancelled" | "drain"): boolean {
    const attempt = this.#attempts.get(token);
    if (attempt) this.#stop(attempt, reason);
    return attempt !== undefined;
  }

  /** Ends every attempt as `interrupted`; their code is asked to stop. */
  close(): void {
    for (const attempt of [...this.#attempts.values()]) {
      const { controller } = attempt;
      this.#end(attempt, interrupted("the node stops"));
      controller?.abort(new DOMException("the node stops", "AbortError"));
    }
  }

  /** Never rejects. */
  async #call(attempt: InlineAttempt, run: InlineRun): Promise<void> {
    let outcome: AttemptOutcome;
    try {
      const value = await run(this.#contextOf(attempt), JSON.parse(attempt.order.payload));
      const result = encodeJson(value, { charsMax: RESULT_CHARS_MAX, what: "the result" });
      outcome = { kind: "ok", result };
    } catch (error) {
      outcome = failureOf(error);
    }
    const { reason, timeoutMs } = attempt;
    this.#end(attempt, reason === null ? outcome : stopped(reason, timeoutMs));
  }

  /** The handler's `ctx`; after the attempt's end it says nothing any more. */
  #contextOf(attempt: InlineAttempt): HandlerContext {
    const { key, ...order } = attempt.order;
    const { jobId, attempt: number } = key;
    const reports = this.#reports;
    const live = () => this.#attempts.get(key.token) === attempt;
    const durable = (keep: () => Promise<void>) =>
      live() ? keep() : Promise.reject(new Error("the attempt is over"));
    return createContext({ ...order, jobId, attempt: number }, {
      signal: () => (attempt.controller ??= new AbortController()).signal,
      spans: order.trace && this.#spans,
      sink: {
        progress: (percent) => live() && reports.progress(key, percent),
        log: (line) => live() && reports.log(key, [line]),
        step: (name, result) => durable(() => reports.step(key, name, result)),
        checkpoint: (value) => durable(() => reports.checkpoint(key, value)),
      },
    });
  }

  /** Fires the signal and starts the grace period. */
  #stop(attempt: InlineAttempt, reason: StopReason): void {
    if (attempt.reason !== null) return;
    attempt.reason = reason;
    attempt.timer?.cancel();
    attempt.timer = this.#clock.after(
      GRACE_MS,
      () => this.#end(attempt, stopped(reason, attempt.timeoutMs)),
    );
    attempt.controller ??= new AbortController();
    attempt.controller.abort(new DOMException(`the attempt is to stop: ${reason}`, "AbortError"));
  }

  /** Reports the one outcome (E1). */
  #end(attempt: InlineAttempt, outcome: AttemptOutcome): void {
    const { key } = attempt.order;
    if (this.#attempts.get(key.token) !== attempt) return;
    this.#attempts.delete(key.token);
    attempt.timer?.cancel();
    this.#reports.ended(key, outcome);
  }
}
