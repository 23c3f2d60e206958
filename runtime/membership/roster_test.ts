import assert from "node:assert/strict";
import fc from "fast-check";
import { DEAD_KEPT_MS, HEARD_EXCUSES_MAX, MEMBERS_MAX, SUSPICION_MIN_MS } from "../limits.ts";
import { type MemberRecord, type MemberStatus, STATUSES } from "./messages.ts";
import { isLive } from "./record.ts";
import { Roster } from "./roster.ts";
import { bootOf, metaOf, recordOf } from "./testing/people.ts";

const OWN = recordOf("a5");

/** A roster of node `a5`; `changes` and `news` collect what it tells, in short. */
function setup(boots: readonly string[] = []) {
  const changes: string[] = [];
  const news: MemberRecord[] = [];
  const roster = new Roster(() => OWN, () => 0, {
    changed: ({ record }, from, to) => changes.push(`${record.boot} ${from}→${to}`),
    updated: ({ record }) => changes.push(`${record.boot} updated`),
    news: (record) => news.push(record),
  });
  const told = (boot: string, status: MemberStatus, changes: Partial<MemberRecord> = {}) =>
    roster.merge(recordOf(boot, { status, ...changes }), 0);
  for (const boot of boots) told(boot, "alive");
  changes.length = news.length = 0;
  const endsAtMs = (boot: string) => roster.get(bootOf(boot))?.suspicion?.endsAtMs ?? Infinity;
  const statusOf = (boot: string) => roster.get(bootOf(boot))?.record.status;
  return { roster, changes, news, told, statusOf, endsAtMs };
}

Deno.test("merge() meets members, reports them once and passes the news on once", () => {
  const { roster, changes, news, told } = setup();
  told("b1", "alive");
  told("b1", "alive");
  assert.deepEqual(changes, ["b1 null→alive"]);
  assert.equal(news.length, 1);
  assert.equal(roster.size, 2);
});

Deno.test("merge() believes nothing of the dead and departed that it does not know (M3)", () => {
  const { roster, changes, news, told } = setup();
  told("b1", "dead");
  told("c1", "left");
  assert.deepEqual([changes, news, [...roster.all()]], [[], [], []]);
});

Deno.test("merge() takes a death that others tell for a suspicion (M2, C2)", () => {
  const { told, statusOf, changes } = setup(["b1", "c1"]);
  told("b1", "dead", { by: bootOf("c1") });
  assert.equal(statusOf("b1"), "suspect");
  assert.deepEqual(changes, ["b1 alive→suspect"]);
});

Deno.test("merge() brings a dead member back with a higher incarnation only (M1)", () => {
  const { roster, told, statusOf, changes } = setup(["b1"]);
  roster.accuse(bootOf("b1"), 0);
  roster.expire(SUSPICION_MIN_MS);
  changes.length = 0;
  told("b1", "alive");
  told("b1", "suspect");
  assert.equal(statusOf("b1"), "dead");
  told("b1", "alive", { incarnation: 2 });
  assert.deepEqual(changes, ["b1 dead→alive"]);
  assert.equal(roster.live.size, 1);
});

