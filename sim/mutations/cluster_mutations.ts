/**
 * Mutations that only a cluster can notice: of sessions, takeovers and hand-overs.
 * @module
 */
import type { Store } from "../../runtime/store/port.ts";
import { wrapStore } from "../../runtime/store/wrapped_driver.ts";
import type { Mutation } from "./mutation.ts";

/** `inner` with some of its methods replaced. */
function replaced(inner: Store, methods: Partial<Store>): Store {
  return { ...wrapStore(inner, (_op, work) => work()), ...methods };
}

/** Broken builds of several nodes. */
export const CLUSTER_MUTATIONS: readonly Mutation[] = [
  {
    name: "takes-from-the-living",
    breaks: "the store gives a shard away although its owner's session lasts",
    cluster: true,
    store: (inner) =>
      replaced(inner, {
        acquire: async (claimant, shards) => {
          for (const { shard, owner } of await inner.fences()) {
            if (owner !== null && shards.includes(shard)) await inner.release(owner, [shard]);
          }
          return inner.acquire(claimant, shards);
        },
      }),
  },
  {
    name: "writes-after-takeover",
    breaks: "the store applies what an old owner still sends after another took the shard",
    cluster: true,
    store: (inner) =>
      replaced(inner, {
        apply: async (batch) => {
          const epochs = new Map((await inner.fences()).map(({ shard, epoch }) => [shard, epoch]));
          return inner.apply(batch.map((write) =>
            write.kind === "insert" ? write : { ...write, epoch: epochs.get(write.shard) ?? 0 }
          ));
        },
      }),
  },
  {
    name: "releases-are-lost",
    breaks: "a node believes that it released a shard, and the store never heard of it",
    cluster: true,
    wire: (inner) => replaced(inner, { release: () => Promise.resolve() }),
  },
  {
    name: "fences-are-never-seen",
    breaks: "a node never learns who owns what",
    cluster: true,
    wire: (inner) => replaced(inner, { fences: () => Promise.resolve([]) }),
  },
  {
    name: "sessions-are-never-seen",
    breaks: "a node takes every session for lapsed",
    cluster: true,
    wire: (inner) => replaced(inner, { sessions: () => Promise.resolve([]) }),
  },
  {
    name: "due-actors-of-nobody",
    breaks: "a node asks for the due actors of no shard instead of those of its own",
    cluster: true,
    wire: (inner) =>
      replaced(inner, {
        dueInLane: (query) => inner.dueInLane({ ...query, shards: [] }),
        dueBetween: (query) => inner.dueBetween({ ...query, shards: [] }),
      }),
  },
];
