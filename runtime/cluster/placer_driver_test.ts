import assert from "node:assert/strict";
import type { BootId, NodeName, ShardId } from "../ids.ts";
import { LAPSE_GRACE_MS, VIEW_STILL_MS } from "../limits.ts";
import type { MemberView } from "../membership/swim_events.ts";
import { metaOf } from "../membership/testing/people.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { Owners } from "./owners.ts";
import { Placer } from "./placer_driver.ts";

const SHARDS = 30;

/** A cluster as node `a1` sees it: who is a member, whose session lives, who owns what. */
function setup() {
  const clock = new VirtualClock();
  const owners = new Owners();
  const members = new Map<string, MemberView>();
  let wanted: readonly ShardId[] = [];
  const placer = new Placer({
    clock,
    shards: SHARDS,
    self: "a1" as BootId,
    members: () => [...members.values()],
    owners,
    want: (shards) => void (wanted = shards),
  });
  const member = (boot: string, state: MemberView["state"] = "alive", meta = {}) =>
    void members.set(boot, {
      name: boot.slice(0, 1) as NodeName,
      boot: boot as BootId,
      state,
      incarnation: 1,
      meta: metaOf(`${boot}:1`, meta),
      load: null,
    });
  const owned = new Map<ShardId, string>();
  const sessions = (...boots: string[]) => {
    const fences = [...owned].map(([shard, boot]) => ({
      shard,
      epoch: 1,
      owner: { node: boot.slice(0, 1) as NodeName, boot: boot as BootId },
    }));
    const live = boots.map((boot) => ({
      node: boot.slice(0, 1) as NodeName,
      boot: boot as BootId,
      leaseUntilMs: 10,
    }));
    owners.observe(fences, { sessions: live, storeNowMs: 0 });
    placer.look();
  };
  const still = () => clock.advance(VIEW_STILL_MS);
  return { clock, owners, placer, member, owned, sessions, still, wanted: () => wanted };
}

Deno.test("a lone node wants everything once the view was still (PR2)", () => {
  const { member, sessions, still, wanted } = setup();
  member("a1");
  sessions("a1");
  assert.equal(wanted().length, 0);
  still();
  assert.equal(wanted().length, SHARDS);
});

Deno.test("a newcomer is given its share only after the view was still (PR2)", () => {
  const { member, sessions, still, wanted, owned } = setup();
  member("a1");
  sessions("a1");
  still();
  for (const shard of wanted()) owned.set(shard, "a1");
  member("b1");
  sessions("a1", "b1");
  assert.equal(wanted().length, SHARDS);
  still();
  assert.equal(wanted().length, Math.ceil(1.1 * SHARDS / 2));
});

Deno.test("a node that gossip calls dead, or that drains, is left out at once (PR1)", () => {
  for (const how of ["dead", "draining"] as const) {
    const { member, sessions, still, wanted } = setup();
    member("a1");
    member("b1");
    sessions("a1", "b1");
    still();
    assert.ok(wanted().length < SHARDS);
    member("b1", how);
    sessions("a1", "b1");
    assert.equal(wanted().length, SHARDS, how);
  }
});

Deno.test("a node that is no worker owns everything while there is none, and nothing from then on (PR3)", () => {
  const { member, sessions, still, wanted, placer } = setup();
  member("a1", "alive", { roles: ["gateway"] });
  sessions("a1");
  assert.equal(placer.settled, false);
  still();
  assert.deepEqual([wanted().length, placer.settled], [SHARDS, true]);
  member("b1");
  sessions("a1", "b1");
  assert.equal(wanted().length, SHARDS, "before the worker has its part");
  still();
  assert.deepEqual([wanted(), placer.settled], [[], true]);
  member("b1", "dead");
  sessions("a1");
  assert.equal(wanted().length, 0, "before the view was still");
  still();
  assert.equal(wanted().length, SHARDS);
});

Deno.test("weights are shares: a node that weighs twice as much wants twice as much", () => {
  const { member, sessions, still, wanted } = setup();
  member("a1", "alive", { weight: 2 });
  member("b1", "alive", { roles: ["worker"] });
  sessions("a1", "b1");
  still();
  assert.ok(Math.abs(wanted().length - 2 * SHARDS / 3) <= 0.1 * SHARDS, `${wanted().length}`);
});

Deno.test("a suspect keeps its part", () => {
  const { member, sessions, still, wanted } = setup();
  member("a1");
  member("b1");
  sessions("a1", "b1");
  still();
  const before = wanted();
  member("b1", "suspect");
  sessions("a1", "b1");
  assert.deepEqual(wanted(), before);
});

Deno.test("a suspect whose session has lapsed is left out at once (PR1)", () => {
  const { member, sessions, still, wanted } = setup();
  member("a1");
  member("b1");
  sessions("a1", "b1");
  still();
  member("b1", "suspect");
  sessions("a1");
  assert.equal(wanted().length, SHARDS);
});

Deno.test("a node that only answers HTTP owns nothing", () => {
  const { member, sessions, still, wanted } = setup();
  member("a1", "alive", { roles: ["gateway"] });
  member("b1");
  sessions("a1", "b1");
  still();
  assert.deepEqual(wanted(), []);
});

Deno.test("after an outage of the store the first to renew takes nothing from the others (PR1)", () => {
  const { member, sessions, still, wanted, clock } = setup();
  member("a1");
  member("b1");
  sessions("a1", "b1");
  still();
  const before = wanted();
  sessions("a1");
  clock.advance(LAPSE_GRACE_MS - 1);
  sessions("a1");
  assert.deepEqual(wanted(), before);
  sessions("a1", "b1");
  clock.advance(LAPSE_GRACE_MS);
  sessions("a1");
  assert.deepEqual(wanted(), before, "it is counted anew");
});

Deno.test("a node that gossips but no longer reaches the store loses its part after a while (PR1)", () => {
  const { member, sessions, still, wanted, clock } = setup();
  member("a1");
  member("b1");
  sessions("a1", "b1");
  still();
  sessions("a1");
  clock.advance(LAPSE_GRACE_MS);
  sessions("a1");
  assert.equal(wanted().length, SHARDS);
});

Deno.test("close() sets no timer free", () => {
  const { member, sessions, placer, clock } = setup();
  member("a1");
  sessions("a1");
  placer.close();
  assert.equal(clock.timers, 0);
});
