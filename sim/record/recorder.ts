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
import type { ShardId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { Store, Write } from "../../runtime/store/port.ts";
import type { Commit, Observe } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import type { VirtualTime } from "../world/virtual_time.ts";
import { wrapStore } from "./wrapped_store.ts";

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
    const { ledger, observe } = this.options;
    if (write.kind === "insert") {
      const snapshot: Snapshot = { ...write.draft, version: 1 };
      observe({ kind: "inserted", id: snapshot.id, after: this.#commit(boot, snapshot) });
      return;
    }
    const { id } = write;
    const epoch = this.#epochs.get(write.shard) ?? 0;
    if (write.kind === "append") {
      observe({ kind: "appended", id, boot, append: write, epoch });
      return;
    }
    const before = ledger.committed(id);
    const known = before?.snapshot;
    if (!known) return;
    const { head, index } = write;
    const snapshot: Snapshot = { ...known, version: write.expectedVersion + 1, head, index };
    const after = this.#commit(boot, snapshot);
    observe({ kind: "moved", id, transition: write, epoch, before, after });
  }

  #commit(boot: string, snapshot: Snapshot): Commit {
    return { atMs: this.options.time.nowMs, boot, snapshot, job: decodeJob(snapshot) };
  }
}
