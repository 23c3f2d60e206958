/**
 * Head: a job's changing part as stored. A pending job that was never touched is `{"s":1}`.
 *
 * Intuition: it is rewritten at every transition, so what has its usual value is left out. Times are
 * distances from the job's creation (`runAt`: from the time first asked for). Result and checkpoint
 * come from user code; they are kept as text inside JSON, so that nothing they hold can break it.
 *
 * Invariant: C2. `decodeHead(encodeHead(job), job) = job` for every job that the reducer can make.
 * @module
 */
import type { BootId } from "../../../runtime/ids.ts";
import type { ErrorReport } from "../../executor/port.ts";
import type { JobStateName } from "../messages.ts";
import type { JobSpec } from "../spec.ts";
import type {
  AttemptEnd,
  AttemptRecord,
  JobState,
  RunningAttempt,
  ServiceLevel,
} from "../state.ts";
import { corrupt, Fields, parseJson } from "./fields.ts";

const WHAT = "job head";

/** The stored number of a state is its place here: append only. */
const STATES: readonly JobStateName[] = [
  "scheduled",
  "pending",
  "running",
  "retrying",
  "completed",
  "failed",
  "cancelled",
];
/** The stored number of an attempt's end is its place here: append only. */
const ENDS: readonly AttemptEnd[] = ["ok", "error", "timeout", "lost", "cancelled", "interrupted"];

/**
 * s state · w next run, ms after the first · c counted · l lost · m attempts allowed · b started ·
 * f finished · r running [number, token, node, boot, started, cancelling] · h waits for its handler ·
 * p progress · k checkpoint · v result · e error [name, message, stack] ·
 * a attempts [number, node, started, finished, end, error] · x missed service levels · n version of the latest news
 */
const KNOWN = new Set("swclmbfrhpkveaxn");

/** Writes what changes of `job` (C2). */
export function encodeHead(job: JobState): string {
  const birthMs = job.createdAtMs;
  return JSON.stringify({
    s: STATES.indexOf(job.state),
    w: job.runAtMs - job.spec.runAtMs || undefined,
    c: job.counted || undefined,
    l: job.lost || undefined,
    m: job.maxAttempts === job.spec.retry.attempts ? undefined : job.maxAttempts,
    b: job.startedAtMs === null ? undefined : job.startedAtMs - birthMs,
    f: job.finishedAtMs === null ? undefined : job.finishedAtMs - birthMs,
    r: job.running === null ? undefined : encodeRunning(job.running, birthMs),
    h: job.waiting === null ? undefined : 1,
    p: job.progress ?? undefined,
    k: job.checkpoint === "null" ? undefined : job.checkpoint,
    v: job.result === "null" ? undefined : job.result,
    e: job.error === null ? undefined : encodeError(job.error),
    a: job.attempts.length === 0
      ? undefined
      : job.attempts.map((attempt) => encodeAttempt(attempt, birthMs)),
    x: job.breached.length === 0 ? undefined : job.breached,
    n: job.newsVersion,
  });
}

/** Reads a head, given the job's immutable part; throws a `corrupt` fault. */
export function decodeHead(
  text: string,
  { spec, createdAtMs }: { readonly spec: JobSpec; readonly createdAtMs: number },
): JobState {
  const fields = new Fields(parseJson(text, WHAT), { what: WHAT, known: KNOWN });
  const state = STATES[fields.number("s", -1)];
  if (state === undefined) throw fields.wrong("s", "state");
  const startedMs = fields.number("b", null);
  const finishedMs = fields.number("f", null);
  const newsVersion = fields.number("n", null);
  return {
    spec,
    createdAtMs,
    state,
    runAtMs: spec.runAtMs + fields.number("w", 0),
    counted: fields.number("c", 0),
    lost: fields.number("l", 0),
    maxAttempts: fields.number("m", spec.retry.attempts),
    startedAtMs: startedMs === null ? null : createdAtMs + startedMs,
    finishedAtMs: finishedMs === null ? null : createdAtMs + finishedMs,
    running: fields.raw("r") === undefined ? null : decodeRunning(fields.list("r"), createdAtMs),
    waiting: fields.number("h", 0) === 1 ? "handler" : null,
    progress: fields.number("p", null),
    checkpoint: fields.text("k", "null"),
    result: fields.text("v", "null"),
    error: fields.raw("e") === undefined ? null : decodeError(fields.list("e")),
    attempts: fields.list("a").map((attempt) => decodeAttempt(attempt, createdAtMs)),
    breached: fields.list("x").map(decodeBreach),
    ...(newsVersion !== null && { newsVersion }),
  };
}

function encodeRunning(running: RunningAttempt, birthMs: number): readonly unknown[] {
  const { number, token, node, boot, startedAtMs, cancelling } = running;
  const known = [number, token, node, boot, startedAtMs - birthMs];
  return cancelling ? [...known, 1] : known;
}

function decodeRunning(list: readonly unknown[], birthMs: number): RunningAttempt {
  const [number, token, node, boot, startedMs, cancelling] = list;
  if (
    typeof number !== "number" || typeof token !== "string" || typeof node !== "string" ||
    typeof boot !== "string" || typeof startedMs !== "number" || list.length > 6
  ) throw corrupt(WHAT, 'field "r" is not a running attempt');
  return {
    number,
    token,
    node,
    boot: boot as BootId,
    startedAtMs: birthMs + startedMs,
    cancelling: cancelling === 1,
  };
}

function encodeAttempt(attempt: AttemptRecord, birthMs: number): readonly unknown[] {
  const { number, node, startedAtMs, finishedAtMs, outcome, error } = attempt;
  const known = [
    number,
    node,
    startedAtMs - birthMs,
    finishedAtMs - birthMs,
    ENDS.indexOf(outcome),
  ];
  return error === null ? known : [...known, encodeError(error)];
}

function decodeAttempt(value: unknown, birthMs: number): AttemptRecord {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const [number, node, startedMs, finishedMs, end, error] = list;
  const outcome = typeof end === "number" ? ENDS[end] : undefined;
  if (
    typeof number !== "number" || typeof node !== "string" || typeof startedMs !== "number" ||
    typeof finishedMs !== "number" || outcome === undefined || list.length > 6
  ) throw corrupt(WHAT, 'field "a" is not a list of attempts');
  return {
    number,
    node,
    startedAtMs: birthMs + startedMs,
    finishedAtMs: birthMs + finishedMs,
    outcome,
    error: error === undefined ? null : decodeError(error),
  };
}

function encodeError({ name, message, stack }: ErrorReport): readonly string[] {
  return stack === undefined ? [name, message] : [name, message, stack];
}

function decodeError(value: unknown): ErrorReport {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const [name, message, stack] = list;
  if (typeof name !== "string" || typeof message !== "string" || list.length > 3) {
    throw corrupt(WHAT, "an error is not [name, message, stack]");
  }
  if (stack === undefined) return { name, message };
  if (typeof stack !== "string") throw corrupt(WHAT, "an error's stack is not a text");
  return { name, message, stack };
}

function decodeBreach(value: unknown): ServiceLevel {
  if (value !== "start" && value !== "finish" && value !== "success") {
    throw corrupt(WHAT, 'field "x" is not a list of service levels');
  }
  return value;
}
