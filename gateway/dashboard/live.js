/**
 * Live: what happens on the cluster, counted by the second.
 *
 * Intuition: one stream for the whole page, open while a page listens. Events are only counted as
 * they come, and drawn once a second: so 10,000 of them a second cost a few ms.
 * @module
 */
import { follow } from "./api.js";

/**
 * One second: how many jobs came, attempts were started, jobs ended or wait to be repeated, and how late the
 * attempts started, ms; `late` sums that up once the second is over.
 * @typedef {{at: number, submitted: number, started: number, completed: number, failed: number,
 *   retrying: number, lags: number[], late: {median: number, p99: number} | null}} Second
 */

/** A change of a job, as `GET /events` tells it.
 * @typedef {{jobId: string, version: number, state: string, name: string, queue: string, attempt: number,
 *   progress: number | null, lag: number | null, at: string}} JobEvent */

/** Seconds that are kept. */
export const SECONDS = 120;
const LINGER_MS = 3_000;
const HIDDEN_MS = 20_000;
/** Lags that are kept of one second. */
const LAGS_MAX = 2_000;
/** @type {Set<(events: JobEvent[]) => void>} */
const listeners = new Set();
/** @type {Set<(state: string) => void>} */
const stateListeners = new Set();
/** @type {Second[]} */
const buckets = [];
/** @type {(() => void) | null} */
let stop = null;
/** @type {number | undefined} */
let lingering;
/** The state of the stream of all jobs, and of that of one job while its page is open. */
const states = { all: "off", one: /** @type {string | null} */ (null) };
/** The second from which on the stream was listened to; what was before is not known. */
let since = Infinity;

/**
 * The latest {@link SECONDS} whole seconds, oldest first; null: nobody listened then.
 * @param {number} [now] in seconds
 * @returns {(Second | null)[]}
 */
export function series(now = Math.floor(Date.now() / 1_000)) {
  const newest = buckets.at(-1);
  if (newest !== undefined && newest.at < now && newest.late === null) sumUp(newest);
  const found = new Map(buckets.map((bucket) => [bucket.at, bucket]));
  return Array.from({ length: SECONDS }, (_, n) => {
    const at = now - SECONDS + n;
    return found.get(at) ?? (at < since ? null : newSecond(at));
  });
}

/**
 * Calls `listener` with every chunk's job events until `signal` ends.
 * @param {(events: JobEvent[]) => void} listener
 * @param {AbortSignal} signal
 */
export function listen(listener, signal) {
  listeners.add(listener);
  clearTimeout(lingering);
  if (stop === null) start();
  signal.addEventListener("abort", () => {
    listeners.delete(listener);
    if (listeners.size === 0) lingering = setTimeout(end, LINGER_MS);
  }, { once: true });
}

/**
 * Calls `listener` with the stream's state, now and on changes: "off", "connecting", "live", "refused".
 * @param {(state: string) => void} listener
 */
export function onStreamState(listener) {
  stateListeners.add(listener);
  listener(states.one ?? states.all);
}

/**
 * Follows one job's events until `signal` ends; what becomes of the stream is told as that of the page.
 * @param {string} path
 * @param {{onEvents: (events: {data: JobEvent}[]) => void, signal: AbortSignal}} options
 */
export function followOne(path, { onEvents, signal }) {
  signal.addEventListener("abort", () => tell({ one: null }), { once: true });
  return follow(path, { onEvents, signal, onState: (one) => signal.aborted || tell({ one }) });
}

// Browsers open six connections to one host: tabs that nobody sees leave theirs to others.
document.addEventListener("visibilitychange", () => {
  clearTimeout(lingering);
  if (document.hidden) lingering = setTimeout(end, HIDDEN_MS);
  else if (listeners.size === 0) lingering = setTimeout(end, LINGER_MS);
  else if (stop === null) start();
});

function start() {
  const abort = new AbortController();
  stop = () => abort.abort();
  follow("/events", { signal: abort.signal, onEvents: take, onState: (all) => tell({ all }) });
}

function end() {
  if (stop === null || (listeners.size > 0 && !document.hidden)) return;
  stop();
  stop = null;
  since = Infinity;
  buckets.length = 0;
  tell({ all: "off" });
}

/** @param {{all?: string, one?: string | null}} next */
function tell(next) {
  Object.assign(states, next);
  if (next.all === "live") since = Math.min(since, Math.floor(Date.now() / 1_000));
  for (const listener of stateListeners) listener(states.one ?? states.all);
}

/** @param {number} at @returns {Second} */
function newSecond(at) {
  return {
    at,
    submitted: 0,
    started: 0,
    completed: 0,
    failed: 0,
    retrying: 0,
    lags: [],
    late: null,
  };
}

/** @param {{kind: string, data: JobEvent}[]} events */
function take(events) {
  const at = Math.floor(Date.now() / 1_000);
  let second = buckets.at(-1);
  if (second === undefined || second.at !== at) {
    if (second !== undefined) sumUp(second);
    second = newSecond(at);
    buckets.push(second);
    if (buckets.length > SECONDS + 2) buckets.shift();
  }
  const jobs = [];
  for (const { kind, data } of events) {
    if (kind !== "job") continue;
    add(second, data);
    jobs.push(data);
  }
  if (jobs.length > 0) { for (const listener of listeners) listener(jobs); }
}

/** @param {Second} second */
function sumUp(second) {
  const lags = second.lags.sort((a, b) => a - b);
  if (lags.length === 0) return;
  const at = (part) => lags[Math.min(lags.length - 1, Math.floor(lags.length * part))];
  second.late = { median: at(0.5), p99: at(0.99) };
  second.lags = [];
}

/** @param {Second} second @param {JobEvent} event */
function add(second, { state, version, progress, lag }) {
  if (version === 1) second.submitted++;
  // Progress and checkpoints of an attempt are told as running, too.
  if (state === "running" && progress === null) {
    second.started++;
    if (lag !== null && second.lags.length < LAGS_MAX) second.lags.push(lag);
  } else if (state === "completed" || state === "failed" || state === "retrying") second[state]++;
}
