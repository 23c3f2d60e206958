/**
 * Comparison: a store does what its twin in plain data structures does, whatever the operations.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { actorId, type ShardId } from "../../ids.ts";
import { MemoryStore } from "../memory.ts";
import type { Claimant, FindQuery, Store, Write } from "../port.ts";
import {
  ALIVE_MS,
  append,
  findAll,
  idsOf,
  insert,
  lanesOf,
  ME,
  move,
  OTHER,
  OVER_MS,
  SHARDS,
} from "./fixtures.ts";

/** One step, done to both stores, whose answers must be equal. */
type Act = (store: Store) => Promise<unknown>;
interface Step {
  readonly says: string;
  readonly act: Act;
}

const IDS = ["a", "b", "c", "d", "e@1", "e@2", "f/x"];
const LABELS = ["state=new", "state=old", "tag=x", "tag=y"];
const LANES = ["default", "job/mail/a", "job/mail/b"];
const STEPS_MAX = 40;

const time = fc.integer({ min: 0, max: 50 });
const index = fc.record({
  wakeAtMs: fc.option(time, { nil: null }),
  lane: fc.constantFrom(...LANES),
  rank: fc.integer({ min: 0, max: 2 }),
  expireAtMs: fc.option(time, { freq: 3, nil: null }),
  labels: fc.subarray(LABELS),
  tally: fc.constantFrom("t1", "t2"),
});
const id = fc.constantFrom(...IDS);
const epoch = fc.integer({ min: 0, max: 3 });
const insertion = fc
  .tuple(id, index, fc.constantFrom("job", "schedule"), fc.integer({ min: 0, max: 9_000 }))
  .map(([text, given, kind, createdAtMs]): Write => insert(text, { ...given, kind, createdAtMs }));
const carried = fc.record({
  body: fc.constantFrom(`"a"`, `"b"`, JSON.stringify("c".repeat(2_000))),
  inserts: fc.array(index.map((given) => insert("e@2", given).draft), { maxLength: 2 }),
  lines: fc.record({ stream: fc.constant("log"), texts: fc.array(fc.string(), { maxLength: 2 }) }),
}, { requiredKeys: [] });
const transition = fc
  .tuple(id, fc.integer({ min: 1, max: 4 }), index, epoch, fc.option(carried, { freq: 2 }))
  .map(([text, version, given, at, carries]): Write =>
    move(text, version, {
      ...given,
      epoch: at,
      // Only what shares its shard can be carried.
      ...(carries !== null && text.startsWith("e@") && { carries }),
    })
  );
const appending = fc.tuple(id, fc.array(fc.string(), { maxLength: 3 }), epoch)
  .map(([text, lines, at]): Write => append(text, lines, { epoch: at }));
const batch = fc.array(
  fc.oneof(
    { arbitrary: insertion, weight: 4 },
    { arbitrary: transition, weight: 4 },
    { arbitrary: appending, weight: 1 },
  ),
  { minLength: 1, maxLength: 12 },
);
const claimant = fc.constantFrom(ME, OTHER);
const shards = fc.subarray(Array.from({ length: SHARDS }, (_, at) => at as ShardId));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: batch.map((writes) => ({
      says: `apply ${JSON.stringify(writes)}`,
      act: (store: Store) => store.apply(writes),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(time, fc.integer({ min: 1, max: 4 })).map(([nowMs, limit]) => ({
      // Which of several that expire together goes first is left open: all or none go.
      says: `sweep to ${nowMs}, at least ${limit}`,
      act: (store: Store) => store.sweep({ nowMs, limit: limit + IDS.length }),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(claimant, shards).map(([who, which]) => ({
      says: `acquire ${who.node} ${which}`,
      act: (store: Store) => store.acquire(who, which),
    })),
  },
  { weight: 1, arbitrary: fc.tuple(claimant, shards).map(releasing) },
  { weight: 1, arbitrary: claimant.map(leaving) },
  { weight: 1, arbitrary: fc.tuple(claimant, fc.boolean(), fc.boolean()).map(renewing) },
);

function releasing([who, which]: [Claimant, ShardId[]]): Step {
  return { says: `release ${who.node} ${which}`, act: (store) => store.release(who, which) };
}

function leaving(who: Claimant): Step {
  return { says: `leave ${who.node}`, act: (store) => store.leave(who) };
}

function renewing([who, alive, opening]: [Claimant, boolean, boolean]): Step {
  return {
    says: `renew ${who.node} ${alive} ${opening}`,
    act: async (store) =>
      (await store.renew(who, { ttlMs: alive ? ALIVE_MS : OVER_MS, opening })).kind,
  };
}

/** Everything that the port lets one see. */
async function view(store: Store): Promise<unknown> {
  const searches: string[][] = [];
  for (const kind of ["job", "schedule"]) {
    for (const labels of [[], ["state=new"], ["tag=x", "tag=y"], LABELS]) {
      for (const order of ["newest", "oldest"] as const) {
        const query: FindQuery = { kind, labels, order, limit: 3 };
        searches.push(idsOf(await findAll(store, query)));
        searches.push(idsOf(await findAll(store, { ...query, fromMs: 2_000, toMs: 6_000 })));
      }
    }
  }
  const due: unknown[] = [];
  for (const lane of LANES) due.push(await store.dueInLane({ lane, untilMs: 30, limit: 4 }));
  const journals: unknown[] = [];
  for (const text of IDS) {
    journals.push(await store.journal({ id: actorId(text), stream: "log", after: 1, limit: 5 }));
  }
  return {
    snapshots: await store.load(IDS.map(actorId)),
    searches,
    due,
    journals,
    range: await store.dueBetween({ fromMs: 10, untilMs: 40, limit: 3 }),
    lanes: await lanesOf(store, 1),
    jobs: [...await store.tallies("job")].sort(),
    schedules: [...await store.tallies("schedule")].sort(),
    fences: await store.fences(),
    sessions: (await store.sessions()).map(({ node, boot }) => `${node} ${boot}`).sort(),
  };
}

/** Registers the comparison for the stores that `open` makes, each new and empty, with so many random sequences. */
export function comparisonWithTwin(
  name: string,
  open: () => Promise<Store>,
  { sequences }: { readonly sequences: number },
): void {
  Deno.test(`${name} does what its twin does, whatever the operations`, async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: STEPS_MAX }),
      async (steps) => {
        const twin = new MemoryStore({ wallMs: () => Date.now() }, { shards: SHARDS });
        const store = await open();
        try {
          for (const { says, act } of steps) {
            assert.deepEqual(await act(store), await act(twin), says);
          }
          assert.deepEqual(await view(store), await view(twin));
        } finally {
          await store.close();
        }
      },
    );
    await fc.assert(property, { numRuns: sequences });
  });
}
