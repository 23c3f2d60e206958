import assert from "node:assert/strict";
import { actorId } from "../../../runtime/ids.ts";
import { VirtualClock } from "../../../runtime/testing/virtual_clock.ts";
import { jobIn, specOf } from "../../job/testing/samples.ts";
import type { AlertEvent, EndCounts } from "../event.ts";
import type { AlertRule } from "../rule.ts";
import { ruleOf } from "../testing/samples.ts";
import { type MemberSeen, NodesWatch } from "./nodes.ts";
import { LOOK_EVERY_MS, QUEUES_EVERY_MS, STORE_DOWN_MIN_MS, WatchDriver } from "./watch_driver.ts";

function setup(rules: readonly AlertRule[]) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const ends: EndCounts[] = [];
  const world = {
    members: [] as MemberSeen[],
    watches: true,
    tallies: new Map<string, number>(),
    due: [] as { id: string; lane: string; wakeAtMs: number }[],
    looks: 0,
  };
  const watch = new WatchDriver({
    clock,
    rules,
    boot: "boot-1",
    node: "a",
    members: () => world.members,
    watchesQueues: () => world.watches,
    tallies: () => {
      world.looks++;
      return Promise.resolve(world.tallies);
    },
    due: ({ untilMs }) =>
      Promise.resolve(
        world.due.filter(({ wakeAtMs }) => wakeAtMs < untilMs)
          .map((entry) => ({ ...entry, id: actorId(entry.id), rank: 0 })),
      ),
    notice: ({ kind, subject, status }: AlertEvent) => told.push(`${kind} ${subject} ${status}`),
    ends: (counts) => ends.push(counts),
  });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= LOOK_EVERY_MS) {
      clock.advance(Math.min(left, LOOK_EVERY_MS));
      for (let turns = 0; turns < 10; turns++) await Promise.resolve();
    }
  };
  return { clock, told, ends, world, watch, pass };
}

Deno.test("queues are looked at by the node that watches them, jobs of the program's own left out", async () => {
  const { world, watch, told, pass } = setup([
    ruleOf({ on: ["queue.backlog"], threshold: { depth: 10, ageMs: 30_000 } }),
  ]);
  world.tallies = new Map([["mail/pending", 11], ["mail/running", 99], [
    "orrery.alerts/pending",
    50,
  ]]);
  watch.start();
  await pass(QUEUES_EVERY_MS);
  assert.deepEqual(told.splice(0), ["queue.backlog mail firing"]);
  world.tallies = new Map();
  world.due = [{ id: "x", lane: "job/slow", wakeAtMs: -40_000 }, {
    id: "y",
    lane: "schedule/due",
    wakeAtMs: -90_000,
  }];
  await pass(QUEUES_EVERY_MS);
  assert.deepEqual(told.splice(0), ["queue.backlog slow firing", "queue.backlog mail resolved"]);
  world.watches = false;
  const { looks } = world;
  await pass(5 * QUEUES_EVERY_MS);
  assert.equal(world.looks, looks);
  watch.close();
});

Deno.test("without rules about it nothing is looked at", async () => {
  const { world, watch, told, ends, pass } = setup([ruleOf()]);
  watch.start();
  watch.ended(jobIn("failed"));
  await pass(20_000);
  assert.deepEqual([world.looks, told, ends], [0, [], []]);
  watch.close();
});

Deno.test("ended jobs are counted by queue and told together", async () => {
  const { watch, ends, pass } = setup([
    ruleOf({ on: ["failure-rate"], match: { queue: ["mail", "orrery.*"] } }),
  ]);
  watch.start();
  for (const state of ["completed", "failed", "failed", "cancelled"] as const) {
    watch.ended(jobIn(state, { spec: specOf({ queue: "mail" }) }));
  }
  watch.ended(jobIn("failed", { spec: specOf({ queue: "orrery.alerts" }) }));
  watch.ended(jobIn("failed"));
  await pass(LOOK_EVERY_MS);
  assert.deepEqual(ends, [{ queue: "mail", ok: 1, failed: 2 }]);
  watch.close();
});

Deno.test("an outage of the store is told when it is over, if it was one", () => {
  const { clock, watch, told } = setup([]);
  watch.store(false);
  clock.advance(STORE_DOWN_MIN_MS - 1);
  watch.store(true);
  assert.deepEqual(told, []);
  watch.store(false);
  clock.advance(STORE_DOWN_MIN_MS / 2);
  watch.store(false);
  clock.advance(STORE_DOWN_MIN_MS / 2);
  watch.store(true);
  watch.store(true);
  assert.deepEqual(told, ["store.down a firing", "store.down a resolved"]);
});

Deno.test("an actor that was set aside is told with its shard", () => {
  const { watch, told } = setup([]);
  watch.quarantined({ actor: "order-7", shard: 3, error: "corrupt" });
  assert.deepEqual(told, ["shard.quarantined shard 3 firing"]);
});

Deno.test("NodesWatch tells who was lost since the last look, and everyone who comes", () => {
  const nodes = new NodesWatch();
  const seen = (...members: string[]) =>
    nodes.look(
      members.map((text) => {
        const [name = "", boot = "", state = "alive"] = text.split(" ");
        return { name, boot, state: state as MemberSeen["state"] };
      }),
      0,
    ).map(({ subject, status, id }) => `${subject} ${status} ${id}`);
  assert.deepEqual(seen("a a1", "b b1", "c c1 dead"), [
    "a resolved node/a1/resolved/0",
    "b resolved node/b1/resolved/0",
  ]);
  assert.deepEqual(seen("a a1", "b b1 suspect", "c c1 dead"), []);
  assert.deepEqual(seen("a a1", "b b1 dead"), ["b firing node/b1/firing/0"]);
  assert.deepEqual(seen("a a1", "b b1 dead", "b b2"), ["b resolved node/b2/resolved/0"]);
  assert.deepEqual(
    seen("a a1", "b b1", "b b2 left"),
    ["b resolved node/b1/resolved/0"],
    "it contradicts",
  );
});
