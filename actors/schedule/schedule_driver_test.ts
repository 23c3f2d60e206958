import assert from "node:assert/strict";
import { Fault } from "../../runtime/fault.ts";
import { actorId, type ShardId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { draftOfState } from "../job/codec.ts";
import type { JobStateName } from "../job/messages.ts";
import { jobIn } from "../job/testing/samples.ts";
import { ScheduleDriver } from "./schedule_driver.ts";

function snapshotOf(id: string, state: JobStateName = "pending"): Snapshot {
  return { ...draftOfState(jobIn(state), actorId(id)), shard: 0 as ShardId, version: 1 };
}

function setup(stored: readonly Snapshot[] = []) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const reads: string[][] = [];
  const store = { down: false };
  const driver = new ScheduleDriver({
    clock,
    read: (ids) => {
      reads.push([...ids]);
      if (store.down) {
        return Promise.reject(new Fault("store.load", "unavailable", { message: "down" }));
      }
      return Promise.resolve(ids.map((id) => stored.find((snapshot) => snapshot.id === id)));
    },
    tell: (id, message) =>
      told.push(`${id} ${message.kind} ${message.kind === "looked" && message.over}`),
    tellJob: (id, message) => told.push(`${id} ${message.kind}`),
  });
  const look = (schedule: string, jobIds: readonly string[]) =>
    driver.perform({ kind: "look", jobIds }, snapshotOf(schedule));
  return { clock, told, reads, store, driver, look };
}

Deno.test("a look tells which jobs are over: finished ones, and those that are gone", async () => {
  const { clock, told, reads, look } = setup([
    snapshotOf("n@1", "running"),
    snapshotOf("n@2", "completed"),
    snapshotOf("m@1", "cancelled"),
  ]);
  look("n@schedule", ["n@1", "n@2", "n@3"]);
  look("m@schedule", ["m@1"]);
  await clock.pass(1);
  assert.deepEqual(told, ["n@schedule looked n@2,n@3", "m@schedule looked m@1"]);
  assert.deepEqual(reads, [["n@1", "n@2", "n@3", "m@1"]], "one read (D2)");
});

Deno.test("a look is answered when the store is back (D1)", async () => {
  const { clock, told, store, look } = setup();
  store.down = true;
  look("n@schedule", ["n@1"]);
  await clock.pass(1_000);
  assert.deepEqual(told, []);
  store.down = false;
  await clock.pass(1_000);
  assert.deepEqual(told, ["n@schedule looked n@1"]);
});

Deno.test("a job that cannot be read is over: it would never tell", async () => {
  const { clock, told, look } = setup([{ ...snapshotOf("n@1", "running"), head: "{" }]);
  look("n@schedule", ["n@1"]);
  await clock.pass(1);
  assert.deepEqual(told, ["n@schedule looked n@1"]);
});

Deno.test("a cancel reaches every job", () => {
  const { told, driver } = setup();
  driver.perform({ kind: "cancel", jobIds: ["n@1", "n@2"] }, snapshotOf("n@schedule"));
  assert.deepEqual(told, ["n@1 cancel", "n@2 cancel"]);
});
