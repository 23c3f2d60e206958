import assert from "node:assert/strict";
import { Fault } from "../../runtime/fault.ts";
import { actorId, type ShardId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import { NOW_MS } from "../job/testing/samples.ts";
import { decodeSchedule, DELETED_KEPT_MS, draftOfSchedule, encodeSchedule } from "./codec.ts";
import { fireId, isScheduleId, kindOfObserver, scheduleActorId, scheduleIdOf } from "./ids.ts";
import type { ScheduleState } from "./state.ts";
import { specOf } from "./testing/samples.ts";

function snapshotOf(): Snapshot {
  const draft = draftOfSchedule(specOf(), { id: "nightly", nowMs: NOW_MS });
  return { ...draft, shard: 0 as ShardId, version: 1 };
}

const STATE: ScheduleState = {
  ...decodeSchedule(snapshotOf()),
  state: "paused",
  pauseNote: "why",
  fired: 3,
  last: { nominalAtMs: NOW_MS, jobId: "nightly@1" },
  open: ["nightly@1"],
  waiting: [{ nominalAtMs: NOW_MS, dueAtMs: NOW_MS + 1 }],
};

Deno.test("a schedule is read back as it was written (C3)", () => {
  assert.deepEqual(decodeSchedule({ ...snapshotOf(), ...encodeSchedule(STATE) }), STATE);
});

Deno.test("a new schedule is woken at once, and found by its state and its jobs' name", () => {
  const { index, id } = snapshotOf();
  assert.equal(id, "nightly@schedule");
  assert.equal(index.wakeAtMs, NOW_MS);
  assert.deepEqual(index.labels, ["state=active", "kept=yes", "name=noop"]);
});

Deno.test("a deleted schedule is found by nobody, and goes after a while", () => {
  const { index } = encodeSchedule({ ...STATE, state: "deleted", deletedAtMs: NOW_MS });
  assert.deepEqual(index.labels, ["state=deleted"]);
  assert.equal(index.expireAtMs, NOW_MS + DELETED_KEPT_MS);
});

Deno.test("what is no schedule is a corrupt fault that names the actor", () => {
  assert.throws(
    () => decodeSchedule({ ...snapshotOf(), head: "{" }),
    (thrown) => thrown instanceof Fault && thrown.message.includes("nightly@schedule"),
  );
});

Deno.test("ids: what a schedule may be called, its actor, its fires", () => {
  for (const id of ["nightly", "a.b:c~d+e=f-g", "x".repeat(150)]) assert.ok(isScheduleId(id), id);
  for (const id of ["", "a@b", "a/b", "ä", "x".repeat(151)]) assert.ok(!isScheduleId(id), id);
  assert.equal(scheduleIdOf(scheduleActorId("nightly")), "nightly");
  assert.equal(kindOfObserver(actorId("nightly@schedule")), "schedule");
  assert.equal(fireId("nightly", 0), "nightly@1970-01-01T00:00:00Z");
  assert.equal(fireId("nightly", 5, "trigger-"), "nightly@trigger-1970-01-01T00:00:00.005Z");
});
