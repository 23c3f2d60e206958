/**
 * Recorder: tells what the store really took, from beneath the faulty wire.
 *
 * Intuition: a write that times out may have been applied all the same; only here is that known.
 * It keeps the epochs that the store handed out, so that a store that forgets to compare them is seen.
 *
 * Invariant: an applied write is told before its writer can know of it.
 * @module
 */
import { decodeJob, JOB_KIND } from "../../actors/job/codec.ts";
import type { ShardId } from "../../runtime/ids.ts";
import type { Draft, Snapshot } from "../../runtime/snapshot.ts";
import type { Store, Transition, Write } from "../../runtime/store/port.ts";
import type { ActorCommit, Observe } from "./events.ts";
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
    const { id, kind } = snapshot;
    const commit = this.#commit(boot, snapshot);
    if (kind !== JOB_KIND) return observe({ kind: "actor-inserted", id, after: commit });
    observe({ kind: "inserted", id, after: { ...commit, job: decodeJob(snapshot) } });
  }

  #moved(
    boot: string,
    transition: Transition,
    { epoch, made }: { readonly epoch: number; readonly made: readonly Draft[] },
  ): void {
    const { ledger, observe } = this.options;
    const { id, head, index, expectedVersion, carries } = transition;
    const other = ledger.others.get(id);
    const before = ledger.committed(id);
    const known = other?.snapshot ?? before?.snapshot;
    if (!known) return;
    const body = carries?.body ?? known.body;
    const snapshot: Snapshot = { ...known, version: expectedVersion + 1, head, index, body };
    const commit = this.#commit(boot, snapshot);
    if (other !== undefined) {
      const change = { id, transition, epoch, before: other, after: commit };
      return observe({ kind: "actor-moved", ...change, made: made.map(({ id }) => id) });
    }
    const after = { ...commit, job: decodeJob(snapshot) };
    observe({ kind: "moved", id, transition, epoch, before, after });
  }

  #commit(boot: string, snapshot: Snapshot): ActorCommit {
    return { atMs: this.options.time.nowMs, boot, snapshot };
  }
}
