/**
 * Context: builds the `ctx` of one attempt over a sink for its reports. Shared by workers and inline code.
 *
 * Intuition: everything that a handler says is checked and bounded here, at its source, so that a
 * mistake is an error thrown at the line that made it.
 *
 * Invariants: C1. A step that succeeded, in this attempt or an earlier one, is not run again, and one
 * that is under way is not begun twice. C2. No step begins after the signal aborted. C3. Logs of one attempt are bounded (E4).
 * Not here: how reports travel (worker/, inline.ts).
 * @module
 */
import type { HandlerContext } from "../define.ts";
import { CHECKPOINT_CHARS_MAX, LOG_LINE_CHARS_MAX, RESULT_CHARS_MAX } from "../port.ts";
import { cut } from "./failure.ts";
import { encodeJson } from "./json.ts";
import type { CodeSpans } from "./spans.ts";

/** What an attempt is about. */
export interface AttemptFacts {
  readonly jobId: string;
  readonly attempt: number;
  readonly fence: number;
  readonly scheduledForMs: number;
  /** JSON text. */
  readonly checkpoint: string;
  /** Name and JSON text of every completed step. */
  readonly steps: Iterable<readonly [string, string]>;
  /** JSON text; absent: it waited for no job. */
  readonly parents?: string;
}

/** Where an attempt's reports go. Promises resolve when the report is durable. */
export interface ReportSink {
  progress(percent: number): void;
  log(line: string): void;
  step(name: string, result: string): Promise<void>;
  checkpoint(value: string): Promise<void>;
}

/** Longest name of a step. */
const STEP_NAME_CHARS_MAX = 200;
/** Lines that one attempt may log: a job's journal keeps no more. */
export const LOG_LINES_MAX = 1_000;

/** What a `ctx` is made on. */
export interface ContextParts {
  readonly sink: ReportSink;
  /** Asked for only when the handler reads it. */
  readonly signal: () => AbortSignal;
  /** Absent: the attempt is not traced. */
  readonly spans?: CodeSpans | undefined;
}

/** The `ctx` of one attempt. */
export function createContext(facts: AttemptFacts, parts: ContextParts): HandlerContext {
  const { sink, signal } = parts;
  let lastCheckpoint: unknown = facts.checkpoint === "null" ? null : JSON.parse(facts.checkpoint);
  let parents: HandlerContext["parents"] | undefined;
  let linesLeft = LOG_LINES_MAX;
  return {
    jobId: facts.jobId,
    attempt: facts.attempt,
    idempotencyKey: facts.jobId,
    fence: facts.fence,
    scheduledFor: new Date(facts.scheduledForMs),
    get parents() {
      return parents ??= facts.parents === undefined ? {} : JSON.parse(facts.parents);
    },
    get signal() {
      return signal();
    },
    get lastCheckpoint() {
      return lastCheckpoint;
    },
    step: createStep(facts, parts),
    async checkpoint(value) {
      const text = encodeJson(value, { charsMax: CHECKPOINT_CHARS_MAX, what: "the checkpoint" });
      await sink.checkpoint(text);
      lastCheckpoint = JSON.parse(text);
    },
    progress(percent) {
      if (typeof percent !== "number" || !(percent >= 0 && percent <= 100)) {
        return Promise.reject(new RangeError("progress must be a number from 0 to 100"));
      }
      sink.progress(percent);
      return Promise.resolve();
    },
    log(...parts) {
      if (linesLeft-- > 0) sink.log(logLine(parts));
      else if (linesLeft === -1) sink.log(`[only ${LOG_LINES_MAX} lines of an attempt are kept]`);
    },
  };
}

function createStep(
  facts: AttemptFacts,
  { sink, signal, spans }: ContextParts,
): HandlerContext["step"] {
  // Made at the first step: most attempts have none.
  let begun: Map<string, Promise<unknown>> | undefined;
  const perform = async (name: string, fn: () => unknown): Promise<unknown> => {
    signal().throwIfAborted(); // (C2)
    const what = `the result of step ${JSON.stringify(name)}`;
    const text = encodeJson(await fn(), { charsMax: RESULT_CHARS_MAX, what });
    await sink.step(name, text);
    return JSON.parse(text);
  };
  const step = (name: string, fn: () => unknown): Promise<unknown> => {
    if (typeof name !== "string" || name === "" || name.length > STEP_NAME_CHARS_MAX) {
      return Promise.reject(
        new TypeError(`a step's name is text of 1 to ${STEP_NAME_CHARS_MAX} characters`),
      );
    }
    if (typeof fn !== "function") {
      return Promise.reject(new TypeError("a step needs a function"));
    }
    begun ??= new Map(
      Array.from(facts.steps, ([done, text]) => [done, Promise.resolve(JSON.parse(text))]),
    );
    let outcome = begun.get(name); // (C1)
    if (!outcome) {
      const run = () => perform(name, fn);
      begun.set(name, outcome = spans === undefined ? run() : spans.step(name, run));
      // What failed left nothing behind, so the handler may try it again.
      outcome.catch(() => begun?.delete(name));
    }
    return outcome;
  };
  return step as HandlerContext["step"];
}

/** One line of log from any values. Never throws. */
export function logLine(parts: readonly unknown[]): string {
  const texts = parts.map((part) => {
    if (typeof part === "string") return part.slice(0, LOG_LINE_CHARS_MAX + 1);
    try {
      if (part instanceof Error) return `${part.name}: ${part.message}`;
      return encodeJson(part, { charsMax: LOG_LINE_CHARS_MAX, what: "a logged value" });
    } catch {
      return `[${typeof part} that JSON cannot hold]`;
    }
  });
  return cut(texts.join(" "), LOG_LINE_CHARS_MAX);
}
