/**
 * QueueMetrics: what lies in the store: jobs by queue and state, and how long the oldest due one of each waits.
 *
 * Intuition: these are the cluster's numbers, not this node's: whichever node is asked reads the same store, and says
 * the same as `GET /jobs/counts`. They are read when somebody scrapes, and once for all who do within a second.
 *
 * Invariants: QM1. The store is read at most every `READING_EVERY_MS`. QM2. A scrape waits at most `READING_WAIT_MS`;
 * what could not be read is absent, never old.
 * @module
 */
import { JOB_KIND, laneOf, parseTally, queueOfLane } from "../../actors/job/codec.ts";
import type { JobStateName } from "../../actors/job/messages.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Store } from "../../runtime/store/port.ts";
import type { Metric, Sample } from "../../runtime/telemetry/meters.ts";
import { withZeros } from "./job_metrics.ts";
import type { JobSeriesBook } from "./job_series.ts";
import { OLDEST_LOOK_MAX, READING_EVERY_MS, READING_WAIT_MS } from "./limits.ts";

/** What the readings need of the node. */
export interface QueueMetricsOptions {
  readonly clock: Clock;
  readonly store: Pick<Store, "tallies" | "dueBetween" | "dueInLane">;
  readonly book: JobSeriesBook;
  readonly isPaused: (queue: string) => boolean;
}

/** What the store said at one moment, by the queues' labels. */
interface Reading {
  readonly counts: ReadonlyMap<string, ReadonlyMap<JobStateName, number>>;
  /** When the oldest due job of each queue was due, ms; queues without one are left out. */
  readonly oldestMs: ReadonlyMap<string, number>;
  readonly atMs: number;
}

/** The readings of one node. */
export class QueueMetrics {
  readonly #options: QueueMetricsOptions;
  #reading: Promise<Reading> | undefined;
  #readAtMs = -Infinity;

  constructor(options: QueueMetricsOptions) {
    this.#options = options;
  }

  /** What is to be read. */
  metrics(): Metric[] {
    const { book, isPaused } = this.#options;
    return [
      {
        kind: "gauge",
        name: "orrery_jobs",
        help: "Jobs in the store, of the whole cluster: every node says the same.",
        read: () => this.#samples((reading) => jobSamples(reading)),
      },
      {
        kind: "gauge",
        name: "orrery_queue_depth",
        help:
          "Jobs that are due and wait for a slot, of the whole cluster: every node says the same.",
        read: () =>
          this.#samples(({ counts }) =>
            [...counts].map(([queue, states]) => ({
              labels: { queue },
              value: states.get("pending") ?? 0,
            }))
          ),
      },
      {
        kind: "gauge",
        name: "orrery_queue_oldest_age_seconds",
        help:
          "How long the oldest due job of a queue has waited; of a queue far behind others, that of its " +
          "highest priority. 0: none waits. Of the whole cluster.",
        read: () =>
          this.#samples(({ counts, oldestMs, atMs }) =>
            [...counts.keys()].map((queue) => ({
              labels: { queue },
              value: Math.max(0, atMs - (oldestMs.get(queue) ?? atMs)) / 1_000,
            }))
          ),
      },
      {
        kind: "gauge",
        name: "orrery_queue_paused",
        help: "1 while a queue is paused.",
        read: async () => {
          // A reading may know of queues that nobody here has heard of yet.
          await this.#read().catch(() => {});
          return book.queues().map((queue) => ({
            labels: { queue },
            value: isPaused(queue) ? 1 : 0,
          }));
        },
      },
    ];
  }

  async #samples(of: (reading: Reading) => Sample[]): Promise<readonly Sample[]> {
    return of(await this.#read());
  }

  /** The latest reading, or a new one (QM1, QM2). */
  #read(): Promise<Reading> {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#reading === undefined || nowMs - this.#readAtMs >= READING_EVERY_MS) {
      this.#readAtMs = nowMs;
      this.#reading = within(READING_WAIT_MS, { clock, work: this.#readStore() });
      // Whoever asks hears of the failure; when nobody does, it is no failure of ours.
      this.#reading.catch(() => {});
    }
    return this.#reading;
  }

  async #readStore(): Promise<Reading> {
    const { clock, store, book } = this.#options;
    const counts = new Map<string, Map<JobStateName, number>>();
    for (const queue of book.queues()) counts.set(queue, new Map());
    const behind: string[] = [];
    for (const [tally, count] of await store.tallies(JOB_KIND)) {
      const parsed = parseTally(tally);
      if (parsed === undefined) continue;
      const queue = book.queueOf(parsed.queue);
      const states = counts.get(queue) ?? new Map<JobStateName, number>();
      counts.set(queue, states.set(parsed.state, (states.get(parsed.state) ?? 0) + count));
      if (parsed.state === "pending" && queue === parsed.queue) behind.push(queue);
    }
    const atMs = clock.wallMs();
    return { counts, atMs, oldestMs: await this.#oldest(behind, atMs) };
  }

  /** The first due jobs of all tell most of it; a queue that is not among them is asked for by itself. */
  async #oldest(behind: readonly string[], atMs: number): Promise<ReadonlyMap<string, number>> {
    const { store, book } = this.#options;
    const oldest = new Map<string, number>();
    const note = ({ lane, wakeAtMs }: { lane: string; wakeAtMs: number }): void => {
      const queue = queueOfLane(lane);
      if (queue === null) return;
      const shown = book.queueOf(queue);
      oldest.set(shown, Math.min(wakeAtMs, oldest.get(shown) ?? Infinity));
    };
    const query = { fromMs: 0, untilMs: atMs, limit: OLDEST_LOOK_MAX };
    const { entries, completeToMs } = await store.dueBetween(query);
    entries.forEach(note);
    if (completeToMs >= atMs) return oldest;
    for (const queue of behind.filter((one) => !oldest.has(one))) {
      (await store.dueInLane({ lane: laneOf(queue), untilMs: atMs, limit: 1 })).forEach(note);
    }
    return oldest;
  }
}

function jobSamples({ counts }: Reading): Sample[] {
  return [...counts].flatMap(([queue, states]) =>
    withZeros(states).map(([state, value]) => ({ labels: { queue, state }, value }))
  );
}

/** The answer of `work`, or a rejection when it takes longer. */
function within<Answer>(
  limitMs: number,
  { clock, work }: { readonly clock: Clock; readonly work: Promise<Answer> },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no answer within ${limitMs} ms`));
    const timer = clock.after(limitMs, late);
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