Deno.test("merging commutes and is idempotent for members that are known (M1)", () => {
  const update = fc.record({
    boot: fc.constantFrom("b1", "b2", "c1"),
    incarnation: fc.nat(3),
    status: fc.constantFrom(...STATUSES),
    metaVersion: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(fc.property(fc.array(update, { maxLength: 12 }), fc.nat(), (updates, turn) => {
    const records = updates.map(({ boot, metaVersion, ...rest }) =>
      recordOf(boot, { ...rest, metaVersion, meta: metaOf(`${boot}:${metaVersion}`) })
    );
    const at = records.length === 0 ? 0 : turn % records.length;
    const orders = [
      records,
      [...records].reverse(),
      [...records.slice(at), ...records.slice(0, at)],
      [...records, ...records],
    ];
    const [first, ...others] = orders.map((order) => {
      const { roster } = setup(["b1", "c1", "b2"]);
      for (const record of order) roster.merge(record, 0);
      assertConsistent(roster);
      return [...roster.all()].map(({ record }) => ({ ...record, by: null }));
    });
    for (const other of others) assert.deepEqual(other, first);
  }));
});

Deno.test("live list and suspicions follow the records, whatever happens (M5)", () => {
  const boots = ["b1", "b2", "c1", "d1"];
  const event = fc.oneof(
    fc.record({
      boot: fc.constantFrom(...boots),
      incarnation: fc.nat(4),
      status: fc.constantFrom(...STATUSES),
    }),
    fc.constantFrom(...boots),
    fc.integer({ min: 1, max: 5_000 }),
    fc.constant(DEAD_KEPT_MS),
  );
  fc.assert(fc.property(fc.array(event, { maxLength: 40 }), (events) => {
    const { roster } = setup();
    let nowMs = 0;
    for (const event of events) {
      if (typeof event === "number") roster.expire(nowMs += event);
      else if (typeof event === "string") roster.accuse(bootOf(event), nowMs);
      else roster.merge(recordOf(event.boot, { ...event, boot: bootOf(event.boot) }), nowMs);
      assertConsistent(roster);
    }
  }));
});

/** M5, and that what is due next is what `expire` waits for. */
function assertConsistent(roster: Roster): void {
  let live = 0;
  for (const { record, suspicion } of roster.all()) {
    if (isLive(record)) live++;
    assert.equal(suspicion !== null, record.status === "suspect", record.boot);
  }
  assert.equal(roster.live.size, live);
  const listed = new Set(roster.live.sample(live, () => true));
  assert.equal(listed.size, live);
}

Deno.test("accuse() suspects, and expire() declares dead when nothing was said in time (M2)", () => {
  const { roster, changes, news, endsAtMs } = setup(["b1"]);
  roster.accuse(bootOf("b1"), 100);
  assert.equal(endsAtMs("b1"), 100 + SUSPICION_MIN_MS);
  roster.expire(100 + SUSPICION_MIN_MS - 1);
  assert.deepEqual(changes, ["b1 alive→suspect"]);
  roster.expire(100 + SUSPICION_MIN_MS);
  assert.deepEqual(changes.slice(1), ["b1 suspect→dead"]);
  assert.deepEqual(news.map(({ status, by }) => [status, by]), [
    ["suspect", "a5"],
    ["dead", "a5"],
  ]);
});

Deno.test("a refutation ends a suspicion, and a newer accusation begins another", () => {
  const { roster, told, statusOf, endsAtMs } = setup(["b1"]);
  roster.accuse(bootOf("b1"), 0);
  told("b1", "alive", { incarnation: 2 });
  assert.equal(endsAtMs("b1"), Infinity);
  roster.merge(recordOf("b1", { status: "suspect", incarnation: 2 }), 5_000);
  assert.equal(endsAtMs("b1"), 5_000 + SUSPICION_MIN_MS);
  roster.expire(6_000);
  assert.equal(statusOf("b1"), "suspect");
});

Deno.test("confirmations shorten a suspicion and are passed on with who gave them", () => {
  const { roster, told, news, endsAtMs } = setup(["b1", "c1", "d1", "e1"]);
  roster.accuse(bootOf("b1"), 0);
  const longest = endsAtMs("b1");
  told("b1", "suspect", { by: bootOf("c1") });
  assert.ok(endsAtMs("b1") < longest);
  told("b1", "suspect", { by: bootOf("c1") });
  told("b1", "dead", { by: bootOf("d1") });
  assert.equal(endsAtMs("b1"), SUSPICION_MIN_MS);
  assert.deepEqual(news.map(({ by }) => by), ["a5", "c1", "d1"]);
});

Deno.test("a member that meant to leave and fell silent has left", () => {
  const { roster, told, changes } = setup(["b1"]);
  told("b1", "alive", { metaVersion: 2, meta: metaOf("b1:1", { leaving: true, draining: true }) });
  roster.accuse(bootOf("b1"), 0);
  roster.expire(SUSPICION_MIN_MS);
  assert.deepEqual(changes, ["b1 alive→draining", "b1 draining→suspect", "b1 suspect→left"]);
});

Deno.test("a later boot of a name replaces the earlier one at once, in whichever order they come (M2)", () => {
  const { told, changes, statusOf } = setup(["b1"]);
  told("b2", "alive");
  assert.deepEqual(changes, ["b2 null→alive", "b1 alive→dead"]);
  changes.length = 0;
  told("b1", "alive", { incarnation: 9 });
  assert.deepEqual(changes, [], "however often it says that it lives");
  assert.equal(statusOf("b1"), "dead");
  const other = setup(["b2"]);
  other.told("b1", "alive");
  assert.equal(other.roster.get(bootOf("b1")), undefined);
  other.told("a3", "alive");
  assert.equal(
    other.roster.get(bootOf("a3")),
    undefined,
    "an earlier boot of this node's own name",
  );
});

Deno.test("an earlier boot that proves to be the later one becomes the member", () => {
  const { roster, told, statusOf } = setup(["b1", "b2"]);
  roster.accuse(bootOf("b2"), 0);
  roster.expire(SUSPICION_MIN_MS);
  told("b1", "alive", { incarnation: 2, bornMs: 3 });
  assert.deepEqual([statusOf("b1"), statusOf("b2")], ["alive", "dead"]);
});

Deno.test("expire() forgets the dead after their time, and says so (M3)", () => {
  const { roster, changes, told } = setup(["b1", "c1"]);
  told("b1", "left");
  roster.accuse(bootOf("c1"), 0);
  roster.expire(SUSPICION_MIN_MS);
  roster.expire(DEAD_KEPT_MS - 1);
  assert.equal([...roster.all()].length, 2);
  roster.expire(DEAD_KEPT_MS);
  assert.equal(changes.at(-1), "b1 left→null");
  roster.expire(DEAD_KEPT_MS + SUSPICION_MIN_MS);
  assert.equal(changes.at(-1), "c1 dead→null");
  assert.equal([...roster.all()].length, 0);
});

Deno.test("a full roster lets the oldest dead one go, and refuses newcomers when all live (M4)", () => {
  const boots = Array.from({ length: MEMBERS_MAX - 1 }, (_, at) => `m${at}x1`);
  const { roster, told, changes } = setup(boots);
  told("new1", "alive");
  assert.equal(roster.refused, 1);
  assert.equal(roster.size, MEMBERS_MAX);
  told("m7x1", "left");
  told("new1", "alive");
  assert.deepEqual(changes, ["m7x1 alive→left", "m7x1 left→null", "new1 null→alive"]);
});

Deno.test("traffic from a member excuses a few failed probes in a row, until it answers one", () => {
  const { roster } = setup(["b1"]);
  const b = bootOf("b1");
  assert.equal(roster.excuse(b, 0), false, "nothing was heard");
  roster.heard(b, 100);
  assert.equal(roster.excuse(b, 101), false, "heard before the probe");
  for (let time = 0; time < HEARD_EXCUSES_MAX; time++) assert.ok(roster.excuse(b, 100));
  assert.equal(roster.excuse(b, 100), false);
  roster.answered(b);
  assert.ok(roster.excuse(b, 100));
});

Deno.test("metadata is reported when it is newer, and loads are kept when they are", () => {
  const { roster, told, changes } = setup(["b1"]);
  told("b1", "alive", { metaVersion: 2, meta: metaOf("b1:1", { slots: 7 }) });
  told("b1", "alive", { metaVersion: 1, meta: metaOf("b1:1", { slots: 8 }) });
  assert.deepEqual(changes, ["b1 updated"]);
  assert.equal(roster.get(bootOf("b1"))?.record.meta.slots, 7);
  const report = (boot: string, version: number) =>
    roster.note({ boot: bootOf(boot), version, load: { running: version, waiting: 0 } });
  assert.deepEqual([report("b1", 2), report("b1", 2), report("b1", 1), report("x1", 1)], [
    true,
    false,
    false,
    false,
  ]);
  assert.deepEqual(roster.get(bootOf("b1"))?.load, { running: 2, waiting: 0 });
});

Deno.test("randomDead() gives those that are dead here, not who left or was replaced", () => {
  const { roster, told } = setup(["b1", "c1"]);
  told("b2", "alive");
  told("c1", "left");
  assert.equal(roster.randomDead(() => 0), undefined);
  assert.equal(roster.randomDead(() => 0.99), undefined);
  roster.accuse(bootOf("b2"), 0);
  roster.expire(SUSPICION_MIN_MS);
  assert.equal(roster.randomDead(() => 0.99)?.record.boot, "b2");
});

Deno.test("shift() gives suspects the time in which this node stood still (U3)", () => {
  const { roster, statusOf } = setup(["b1"]);
  roster.accuse(bootOf("b1"), 0);
  roster.shift(1_500);
  roster.expire(SUSPICION_MIN_MS);
  assert.equal(statusOf("b1"), "suspect");
  roster.expire(SUSPICION_MIN_MS + 1_500);
  assert.equal(statusOf("b1"), "dead");
});
