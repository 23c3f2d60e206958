/**
 * StoreMetrics: every call of the store timed, and every write of it counted by its outcome.
 *
 * Intuition: it is the store as the rest of the node sees it, so nothing passes it by: commits, their sizes, what
 * the fence refused, reads, faults.
 * @module
 */
import type { Clock } from "../../runtime/clock.ts";
import { Fault } from "../../runtime/fault.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import type { StoreOp } from "../../runtime/store/faulty.ts";
import type { Carried, Store, Write, WriteOutcome } from "../../runtime/store/port.ts";
import { wrapStore } from "../../runtime/store/wrapped_driver.ts";
import { type Histogram, HistogramMetric, type Metric } from "../../runtime/telemetry/meters.ts";
import { BATCH_BOUNDS, CALL_BOUNDS } from "./limits.ts";

/** What the measurements need. */
export interface StoreMetricsOptions {
  readonly clock: Pick<Clock, "monotonicMs">;
  /** An actor came to be, by an insert or with another's transition; in that case it may have existed. */
  readonly created: (draft: Draft) => void;
  /** Lines of a journal were committed with an actor's transition. */
  readonly wrote: (lines: NonNullable<Carried["lines"]>) => void;
}

/** What is measured of one store. */
export class StoreMetrics {
  readonly #options: StoreMetricsOptions;
  readonly #writes: Record<WriteOutcome["kind"], number> = {
    applied: 0,
    exists: 0,
    fenced: 0,
    conflict: 0,
    missing: 0,
  };
  readonly #faults = new Map<string, number>();
  readonly #calls = new Map<StoreOp, Histogram>();
  readonly #callSeconds = new HistogramMetric({
    name: "orrery_store_call_seconds",
    help: "Calls of the store, by operation, commits left out; those that failed too.",
    bounds: CALL_BOUNDS,
  });
  readonly #commitSeconds = new HistogramMetric({
    name: "orrery_commit_seconds",
    help: "Commits: from the sending of a batch of writes to its durable answer.",
    bounds: CALL_BOUNDS,
  });
  readonly #commitWrites = new HistogramMetric({
    name: "orrery_commit_writes",
    help: "Writes in one commit.",
    bounds: BATCH_BOUNDS,
  });
  readonly #commit = this.#commitSeconds.series();
  readonly #batch = this.#commitWrites.series();

  constructor(options: StoreMetricsOptions) {
    this.#options = options;
  }

  /** `store`, measured. */
  wrap(store: Store): Store {
    const timed = wrapStore(store, (op, work) => this.#timed(this.#callOf(op), work));
    return { ...timed, apply: (batch) => this.#apply(store, batch) };
  }

  /** What is to be read. */
  metrics(): Metric[] {
    return [
      this.#commitSeconds,
      this.#commitWrites,
      this.#callSeconds,
      {
        kind: "counter",
        name: "orrery_store_writes_total",
        help: "Writes by what became of them; `fenced`: refused because the shard is another's.",
        read: () =>
          Object.entries(this.#writes).map(([outcome, value]) => ({ labels: { outcome }, value })),
      },
      {
        kind: "counter",
        name: "orrery_store_faults_total",
        help: "Calls of the store that failed.",
        read: () => [...this.#faults].map(([code, value]) => ({ labels: { code }, value })),
      },
    ];
  }

  async #apply(store: Store, batch: readonly Write[]): Promise<readonly WriteOutcome[]> {
    this.#batch.observe(batch.length);
    const outcomes = await this.#timed(this.#commit, () => store.apply(batch));
    outcomes.forEach(({ kind }, at) => {
      this.#writes[kind]++;
      if (kind === "applied") this.#cameWith(batch[at] as Write);
    });
    return outcomes;
  }

  #cameWith(write: Write): void {
    if (write.kind === "insert") return this.#options.created(write.draft);
    if (write.kind !== "transition") return;
    for (const draft of write.carries?.inserts ?? []) this.#options.created(draft);
    if (write.carries?.lines !== undefined) this.#options.wrote(write.carries.lines);
  }

  async #timed<Answer>(histogram: Histogram, work: () => Promise<Answer>): Promise<Answer> {
    const { clock } = this.#options;
    const beganMs = clock.monotonicMs();
    try {
      return await work();
    } catch (error) {
      const code = error instanceof Fault ? error.code : "unexpected";
      this.#faults.set(code, (this.#faults.get(code) ?? 0) + 1);
      throw error;
    } finally {
      histogram.observe((clock.monotonicMs() - beganMs) / 1_000);
    }
  }

  #callOf(op: StoreOp): Histogram {
    let histogram = this.#calls.get(op);
    if (histogram === undefined) this.#calls.set(op, histogram = this.#callSeconds.series({ op }));
    return histogram;
  }
}
