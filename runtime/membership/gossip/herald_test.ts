import assert from "node:assert/strict";
import {
  GOSSIP_EVERY_MS,
  GOSSIP_SOON_MS,
  LOAD_EVERY_MS,
  PIGGYBACK_CHARS_MAX,
  PIGGYBACK_LOADS_MAX,
  PIGGYBACK_UPDATES_MAX,
  SYNC_MEMBERS_MAX,
} from "../../limits.ts";
import { bootOf, metaOf, recordOf } from "../testing/people.ts";
import { Herald } from "./herald.ts";
import { retransmitLimit } from "./gossip_queue.ts";

const MEMBERS = 20;
const setup = () => new Herald(bootOf("a1"), () => MEMBERS, 0);
const loadOf = (running: number) => ({ running, waiting: 0 });

Deno.test("parcel() takes a bounded number of updates and loads along (H1)", () => {
  const herald = setup();
  for (let at = 0; at < 100; at++) {
    herald.tell(recordOf(`m${at}x1`), 0);
    herald.tellLoad({ boot: bootOf(`m${at}x1`), version: 1, load: loadOf(at) });
  }
  const { from, updates, loads } = herald.parcel();
  assert.equal(from, "a1");
  assert.equal(updates.length, PIGGYBACK_UPDATES_MAX);
  assert.equal(loads.length, PIGGYBACK_LOADS_MAX);
});

Deno.test("parcel() stays within its characters when members tell much of themselves (H1)", () => {
  const herald = setup();
  const roles = Array.from({ length: 16 }, () => "r".repeat(128));
  for (let at = 0; at < 20; at++) {
    herald.tell(recordOf(`m${at}x1`, { meta: metaOf("m:1", { roles }) }), 0);
  }
  const { updates } = herald.parcel();
  assert.ok(updates.length > 0 && updates.length < PIGGYBACK_UPDATES_MAX);
  assert.ok(JSON.stringify(updates).length <= PIGGYBACK_CHARS_MAX + updates.length + 1);
});

Deno.test("parcel() tells the receiver first what is said of it, unless it is thought alive", () => {
  const herald = setup();
  herald.tell(recordOf("c1"), 0);
  for (const status of ["suspect", "dead", "left"] as const) {
    const said = recordOf("b1", { status });
    assert.deepEqual(herald.parcel(said).updates, [said, recordOf("c1")]);
  }
  assert.deepEqual(herald.parcel(recordOf("b1")).updates, [recordOf("c1")]);
});

Deno.test("fresh news makes a round due at once, but rounds keep a distance (H2)", () => {
  const herald = setup();
  herald.roundDone(0);
  herald.tell(recordOf("b1"), 10);
  assert.equal(herald.nextTickMs(), GOSSIP_SOON_MS);
  herald.parcel();
  herald.roundDone(GOSSIP_SOON_MS);
  assert.equal(herald.nextTickMs(), GOSSIP_SOON_MS + GOSSIP_EVERY_MS, "it was told once");
  herald.tell(recordOf("c1"), 180);
  assert.equal(herald.nextTickMs(), 180);
});

Deno.test("news that found no room in a round is told in one that follows soon", () => {
  const herald = setup();
  for (let at = 0; at <= PIGGYBACK_UPDATES_MAX; at++) herald.tell(recordOf(`m${at}x1`), 0);
  herald.parcel();
  herald.roundDone(0);
  assert.equal(herald.nextTickMs(), GOSSIP_SOON_MS);
});

Deno.test("there are no rounds when everything was told often enough", () => {
  const herald = setup();
  herald.tell(recordOf("b1"), 0);
  for (let told = 0; told < retransmitLimit(MEMBERS); told++) {
    assert.ok(herald.hasNews);
    assert.equal(herald.parcel().updates.length, 1);
  }
  assert.ok(!herald.hasNews);
  assert.equal(herald.nextTickMs(), Infinity);
  assert.equal(herald.tick(10_000), false);
});

Deno.test("the own load is told at most once a second, the latest in the end (H3)", () => {
  const herald = setup();
  const told = () => herald.parcel().loads.at(-1)?.load.running;
  herald.loaded(loadOf(1));
  herald.tick(0);
  assert.equal(told(), 1);
  herald.loaded(loadOf(2));
  herald.loaded(loadOf(3));
  herald.tick(LOAD_EVERY_MS - 1);
  assert.equal(told(), 1);
  assert.equal(herald.loadVersion, 1);
  herald.tick(LOAD_EVERY_MS);
  assert.equal(told(), 3);
  herald.loaded(loadOf(3));
  herald.tick(3 * LOAD_EVERY_MS);
  assert.equal(herald.loadVersion, 2, "nothing changed");
});

Deno.test("viewParts() cuts a view in parts, of which the last one asks", () => {
  const portraits = Array.from({ length: SYNC_MEMBERS_MAX + 1 }, (_, at) => ({
    record: recordOf(`m${at}x1`),
    load: at === 0 ? loadOf(5) : null,
    loadVersion: 4,
  }));
  const parts = setup().viewParts(portraits, true);
  assert.deepEqual(parts.map(({ updates }) => updates.length), [SYNC_MEMBERS_MAX, 1]);
  assert.deepEqual(parts.map((part) => part.kind === "sync" && part.ask), [false, true]);
  assert.deepEqual(parts[0]?.loads, [{ boot: "m0x1", version: 4, load: loadOf(5) }]);
  const answer = setup().viewParts(portraits, false);
  assert.ok(answer.every((part) => part.kind === "sync" && !part.ask));
});
