import assert from "node:assert/strict";
import type { BootId, NodeName, ShardId } from "../ids.ts";
import { Ownership, SESSION_LISTED_MS } from "./ownership.ts";

const A = { node: "a" as NodeName, boot: "1" as BootId };
const B = { node: "b" as NodeName, boot: "1" as BootId };
const SHARD = 3 as ShardId;

function open(ownership: Ownership, claimant: typeof A, untilMs: number): void {
  ownership.renew(claimant, { ttlMs: untilMs, opening: true, nowMs: 0 });
}

Deno.test("renew() keeps a session alive up to its end, exclusive", () => {
  const ownership = new Ownership();
  open(ownership, A, 100);
  assert.equal(ownership.renew(A, { ttlMs: 100, opening: false, nowMs: 99 }), "live");
  assert.equal(ownership.renew(A, { ttlMs: 100, opening: false, nowMs: 199 }), "lapsed");
});

Deno.test("acquire() waits for the owner's end to the millisecond (O1)", () => {
  const ownership = new Ownership();
  open(ownership, A, 100);
  open(ownership, B, 1_000);
  ownership.acquire(A, { shards: [SHARD], nowMs: 0 });
  const [early] = ownership.acquire(B, { shards: [SHARD], nowMs: 99 });
  assert.equal(early?.kind, "held");
  assert.equal(ownership.epochOf(SHARD), 1);
  const [taken] = ownership.acquire(B, { shards: [SHARD], nowMs: 100 });
  assert.deepEqual(taken, { kind: "acquired", shard: SHARD, epoch: 2 });
});

Deno.test("sessions() forgets a session long after its end", () => {
  const ownership = new Ownership();
  open(ownership, A, 100);
  assert.equal(ownership.sessions(100 + SESSION_LISTED_MS - 1).length, 1);
  assert.equal(ownership.sessions(100 + SESSION_LISTED_MS).length, 0);
});

Deno.test("restore() takes stored fences, whose owners have no session and hold nothing", () => {
  const ownership = new Ownership();
  ownership.restore([{ shard: SHARD, epoch: 7, owner: A }]);
  assert.equal(ownership.epochOf(SHARD), 7);
  const [taken] = ownership.acquire(B, { shards: [SHARD], nowMs: 0 });
  assert.deepEqual(taken, { kind: "acquired", shard: SHARD, epoch: 8 });
});

Deno.test("release() returns what it changed, for the driver to write", () => {
  const ownership = new Ownership();
  open(ownership, A, 100);
  ownership.acquire(A, { shards: [SHARD], nowMs: 0 });
  assert.deepEqual(ownership.release(B, [SHARD]), []);
  assert.deepEqual(ownership.release(A, [SHARD]), [{ shard: SHARD, epoch: 1, owner: null }]);
  assert.deepEqual(ownership.release(A, [SHARD]), []);
});
