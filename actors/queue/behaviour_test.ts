import assert from "node:assert/strict";
import fc from "fast-check";
import { Fault } from "../../runtime/fault.ts";
import { type BootId, isActorId, type NodeName, type ShardId, shardOf } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import { decodeQueue, draftOfQueue, queueBehaviour, queueId } from "./behaviour.ts";
import type { QueueState } from "./state.ts";

const limits = {
  rate: { limit: 9, perMs: 60_000 },
  perKey: { concurrency: 2, rate: null },
};
const mail: QueueState = { name: "mail", paused: true, concurrency: 5, ...limits };
const context = {
  id: queueId("mail"),
  nowMs: 7,
  chance: 0,
  unique: "unique-1",
  node: "a" as NodeName,
  boot: "boot-1" as BootId,
  lives: () => false,
  nextVersion: 2,
};

function snapshotOf(state: QueueState, overrides: Partial<Snapshot> = {}): Snapshot {
  return { ...draftOfQueue(state, 7), shard: 0 as ShardId, version: 1, ...overrides };
}

Deno.test("queueId() is the name itself when ids can have it", () => {
  assert.equal(queueId("mail.eu-1_b:c"), "queue~mail.eu-1_b:c");
});

Deno.test("queueId() is an id for every short name, and never the same for two", () => {
  const names = fc.string({ maxLength: 20, unit: "binary" });
  fc.assert(fc.property(names, names, (one, other) => {
    assert.ok(isActorId(queueId(one)));
    assert.equal(queueId(one) === queueId(other), one === other);
  }));
  assert.notEqual(queueId("=2f="), queueId("/"));
});

Deno.test("queueId() escapes what would move it to another queue's shard", () => {
  assert.equal(queueId("a/b@c"), "queue~a=2f=b=40=c");
  assert.notEqual(shardOf(queueId("a/b"), 4_096), shardOf(queueId("a/c"), 4_096));
});

Deno.test("draftOfQueue() reads back as the settings, and sleeps for ever", () => {
  assert.deepEqual(decodeQueue(snapshotOf(mail)), mail);
  const { wakeAtMs, expireAtMs } = draftOfQueue(mail, 7).index;
  assert.deepEqual([wakeAtMs, expireAtMs], [null, null]);
});

Deno.test("queueBehaviour sets what it is told, and writes nothing when that is so already", () => {
  const set = { kind: "set" as const, paused: false, concurrency: null, ...limits };
  const step = queueBehaviour.receive(mail, set, context);
  assert.deepEqual(step, {
    state: { name: "mail", paused: false, concurrency: null, ...limits },
    reply: { kind: "set" },
    effects: [],
  });
  assert.equal(queueBehaviour.receive(step.state, set, context).state, step.state);
});

Deno.test("queueBehaviour decodes what it encodes", () => {
  const { head, index } = queueBehaviour.encode(mail);
  assert.deepEqual(queueBehaviour.decode(snapshotOf(mail, { head, index })), mail);
});

Deno.test("decodeQueue() refuses what is no queue's settings", () => {
  const broken: Partial<Snapshot>[] = [
    { head: "" },
    { head: "null" },
    { head: "{}" },
    { head: '{"paused":true,"concurrency":"5","rate":null,"perKey":{}}' },
    { head: '{"paused":true,"concurrency":5,"rate":7,"perKey":{"concurrency":1,"rate":null}}' },
    { head: '{"paused":true,"concurrency":5,"rate":null}' },
    { body: '{"name":1}' },
  ];
  for (const part of broken) {
    assert.throws(
      () => decodeQueue(snapshotOf(mail, part)),
      (thrown) => thrown instanceof Fault && thrown.code === "corrupt",
    );
  }
});
