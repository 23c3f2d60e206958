import assert from "node:assert/strict";
import type { BootId, NodeName, ShardId } from "../ids.ts";
import { Owners } from "./owners.ts";

const shard = (number: number) => number as ShardId;
const owner = (boot: string) => ({ node: boot.slice(0, 1) as NodeName, boot: boot as BootId });
const fence = (number: number, epoch: number, boot: string | null) => ({
  shard: shard(number),
  epoch,
  owner: boot === null ? null : owner(boot),
});
const sessions = (storeNowMs: number, ...leases: [boot: string, untilMs: number][]) => ({
  storeNowMs,
  sessions: leases.map(([boot, leaseUntilMs]) => ({ ...owner(boot), leaseUntilMs })),
});

Deno.test("Owners tells who owns a shard, and nobody where nobody does", () => {
  const owners = new Owners();
  assert.equal(owners.ownerOf(shard(1)), null);
  assert.equal(owners.epochOf(shard(1)), 0);
  owners.observe([fence(1, 3, "a1"), fence(2, 1, null)], sessions(0));
  assert.deepEqual(owners.ownerOf(shard(1)), owner("a1"));
  assert.deepEqual([owners.ownerOf(shard(2)), owners.epochOf(shard(2))], [null, 1]);
  assert.equal(owners.fences().length, 2);
});

Deno.test("an older word about a shard changes nothing (OW1)", () => {
  const owners = new Owners();
  owners.learn(fence(1, 5, "b1"));
  owners.observe([fence(1, 4, "a1")], sessions(0));
  assert.equal(owners.ownerOf(shard(1))?.boot, "b1");
  owners.learn(fence(1, 5, null));
  assert.equal(owners.ownerOf(shard(1)), null, "a release keeps the epoch");
});

Deno.test("observe() tells whose session ended, once", () => {
  const owners = new Owners();
  assert.deepEqual(owners.observe([], sessions(100, ["a1", 200], ["b1", 100])), []);
  assert.deepEqual([owners.isLive("a1" as BootId), owners.isLive("b1" as BootId)], [true, false]);
  assert.deepEqual(owners.observe([], sessions(250, ["a1", 200], ["a2", 400])), ["a1"]);
  assert.deepEqual(owners.observe([], sessions(260, ["a2", 400])), []);
  assert.ok(owners.isLive("a2" as BootId));
});
