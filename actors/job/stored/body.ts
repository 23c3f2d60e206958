/**
 * Body: a job's immutable part as stored: `[<payload length>,<payload>,{<options>}]`.
 *
 * Intuition: it is written once and there are millions of them, so every default is left out and keys
 * have one letter. The payload is JSON text already: it is embedded as it came, its length in front,
 * and cut out again without being parsed. Times are kept as distances from the job's creation.
 *
 * Invariant: C1. `decodeBody(encodeBody(spec)) = spec`, and a body is valid JSON if its payload is.
 * @module
 */
import type { ActorId } from "../../../runtime/ids.ts";
import type { JobSpec, RetryPolicy } from "../spec.ts";
import { QUEUE_DEFAULT, RETENTION_DEFAULT, RETRY_DEFAULT } from "../spec.ts";
import { corrupt, Fields, parseJson } from "./fields.ts";

const WHAT = "job body";

/**
 * n name · q queue · p priority · r first run after creation, ms · y retry · t time-out ms ·
 * s start within ms · z finish within ms · o at most once · g tags · k retention [completed, failed] ms ·
 * c concurrency key · x trace id · f fingerprint · e schedule · d first run after its nominal time, ms ·
 * w who is told of its end · l flow · a outcomes of its parents there · v succeed within ms ·
 * i span of its submission
 */
const KNOWN = new Set("nqprytszogkcxfedwlavi");
/** a attempts · b base ms · f factor · m max ms · j jitter · x fixed · o on · n not on */
const RETRY_KNOWN = new Set("abfmjxon");

/** Writes `spec` of a job created at `createdAtMs` (C1). */
export function encodeBody(spec: JobSpec, createdAtMs: number): string {
  const { retry, sla, retention } = spec;
  const kept = retention.completedMs === RETENTION_DEFAULT.completedMs &&
    retention.failedMs === RETENTION_DEFAULT.failedMs;
  const options = JSON.stringify({
    n: spec.name,
    q: unless(spec.queue, QUEUE_DEFAULT),
    p: unless(spec.priority, 0),
    r: spec.runAtMs - createdAtMs || undefined,
    y: retry === RETRY_DEFAULT ? undefined : encodeRetry(retry),
    t: spec.timeoutMs ?? undefined,
    s: sla.startWithinMs ?? undefined,
    z: sla.finishWithinMs ?? undefined,
    o: spec.delivery === "at-most-once" ? 1 : undefined,
    g: filled(spec.tags),
    k: kept ? undefined : [retention.completedMs, retention.failedMs],
    c: spec.concurrencyKey ?? undefined,
    x: spec.traceId ?? undefined,
    f: spec.fingerprint ?? undefined,
    e: spec.scheduleId,
    d: spec.nominalAtMs === undefined ? undefined : spec.runAtMs - spec.nominalAtMs,
    w: spec.observer,
    l: spec.flowId,
    a: spec.parents,
    v: sla.succeedWithinMs,
    i: spec.parentSpanId,
  });
  return `[${spec.payload.length},${spec.payload},${options}]`;
}

/** Reads a body of a job created at `createdAtMs`; throws a `corrupt` fault. */
export function decodeBody(text: string, createdAtMs: number): JobSpec {
  const { payload, rest } = split(text);
  const fields = new Fields(parseJson(rest, WHAT), { what: WHAT, known: KNOWN });
  const name = fields.text("n", undefined);
  if (name === undefined) throw corrupt(WHAT, "has no name");
  const scheduleId = fields.text("e", undefined);
  const observer = fields.text("w", undefined);
  const flowId = fields.text("l", undefined);
  const parents = fields.text("a", undefined);
  const parentSpanId = fields.text("i", undefined);
  const runAtMs = createdAtMs + fields.number("r", 0);
  const lateMs = fields.number("d", undefined);
  return {
    name,
    payload,
    queue: fields.text("q", QUEUE_DEFAULT),
    priority: fields.number("p", 0),
    runAtMs,
    retry: decodeRetry(fields.raw("y")),
    timeoutMs: fields.number("t", null),
    sla: decodeSla(fields),
    delivery: fields.number("o", 0) === 1 ? "at-most-once" : "at-least-once",
    tags: fields.texts("g"),
    retention: decodeRetention(fields),
    concurrencyKey: fields.text("c", null),
    traceId: fields.text("x", null),
    fingerprint: fields.text("f", null),
    ...(scheduleId !== undefined && { scheduleId }),
    ...(lateMs !== undefined && { nominalAtMs: runAtMs - lateMs }),
    ...(observer !== undefined && { observer: observer as ActorId }),
    ...(flowId !== undefined && { flowId }),
    ...(parents !== undefined && { parents }),
    ...(parentSpanId !== undefined && { parentSpanId }),
  };
}

function split(text: string): { readonly payload: string; readonly rest: string } {
  const comma = text.indexOf(",");
  const chars = Number(text.slice(1, comma));
  const end = comma + 1 + chars;
  const sound = comma > 1 && Number.isInteger(chars) && chars >= 0 && text[0] === "[" &&
    text[end] === "," && text.endsWith("]");
  if (!sound) throw corrupt(WHAT, "is not [length,payload,options]");
  return { payload: text.slice(comma + 1, end), rest: text.slice(end + 1, -1) };
}

function encodeRetry(retry: RetryPolicy): Record<string, unknown> | undefined {
  const differing = {
    a: unless(retry.attempts, RETRY_DEFAULT.attempts),
    b: unless(retry.baseMs, RETRY_DEFAULT.baseMs),
    f: unless(retry.factor, RETRY_DEFAULT.factor),
    m: unless(retry.maxMs, RETRY_DEFAULT.maxMs),
    j: unless(retry.jitter, RETRY_DEFAULT.jitter),
    x: retry.backoff === "fixed" ? 1 : undefined,
    o: filled(retry.on),
    n: filled(retry.notOn),
  };
  for (const value of Object.values(differing)) if (value !== undefined) return differing;
  return undefined;
}

function decodeRetry(value: unknown): RetryPolicy {
  if (value === undefined) return RETRY_DEFAULT;
  const fields = new Fields(value, { what: `${WHAT} retry`, known: RETRY_KNOWN });
  return {
    attempts: fields.number("a", RETRY_DEFAULT.attempts),
    backoff: fields.number("x", 0) === 1 ? "fixed" : "exponential",
    baseMs: fields.number("b", RETRY_DEFAULT.baseMs),
    factor: fields.number("f", RETRY_DEFAULT.factor),
    maxMs: fields.number("m", RETRY_DEFAULT.maxMs),
    jitter: fields.number("j", RETRY_DEFAULT.jitter),
    on: fields.texts("o"),
    notOn: fields.texts("n"),
  };
}

function decodeSla(fields: Fields): JobSpec["sla"] {
  const succeedWithinMs = fields.number("v", undefined);
  return {
    startWithinMs: fields.number("s", null),
    finishWithinMs: fields.number("z", null),
    ...(succeedWithinMs !== undefined && { succeedWithinMs }),
  };
}

function decodeRetention(fields: Fields): JobSpec["retention"] {
  if (fields.raw("k") === undefined) return RETENTION_DEFAULT;
  const [completedMs, failedMs, ...more] = fields.list("k");
  if (typeof completedMs !== "number" || typeof failedMs !== "number" || more.length > 0) {
    throw fields.wrong("k", "pair of numbers");
  }
  return { completedMs, failedMs };
}

/** `value`, or undefined (which JSON leaves out) when it is the default. */
function unless<Value>(value: Value, standard: Value): Value | undefined {
  return value === standard ? undefined : value;
}

function filled<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list;
}
