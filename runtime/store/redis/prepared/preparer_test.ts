import assert from "node:assert/strict";
import { actorId } from "../../../ids.ts";
import { append, insert, move } from "../../testing/fixtures.ts";
import type { Write } from "../../port.ts";
import { pack } from "../codec.ts";
import { KNOWN_ACTORS_MAX, KnownRecords } from "./known.ts";
import { Preparer } from "./preparer.ts";

const ID = actorId("a");
const INDEX = { lane: "job/q", labels: ["state=new"], tally: "q/new" };
const SHAPE = [7, pack(["job/q", 0, "q/new", ["state=new"], "job"])] as const;

const numbered = (...writes: Write[]) => writes.map((write) => ({ write, serial: 0 }));
const applied = (writes: readonly unknown[], shapes = [SHAPE]) => ({
  outcomes: writes.map(() => ({ kind: "applied" as const })),
  serials: writes.map((_, at) => 10 + at),
  shapes,
});

/** A preparer that has inserted `a` and `b`. */
function setup() {
  const preparer = new Preparer("{o0}");
  const batch = numbered(insert("a", INDEX), insert("b", INDEX));
  const prepared = preparer.prepare(batch);
  assert.equal(prepared.rest.length, 2, "nothing is known of what is not there");
  preparer.applied(batch, prepared, applied(batch));
  /** How many of `writes` are prepared. */
  const planned = (...writes: Write[]) =>
    writes.length - preparer.prepare(numbered(...writes)).rest.length;
  return { preparer, planned };
}

Deno.test("a transition of a known record to a known shape is prepared, and what follows is known", () => {
  const { preparer } = setup();
  for (const version of [1, 2, 3]) {
    const batch = numbered(move("a", version, INDEX));
    const prepared = preparer.prepare(batch);
    assert.deepEqual([prepared.rest.length, prepared.plan.isEmpty], [0, false]);
    assert.deepEqual(preparer.applied(batch, prepared, applied([])), [{ kind: "applied" }]);
    assert.equal(preparer.known.actor(ID)?.version, version + 1);
  }
});

Deno.test("what is not known, or not sure, is left to the script", () => {
  const { planned } = setup();
  const other = { ...INDEX, labels: ["state=rare"] };
  assert.equal(planned(move("a", 1, INDEX)), 1);
  assert.equal(planned(move("c", 1, INDEX)), 0, "an actor that nobody has read");
  assert.equal(planned(move("a", 2, INDEX)), 0, "another version");
  assert.equal(planned(move("a", 1, other)), 0, "a shape without a number");
  assert.equal(planned(move("a", 1, { ...INDEX, carries: { body: "x" } })), 0, "what carries");
  assert.equal(planned(move("a", 1, INDEX), append("a", ["line"])), 0, "two of one actor");
  assert.equal(planned(append("a", ["line"]), insert("c")), 0);
});

Deno.test("two epochs of one shard are not compared as one: the second is left to the script", () => {
  const { preparer } = setup();
  const batch = numbered(insert("f/1", INDEX), insert("f/2", INDEX));
  preparer.applied(batch, preparer.prepare(batch), applied(batch));
  const moves = numbered(move("f/1", 1, { ...INDEX, epoch: 2 }), move("f/2", 1, INDEX));
  assert.deepEqual(preparer.prepare(moves).rest, moves.slice(1));
});

Deno.test("nothing is known of what was refused, or of what nobody answered (PR1)", () => {
  const { preparer, planned } = setup();
  const batch = numbered(move("a", 9, INDEX));
  const conflict = { kind: "conflict" as const, version: 1 };
  preparer.applied(batch, preparer.prepare(batch), {
    ...{ outcomes: [conflict], serials: [1], shapes: [] },
  });
  assert.equal(planned(move("a", 1, INDEX)), 0);
  preparer.forget(numbered(move("b", 1, INDEX)));
  assert.equal(planned(move("b", 1, INDEX)), 0);
});

Deno.test("a record whose shape had no number is known to hold it itself", () => {
  const preparer = new Preparer("{o0}");
  const batch = numbered(insert("a", INDEX));
  preparer.applied(batch, preparer.prepare(batch), applied(batch, []));
  assert.equal(preparer.known.actor(ID)?.shape, null);
});

Deno.test("an actor that wakes before its creation is left to the script", () => {
  const { planned } = setup();
  assert.equal(planned(move("a", 1, { ...INDEX, wakeAtMs: 999 })), 0);
  assert.equal(planned(move("a", 1, { ...INDEX, wakeAtMs: 1_000 })), 1);
});

Deno.test("a number that stands for another text makes everything forgotten (KN2)", () => {
  const { preparer, planned } = setup();
  preparer.known.learn(7, pack(["job/other", 0, "q/new", ["state=new"], "job"]));
  assert.equal(planned(move("a", 1, INDEX)), 0);
  assert.equal(preparer.known.actor(ID), undefined);
});

Deno.test("KnownRecords keeps those that were used last, and no more than so many", () => {
  const { preparer } = setup();
  const known = new KnownRecords();
  const actor = preparer.known.actor(ID);
  assert.ok(actor);
  const job = (at: number) => actorId(`job-${at}`);
  for (let at = 0; at < 2 * KNOWN_ACTORS_MAX; at++) known.remember(job(at), actor);
  const kept = Array.from({ length: 2 * KNOWN_ACTORS_MAX }, (_, at) => at)
    .filter((at) => known.actor(job(at)) !== undefined);
  assert.ok(kept.length >= KNOWN_ACTORS_MAX / 2 && kept.length <= KNOWN_ACTORS_MAX);
  assert.equal(kept.at(-1), 2 * KNOWN_ACTORS_MAX - 1);
  known.forget(job(2 * KNOWN_ACTORS_MAX - 1));
  assert.equal(known.actor(job(2 * KNOWN_ACTORS_MAX - 1)), undefined);
});
