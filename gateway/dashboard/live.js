/**
 * Live: what happens on the cluster, counted by the second.
 *
 * Intuition: one stream for the whole page, open while a page listens. Events are only counted as
 * they come, and drawn once a second: so 10,000 of them a second cost a few ms.
 * @module
 */
import { follow } from "./api.js";

/** Seconds that are kept. */
export const SECONDS = 120;
const LINGER_MS = 3_000;
const listeners = new Set();
const stateListeners = new Set();
const buckets = [];
let stop = null;
let lingering = null;
let state = "off";

/** The latest {@link SECONDS} whole seconds, oldest first: `{at, running, completed, failed, retrying}`. */
export function series(now = Math.floor(Date.now() / 1_000)) {
  const found = new Map(buckets.map((bucket) => [bucket.at, bucket]));
  return Array.from({ length: SECONDS }, (_, n) => {
    const at = now - SECONDS + n;
    return found.get(at) ?? newBucket(at);
  });
}

/** Calls `listener` with every chunk's job events until `signal` ends. */
export function listen(listener, signal) {
  listeners.add(listener);
  clearTimeout(lingering);
  if (stop === null) start();
  signal.addEventListener("abort", () => {
    listeners.delete(listener);
    if (listeners.size === 0) lingering = setTimeout(end, LINGER_MS);
  }, { once: true });
}

/** Calls `listener` with the stream's state, now and on changes: "off", "connecting", "live", "refused". */
export function onStreamState(listener) {
  stateListeners.add(listener);
  listener(state);
}

function start() {
  const abort = new AbortController();
  stop = () => abort.abort();
  follow("/events", { signal: abort.signal, onEvents: take, onState: tell });
}

function end() {
  if (listeners.size > 0 || stop === null) return;
  stop();
  stop = null;
  tell("off");
}

function tell(next) {
  state = next;
  for (const listener of stateListeners) listener(state);
}

function newBucket(at) {
  return {
    at,
    running: 0,
    completed: 0,
    failed: 0,
    retrying: 0,
    pending: 0,
    scheduled: 0,
    cancelled: 0,
  };
}

function take(events) {
  const at = Math.floor(Date.now() / 1_000);
  let bucket = buckets.at(-1);
  if (bucket === undefined || bucket.at !== at) {
    bucket = newBucket(at);
    buckets.push(bucket);
    if (buckets.length > SECONDS + 2) buckets.shift();
  }
  const jobs = [];
  for (const { kind, data } of events) {
    if (kind !== "job") continue;
    bucket[data.state] += 1;
    jobs.push(data);
  }
  if (jobs.length > 0) { for (const listener of listeners) listener(jobs); }
}
