/**
 * Wrap: puts something around every call of a store, without repeating its twenty methods.
 * @module
 */
import type { StoreOp } from "../../runtime/store/faulty.ts";
import type { Store } from "../../runtime/store/port.ts";

/** What stands around a call: it may call `work` once, later, never, and may change the answer. */
export type Around = <Answer>(op: StoreOp, work: () => Promise<Answer>) => Promise<Answer>;

/** `inner` with `around` around each of its calls but `close`. */
export function wrapStore(inner: Store, around: Around): Store {
  return {
    apply: (batch) => around("apply", () => inner.apply(batch)),
    load: (ids) => around("load", () => inner.load(ids)),
    find: (query) => around("find", () => inner.find(query)),
    tallies: (kind) => around("tallies", () => inner.tallies(kind)),
    journal: (query) => around("journal", () => inner.journal(query)),
    lanes: (query) => around("lanes", () => inner.lanes(query)),
    dueInLane: (query) => around("dueInLane", () => inner.dueInLane(query)),
    dueBetween: (query) => around("dueBetween", () => inner.dueBetween(query)),
    sweep: (query) => around("sweep", () => inner.sweep(query)),
    renew: (claimant, options) => around("renew", () => inner.renew(claimant, options)),
    leave: (claimant) => around("leave", () => inner.leave(claimant)),
    sessions: () => around("sessions", () => inner.sessions()),
    acquire: (claimant, shards) => around("acquire", () => inner.acquire(claimant, shards)),
    release: (claimant, shards, reservation) =>
      around("release", () => inner.release(claimant, shards, reservation)),
    fences: () => around("fences", () => inner.fences()),
    close: () => inner.close(),
  };
}
