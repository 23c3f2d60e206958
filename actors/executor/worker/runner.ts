/**
 * Runner: calls handlers inside a worker, and tells the host what they do.
 *
 * Intuition: a command is a claim on a slot. Between `enter` and `leave` the handler has the thread, and
 * the host can see whose it is. Everything asynchronous runs inside the attempt's async context, so that
 * errors that nobody caught find the attempt they belong to.
 *
 * Invariants: R1. A handler is called only after its claim succeeded (E2). R2. An attempt says `ended` once.
 * Not here: shared words (pool/claims.ts), locking the realm (sandbox.ts), Comlink (boot.ts).
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type AttemptFacts, createContext, logLine } from "../attempt/context.ts";
import { cut, failureOf } from "../attempt/failure.ts";
import { encodeJson } from "../attempt/json.ts";
import type { CodeSpans } from "../attempt/spans.ts";
import type { HandlerContext } from "../define.ts";
import type { ClaimTable } from "../pool/claims.ts";
import type { StopReason, WireOrder, WorkerCommand } from "../pool/protocol.ts";
import { type AttemptOutcome, RESULT_CHARS_MAX } from "../port.ts";
import type { Outbox } from "./outbox.ts";

/** A handler's code, or why there is none. */
export type LoadedHandler =
  | { readonly kind: "loaded"; run(ctx: HandlerContext, payload: unknown): unknown }
  | { readonly kind: "failed"; readonly error: unknown };

/** Why a signal aborted: the `reason` that handlers see. */
export class AttemptStopped extends Error {
  override readonly name = "AttemptStopped";
  /** `timeout`, `cancelled` or `drain`. */
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(`the attempt is to stop: ${reason}`);
    this.reason = reason;
  }
}

/** An attempt that has begun and not ended. */
interface LiveAttempt {
  readonly slot: number;
  readonly sequence: number;
  readonly order: WireOrder;
  controller: AbortController | null;
  stopped: AttemptStopped | null;
  over: boolean;
  requests: number;
  /** Durable reports that wait for their answer. */
  readonly answers: Map<number, (problem: string | null) => void>;
}

/** What a runner is given. */
export interface RunnerParts {
  readonly table: ClaimTable;
  readonly handlers: ReadonlyMap<string, LoadedHandler>;
  readonly outbox: Outbox;
  /** Absent: nothing is traced. */
  readonly spans?: CodeSpans | undefined;
}

/** Runs the attempts of one worker. */
export class Runner {
  readonly #table: ClaimTable;
  readonly #handlers: ReadonlyMap<string, LoadedHandler>;
  readonly #outbox: Outbox;
  readonly #spans: CodeSpans | undefined;
  readonly #live = new Map<number, LiveAttempt>();
  readonly #context = new AsyncLocalStorage<LiveAttempt>();

  constructor({ table, handlers, outbox, spans }: RunnerParts) {
    this.#table = table;
    this.#handlers = handlers;
    this.#outbox = outbox;
    this.#spans = spans;
  }

  /** Attempts under way. */
  get load(): number {
    return this.#live.size;
  }

  /** Carries out `commands` in order. */
  push(commands: readonly WorkerCommand[]): void {
    for (const command of commands) {
      this.#table.beat();
      switch (command.kind) {
        case "start":
          this.#start(command);
          break;
        case "abort":
          this.#abort(command);
          break;
        case "answer": {
          const attempt = this.#find(command);
          attempt?.answers.get(command.request)?.(command.problem);
          attempt?.answers.delete(command.request);
          break;
        }
      }
    }
  }

  /** A line that was written to the console goes to the log of the attempt that wrote it, if it is known. */
  consoleLine(parts: readonly unknown[]): void {
    const attempt = this.#context.getStore() ?? this.#only();
    if (attempt && !attempt.over) this.#outbox.log(attempt, logLine(parts));
  }

  /** An error that nobody caught ends the attempt it belongs to; one of nobody's is dropped. */
  uncaught(error: unknown, what: "unhandled rejection" | "uncaught error"): void {
    const attempt = this.#context.getStore() ?? this.#only() ?? this.#byStack(error);
    if (!attempt) return;
    const failure = failureOf(error);
    const message = cut(`${what}: ${failure.error.message}`);
    this.#end(attempt, { ...failure, error: { ...failure.error, message } });
    attempt.controller?.abort(error); // What is left of it should stop, too.
  }

