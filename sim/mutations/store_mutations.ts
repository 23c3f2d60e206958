/**
 * Mutations of the store and of the way to it.
 * @module
 */
import { Fault } from "../../runtime/fault.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type {
  AcquireOutcome,
  Fence,
  Store,
  Write,
  WriteOutcome,
} from "../../runtime/store/port.ts";
import { wrapStore } from "../record/wrapped_store.ts";
import type { Mutation } from "./mutation.ts";

/** `inner` with some of its methods replaced. */
function replaced(inner: Store, methods: Partial<Store>): Store {
  return { ...wrapStore(inner, (_op, work) => work()), ...methods };
}

/** The store applies what it should refuse, or forgets what it took. */
export const STORE_MUTATIONS: readonly Mutation[] = [
  {
    name: "fence-check-off",
    breaks: "the store applies a write whatever epoch it carries",
    store: (inner) => {
      const current = async (write: Write, fences: readonly Fence[]): Promise<Write> => {
        if (write.kind === "insert") return write;
        const epoch = fences.find(({ shard }) => shard === write.shard)?.epoch ?? write.epoch;
        return await Promise.resolve({ ...write, epoch });
      };
      return replaced(inner, {
        apply: async (batch) => {
          const fences = await inner.fences();
          return inner.apply(await Promise.all(batch.map((write) => current(write, fences))));
        },
      });
    },
  },
  {
    name: "version-check-off",
    breaks: "the store applies a transition whatever version it was made from",
    store: (inner) =>
      replaced(inner, {
        apply: async (batch) => {
          const outcomes: WriteOutcome[] = [];
          for (const write of batch) {
            let sent = write;
            if (write.kind === "transition") {
              const [stored] = await inner.load([write.id]);
              if (stored) sent = { ...write, expectedVersion: stored.version };
            }
            outcomes.push(...await inner.apply([sent]));
          }
          return outcomes;
        },
      }),
  },
  {
    name: "insert-replaces",
    breaks: "the store tells the second insert of an id that it was the first",
    store: (inner) =>
      replaced(inner, {
        apply: async (batch) =>
          (await inner.apply(batch)).map((outcome) =>
            outcome.kind === "exists" ? { kind: "applied" } : outcome
          ),
      }),
  },
  {
    name: "epoch-stands-still",
    breaks: "who takes a shard anew gets the epoch that it had",
    store: (inner) => {
      const given = new Map<number, number>();
      return replaced(inner, {
        acquire: async (claimant, shards) => {
          const outcomes = await inner.acquire(claimant, shards);
          return outcomes.map((outcome): AcquireOutcome => {
            if (outcome.kind !== "acquired") return outcome;
            const epoch = given.get(outcome.shard) ?? outcome.epoch;
            given.set(outcome.shard, epoch);
            return { ...outcome, epoch };
          });
        },
        apply: async (batch) => {
          const fences = await inner.fences();
          return inner.apply(batch.map((write) => {
            if (write.kind === "insert" || given.get(write.shard) !== write.epoch) return write;
            return {
              ...write,
              epoch: fences.find(({ shard }) => shard === write.shard)?.epoch ?? 0,
            };
          }));
        },
      });
    },
  },
  {
    name: "sweeps-too-early",
    breaks: "finished jobs are deleted before their retention is over",
    store: (inner) =>
      replaced(inner, {
        sweep: (query) => inner.sweep({ ...query, nowMs: query.nowMs + 30 * 86_400_000 }),
      }),
  },
];

/** The runtime misunderstands the store. */
export const WIRE_MUTATIONS: readonly Mutation[] = [
  {
    name: "ack-before-commit",
    breaks: "inserts are answered when they are sent, not when they are durable",
    wire: (inner) =>
      replaced(inner, {
        apply: (batch) => {
          const written = inner.apply(batch);
          if (!batch.every(({ kind }) => kind === "insert")) return written;
          written.catch(() => {});
          return Promise.resolve(batch.map(() => ({ kind: "applied" })));
        },
      }),
  },
  {
    name: "ambiguous-as-applied",
    breaks: "a write that timed out is taken for applied",
    wire: (inner) => onTimeout(inner, (batch) => batch.map(() => ({ kind: "applied" }))),
  },
  {
    name: "ambiguous-as-not-applied",
    breaks: "a write that timed out is taken for not applied",
    wire: (inner) =>
      onTimeout(inner, () => {
        throw new Fault("store.apply", "unavailable", { message: "taken for not applied" });
      }),
  },
  {
    name: "outcomes-swapped",
    breaks: "the outcomes of a group commit are given to the wrong writes",
    wire: (inner) =>
      replaced(inner, { apply: async (batch) => (await inner.apply(batch)).toReversed() }),
  },
  {
    name: "commit-order-swapped",
    breaks: "the writes of a group commit are applied last first",
    wire: (inner) =>
      replaced(inner, {
        apply: async (batch) => (await inner.apply(batch.toReversed())).toReversed(),
      }),
  },
  {
    name: "rescan-blind",
    breaks: "the index is never read for due jobs that nobody told the node of",
    wire: (inner) =>
      replaced(inner, {
        lanes: () => Promise.resolve({ lanes: [], next: null }),
        dueBetween: ({ untilMs }) => Promise.resolve({ entries: [], completeToMs: untilMs }),
      }),
  },
  {
    name: "scan-drops-one",
    breaks: "a scan of a lane leaves out the best entry",
    wire: (inner) =>
      replaced(inner, { dueInLane: async (query) => (await inner.dueInLane(query)).slice(1) }),
  },
  {
    name: "recovery-reads-stale",
    breaks: "after an unknown outcome the state from before the write is believed",
    wire: (inner) => {
      const before = new Map<string, Snapshot>();
      let doubtful = false;
      return replaced(inner, {
        apply: async (batch) => {
          try {
            return await inner.apply(batch);
          } catch (error) {
            doubtful = error instanceof Fault && error.ambiguous;
            throw error;
          }
        },
        load: async (ids) => {
          const found = await inner.load(ids);
          const answer = doubtful ? ids.map((id, at) => before.get(id) ?? found[at]) : found;
          for (const snapshot of found) if (snapshot) before.set(snapshot.id, snapshot);
          doubtful = false;
          return answer;
        },
      });
    },
  },
];

function onTimeout(
  inner: Store,
  instead: (batch: readonly Write[]) => readonly WriteOutcome[],
): Store {
  return replaced(inner, {
    apply: async (batch) => {
      try {
        return await inner.apply(batch);
      } catch (error) {
        if (error instanceof Fault && error.ambiguous) return instead(batch);
        throw error;
      }
    },
  });
}
