/**
 * Limits of metrics: how many series there can be, and how often the store is asked for a reading.
 * @module
 */

/** Queues that have series of their own; the others share those of {@link OTHER}. */
export const QUEUES_SHOWN_MAX = 50;
/** Pairs of queue and job name that have series of their own; with up to 120 lines each, a scrape stays within 2 MB. */
export const PAIRS_SHOWN_MAX = 100;
/** The name of what is shown together because there is too much of it. */
export const OTHER = "other";

/** The store is asked for a reading at most this often, ms, however many scrape. */
export const READING_EVERY_MS = 1_000;
/** A scrape waits no longer for the store, ms: what it could not read is left out. */
export const READING_WAIT_MS = 2_000;
/** Due jobs that are looked at to find each queue's oldest one. */
export const OLDEST_LOOK_MAX = 256;

/** The pause between two looks at how late the event loop is, ms. */
export const LOOP_LOOK_MS = 250;

/** Seconds, for starts and submissions: from far below a promise of milliseconds to minutes. */
export const LAG_BOUNDS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 15, 60, 300],
];
/** Seconds, for runs: up to hours. */
export const RUN_BOUNDS = [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200];
/** Seconds, for calls of the store. */
export const CALL_BOUNDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
/** Writes of one commit. */
export const BATCH_BOUNDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000];