  /** Claims the slot, then calls the handler within its async context. */
  #start({ slot, sequence, order }: WorkerCommand & { kind: "start" }): void {
    if (!this.#table.claim(slot, sequence)) return; // (R1)
    const attempt: LiveAttempt = {
      slot,
      sequence,
      order,
      controller: null,
      stopped: null,
      over: false,
      requests: 0,
      answers: new Map(),
    };
    this.#live.set(slot, attempt);
    this.#table.enter(slot);
    const call = () => this.#context.run(attempt, () => void this.#call(attempt));
    if (this.#spans === undefined) call();
    else this.#spans.within(order.traceparent, call);
    this.#table.leave();
  }

  /** Never rejects. Synchronous up to the handler's first pause. */
  async #call(attempt: LiveAttempt): Promise<void> {
    let outcome: AttemptOutcome;
    try {
      const handler = this.#handlers.get(attempt.order.name);
      if (handler?.kind !== "loaded") throw handler?.error ?? new Error("its module is not loaded");
      const ctx = this.#contextOf(attempt);
      const value = await handler.run(ctx, JSON.parse(attempt.order.payload));
      const result = encodeJson(value, { charsMax: RESULT_CHARS_MAX, what: "the result" });
      outcome = { kind: "ok", result };
    } catch (error) {
      outcome = failureOf(error);
    }
    this.#end(attempt, outcome);
  }

  /** The handler's `ctx`; after the attempt's end it says nothing any more. */
  #contextOf(attempt: LiveAttempt): HandlerContext {
    const outbox = this.#outbox;
    const facts: AttemptFacts = attempt.order;
    return createContext(facts, {
      signal: () => (attempt.controller ??= controllerOf(attempt)).signal,
      spans: attempt.order.traceparent === undefined ? undefined : this.#spans,
      sink: {
        progress: (percent) => attempt.over || outbox.progress(attempt, percent),
        log: (line) => attempt.over || outbox.log(attempt, line),
        step: (name, result) => {
          const request = ++attempt.requests;
          return this.#ask(attempt, { kind: "step", request, name, result });
        },
        checkpoint: (value) => {
          const request = ++attempt.requests;
          return this.#ask(attempt, { kind: "checkpoint", request, value });
        },
      },
    });
  }

  /** Sends a durable report and waits for its answer. */
  #ask(
    attempt: LiveAttempt,
    saying: { readonly kind: "step"; request: number; name: string; result: string } | {
      readonly kind: "checkpoint";
      request: number;
      value: string;
    },
  ): Promise<void> {
    if (attempt.over) return Promise.reject(new Error("the attempt is over"));
    return new Promise((resolve, reject) => {
      attempt.answers.set(saying.request, (problem) => {
        if (problem === null) resolve();
        else reject(new Error(`the ${saying.kind} could not be kept: ${problem}`));
      });
      this.#outbox.say(attempt, saying);
    });
  }

  /** Fires the signal; a handler that asks for it later gets it aborted. */
  #abort(command: WorkerCommand & { kind: "abort" }): void {
    const attempt = this.#find(command);
    if (!attempt || attempt.stopped) return;
    attempt.stopped = new AttemptStopped(command.reason);
    const { controller, stopped } = attempt;
    if (controller) this.#context.run(attempt, () => controller.abort(stopped));
  }

  /** Says the one outcome (R2). */
  #end(attempt: LiveAttempt, outcome: AttemptOutcome): void {
    if (attempt.over) return; // (R2)
    attempt.over = true;
    this.#live.delete(attempt.slot);
    this.#outbox.say(attempt, { kind: "ended", outcome });
  }

  #find({ slot, sequence }: { slot: number; sequence: number }): LiveAttempt | undefined {
    const attempt = this.#live.get(slot);
    return attempt?.sequence === sequence ? attempt : undefined;
  }

  /** The attempt that is alone in this worker: whatever happens is its own. */
  #only(): LiveAttempt | undefined {
    return this.#live.size === 1 ? [...this.#live.values()][0] : undefined;
  }

  /** The one attempt whose handler's file the error's stack names. */
  #byStack(error: unknown): LiveAttempt | undefined {
    const stack = failureOf(error).error.stack;
    const named = [...this.#live.values()].filter((attempt) =>
      stack?.includes(attempt.order.moduleUrl)
    );
    return named.length === 1 ? named[0] : undefined;
  }
}

/** Made late: most handlers never ask for their signal. */
function controllerOf(attempt: LiveAttempt): AbortController {
  const controller = new AbortController();
  if (attempt.stopped) controller.abort(attempt.stopped);
  return controller;
}
