import assert from "node:assert/strict";
import { Fault } from "../../runtime/fault.ts";
import type { ShardId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import { decodeJob, draftOfJob } from "../job/codec.ts";
import { contextOf, jobIn, NOW_MS, specOf } from "../job/testing/samples.ts";
import { draftOfState } from "../job/codec.ts";
import { actorId } from "../../runtime/ids.ts";
import type { Holder } from "./gate.ts";
import {
  decodeGatekeeper,
  draftOfGatekeeper,
  GATE_LOOK_EVERY_MS,
  gatekeeperBehaviour,
  gatekeeperId,
  type GatekeeperMessage,
  type GatekeeperState,
} from "./gatekeeper.ts";
import { lookingFor } from "./gatekeeper_driver.ts";

const ID = gatekeeperId("hash");
const FREE: GatekeeperState = { holder: null, lookAtMs: null, forgottenAtMs: null };
const holderOf = (jobId: string, keptToMs = NOW_MS): Holder => ({
  ...{ jobId, dueAtMs: NOW_MS, untilMs: null, keptToMs },
});

function receive(state: GatekeeperState, message: GatekeeperMessage, nowMs = NOW_MS) {
  return gatekeeperBehaviour.receive(state, message, contextOf({ id: ID, nowMs }));
}

function admit(state: GatekeeperState, instead: string | null, jobId = "hash@1") {
  return receive(state, { kind: "admit", instead, holder: holderOf(jobId), spec: specOf() });
}

function snapshotOf(overrides: Partial<Snapshot> = {}): Snapshot {
  return { ...draftOfGatekeeper(ID, NOW_MS), shard: 0 as ShardId, version: 1, ...overrides };
}

Deno.test("admit makes the job and its holding one commit (Q5)", () => {
  const { state, reply, carries } = admit(FREE, null);
  assert.deepEqual(state.holder, holderOf("hash@1"));
  assert.deepEqual(reply, { kind: "admitted", atMs: NOW_MS });
  const [draft, ...more] = carries?.inserts ?? [];
  assert.ok(draft !== undefined && more.length === 0);
  assert.deepEqual(draft, draftOfJob(specOf(), { id: actorId("hash@1"), nowMs: NOW_MS }));
  const stored = { ...draft, shard: 0 as ShardId, version: 1 };
  assert.deepEqual(decodeJob(stored).spec, specOf());
});

Deno.test("admit needs the holder that its asker has seen (Q4)", () => {
  const held = admit(FREE, null).state;
  for (const instead of [null, "hash@0"]) {
    const { state, reply, carries } = admit(held, instead, "hash@2");
    assert.deepEqual([state, reply, carries], [held, { kind: "outrun" }, undefined]);
  }
  assert.equal(admit(held, "hash@1", "hash@2").state.holder?.jobId, "hash@2");
  assert.deepEqual(admit(FREE, "hash@1").reply, { kind: "outrun" });
});

Deno.test("a gatekeeper looks at its job when the key could be free, and again until it is over", () => {
  const held = receive(FREE, {
    kind: "admit",
    instead: null,
    holder: holderOf("hash@1", NOW_MS + 5_000),
    spec: specOf(),
  }).state;
  const lookAtMs = NOW_MS + 5_000 + GATE_LOOK_EVERY_MS;
  assert.equal(held.lookAtMs, lookAtMs);
  const woken = receive(held, { kind: "wake" }, lookAtMs);
  assert.deepEqual(woken.effects, [{ kind: "look", jobId: "hash@1" }]);
  assert.equal(woken.state.lookAtMs, lookAtMs + GATE_LOOK_EVERY_MS);
  const looked = (over: boolean, jobId = "hash@1") =>
    receive(woken.state, { kind: "looked", jobId, over }, lookAtMs).state;
  assert.equal(looked(false), woken.state);
  assert.equal(looked(true, "hash@0"), woken.state, "another one holds the key since");
  const forgotten = looked(true);
  const { index } = gatekeeperBehaviour.encode(forgotten);
  assert.deepEqual([index.wakeAtMs, index.expireAtMs], [null, lookAtMs]);
  assert.equal(receive(forgotten, { kind: "wake" }, lookAtMs).state, forgotten);
});

Deno.test("a gatekeeper that is about to be swept still admits, and then is kept", () => {
  const forgotten = { holder: holderOf("hash@1"), lookAtMs: null, forgottenAtMs: NOW_MS };
  const { state } = admit(forgotten, "hash@1", "hash@2");
  assert.equal(state.forgottenAtMs, null);
  assert.equal(gatekeeperBehaviour.encode(state).index.expireAtMs, null);
});

Deno.test("a key that nobody got to hold is forgotten by itself", () => {
  const { expireAtMs, wakeAtMs } = draftOfGatekeeper(ID, NOW_MS).index;
  assert.deepEqual([expireAtMs, wakeAtMs], [NOW_MS + GATE_LOOK_EVERY_MS, null]);
});

Deno.test("a gatekeeper reads back as it was stored; what is none is corrupt", () => {
  const { state } = admit(FREE, null);
  const { head, index } = gatekeeperBehaviour.encode(state);
  assert.deepEqual(decodeGatekeeper(snapshotOf({ head, index })), state);
  assert.throws(
    () => decodeGatekeeper(snapshotOf({ head: "" })),
    (thrown) => thrown instanceof Fault && thrown.code === "corrupt",
  );
});

Deno.test("lookingFor() tells whether the job is over, and nothing when the store does not answer", async () => {
  const jobs = new Map<string, Snapshot>();
  const plant = (id: string, state: "running" | "completed") => {
    const draft = draftOfState(jobIn(state), actorId(id));
    jobs.set(id, { ...draft, shard: 0 as ShardId, version: 1 });
  };
  plant("hash@1", "running");
  plant("hash@2", "completed");
  const told: string[] = [];
  const perform = lookingFor({
    read: (id) =>
      id === "hash@9" ? Promise.reject(new Error("away")) : Promise.resolve(jobs.get(id)),
    tell: (_, message) =>
      message.kind === "looked" && told.push(`${message.jobId} ${message.over}`),
  });
  for (const n of [1, 2, 3, 9]) perform({ kind: "look", jobId: `hash@${n}` }, snapshotOf());
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(told, ["hash@1 false", "hash@2 true", "hash@3 true"]);
});
