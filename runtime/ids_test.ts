import assert from "node:assert/strict";
import fc from "fast-check";
import { InvariantError } from "./fault.ts";
import { ACTOR_ID_CHARS_MAX, type ActorId, actorId, IdMaker, isActorId, shardOf } from "./ids.ts";

const zeros = (count: number) => new Uint8Array(count);

Deno.test("isActorId() takes 1 to 240 of the allowed characters and nothing else", () => {
  for (const good of ["a", "nightly@2027-01-01T02:00:00Z", "order-7/charge", "A.b_c:d~e+f=g"]) {
    assert.ok(isActorId(good), good);
  }
  assert.ok(isActorId("x".repeat(ACTOR_ID_CHARS_MAX)));
  const bad = ["", " ", "a b", "a\n", "a\u0000", "ä", "a?", "a#", "a%20", "a\\b", "x".repeat(241)];
  for (const text of bad) assert.ok(!isActorId(text), JSON.stringify(text));
});

Deno.test("actorId() throws InvariantError for a text that is no id", () => {
  assert.equal(actorId("job-1"), "job-1");
  assert.throws(() => actorId("no id"), InvariantError);
});

Deno.test("shardOf() never changes: these values are stored in every cluster (I1)", () => {
  const shards = ["a", "nightly", "order-7", "01hz0000000000000000", "x".repeat(200)]
    .map((id) => shardOf(actorId(id), 256));
  assert.deepEqual(shards, [76, 85, 6, 49, 158]);
});

Deno.test("shardOf() looks at the id up to its first @ or / only (I1)", () => {
  const of = (id: string) => shardOf(actorId(id), 4_096);
  assert.equal(of("nightly@2027-01-01T02:00:00Z"), of("nightly"));
  assert.equal(of("order-7/charge"), of("order-7"));
  assert.equal(of("order-7/a@b"), of("order-7/c"));
  assert.notEqual(of("order-7"), of("order-8"));
});

Deno.test("shardOf() stays within the shards and spreads short and sequential ids over them", () => {
  const counts = new Array<number>(16).fill(0);
  for (let n = 0; n < 16_000; n++) counts[shardOf(actorId(`job-${n}`), 16)]!++;
  for (const count of counts) assert.ok(count > 800 && count < 1_200, `${counts}`);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4_096 }),
      fc.stringMatching(/^[a-z0-9]{1,20}$/),
      (shards, id) => {
        const shard = shardOf(id as ActorId, shards);
        assert.ok(Number.isInteger(shard) && shard >= 0 && shard < shards);
      },
    ),
  );
});

Deno.test("next() makes ids that sort in the order of their making, wherever the clock goes (I2)", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 100, size: "max" }),
      (moves) => {
        const maker = new IdMaker(zeros);
        let nowMs = 1_800_000_000_000;
        const ids = moves.map((move) => maker.next(nowMs += move));
        assert.deepEqual([...ids].sort(), ids);
        assert.equal(new Set(ids).size, ids.length);
        assert.ok(ids.every(isActorId));
      },
    ),
  );
});

Deno.test("next() moves on to the next millisecond when the counter is full (I2)", () => {
  const maker = new IdMaker(zeros);
  let last = maker.next(1_000);
  for (let n = 0; n < 32 ** 4; n++) {
    const next = maker.next(1_000);
    if (next <= last) assert.fail(`${next} after ${last}`);
    last = next;
  }
  assert.ok(maker.next(1_001) > last);
});

Deno.test("next() differs between processes by its random part alone", () => {
  const one = new IdMaker((count) => new Uint8Array(count).fill(1)).next(1_000);
  const two = new IdMaker((count) => new Uint8Array(count).fill(255)).next(1_000);
  assert.equal(one.slice(0, 13), two.slice(0, 13));
  assert.equal(one.slice(13), "1111111");
  assert.equal(two.slice(13), "zzzzzzz");
});
