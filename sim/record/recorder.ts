/**
 * Recorder: tells what the store really took, from beneath the faulty wire.
 *
 * Intuition: a write that times out may have been applied all the same; only here is that known.
 * It keeps the epochs that the store handed out, so that a store that forgets to compare them is seen.
 *
 * Invariant: an applied write is told before its writer can know of it.
 * @module
 */
import { decodeJob } from "../../actors/job/codec.ts";
import { decodeSchedule, SCHEDULE_KIND } from "../../actors/schedule/codec.ts";
import type { ShardId } from "../../runtime/ids.ts";
import type { Draft, Snapshot } from "../../runtime/snapshot.ts";
import type { Store, Transition, Write } from "../../runtime/store/port.ts";
import type { Commit, Observe, ScheduleCommit } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import type { VirtualTime } from "../world/virtual_time.ts";
import { wrapStore } from "../../runtime/store/wrapped_driver.ts";

/** What a recorder needs of its run. */
export interface RecorderOptions {
  readonly inner: Store;
  readonly time: Pick<VirtualTime, "nowMs">;
  readonly ledger: Ledger;
  readonly observe: Observe;
}

/** The run's one recorder: every process gets its own view of the store through it. */
export class Recorder {
  readonly #epochs = new Map<ShardId, number>();

  constructor(private readonly options: RecorderOptions) {}

  /** The store as the process start `boot` reaches it. */
  storeOf(boot: string): Store {
    const { inner, observe } = this.options;
    return {
      ...wrapStore(inner, (_op, work) => work()),
      apply: async (batch) => {
        const outcomes = await inner.apply(batch);
        for (const [at, write] of batch.entries()) {
          if (outcomes[at]?.kind === "applied") this.#applied(boot, write);
        }
        return outcomes;
      },
      renew: async (claimant, options) => {
        const renewal = await inner.renew(claimant, options);
        const untilMs = renewal.storeNowMs + options.ttlMs;
        if (renewal.kind === "live") observe({ kind: "session", boot, untilMs });
        return renewal;
      },
      leave: async (claimant) => {
        await inner.leave(claimant);
        observe({ kind: "session", boot, untilMs: 0 });
      },
      release: async (claimant, shards, reservation) => {
        await inner.release(claimant, shards, reservation);
        for (const shard of shards) observe({ kind: "released", boot, shard });
      },
      acquire: async (claimant, shards) => {
        const outcomes = await inner.acquire(claimant, shards);
        for (const outcome of outcomes) {
          if (outcome.kind !== "acquired") continue;
          const { shard, epoch } = outcome;
          observe({ kind: "acquired", boot, shard, epoch });
          this.#epochs.set(shard, epoch);
        }
        return outcomes;
      },
    };
  }

  #applied(boot: string, write: Write): void {
    const { observe, ledger } = this.options;
    if (write.kind === "insert") return this.#inserted(boot, write.draft);
    const { id } = write;
    const epoch = this.#epochs.get(write.shard) ?? 0;
    if (write.kind === "append") {
      return observe({ kind: "appended", id, boot, append: write, epoch });
    }
    // The store leaves out those that exist: no job that is carried is swept during a run.
    const carried = write.carries?.inserts ?? [];
    const made = carried.filter(({ id }) => ledger.committed(id) === undefined);
    this.#moved(boot, write, { epoch, made });
    for (const draft of made) this.#inserted(boot, draft);
  }

  #inserted(boot: string, draft: Draft): void {
    const { observe } = this.options;
    const snapshot: Snapshot = { ...draft, version: 1 };
    const { id } = snapshot;
    if (draft.kind === SCHEDULE_KIND) {
      return observe({
        kind: "schedule-inserted",
        id,
        after: this.#scheduleCommit(boot, snapshot),
      });
    }
    observe({ kind: "inserted", id, after: this.#commit(boot, snapshot) });
  }

  #moved(
    boot: string,
    transition: Transition,
    { epoch, made }: { readonly epoch: number; readonly made: readonly Draft[] },
  ): void {
    const { ledger, observe } = this.options;
    const { id, head, index, expectedVersion, carries } = transition;
    const schedule = ledger.schedules.get(id);
    const before = ledger.committed(id);
    const known = schedule?.snapshot ?? before?.snapshot;
    if (!known) return;
    const body = carries?.body ?? known.body;
    const snapshot: Snapshot = { ...known, version: expectedVersion + 1, head, index, body };
    if (schedule !== undefined) {
      const after = this.#scheduleCommit(boot, snapshot);
      const ids = made.map(({ id }) => id);
      return observe({
        kind: "schedule-moved",
        ...{ id, transition, epoch, before: schedule, after, made: ids },
      });
    }
    observe({ kind: "moved", id, transition, epoch, before, after: this.#commit(boot, snapshot) });
  }

  #commit(boot: string, snapshot: Snapshot): Commit {
    return { atMs: this.options.time.nowMs, boot, snapshot, job: decodeJob(snapshot) };
  }

  #scheduleCommit(boot: string, snapshot: Snapshot): ScheduleCommit {
    return { atMs: this.options.time.nowMs, boot, snapshot, schedule: decodeSchedule(snapshot) };
  }
}
