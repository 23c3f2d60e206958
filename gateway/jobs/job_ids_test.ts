import assert from "node:assert/strict";
import fc from "fast-check";
import { scheduleActorId } from "../../actors/schedule/ids.ts";
import { fireId } from "../../actors/schedule/ids.ts";
import { isJobId, whyReserved } from "./job_ids.ts";

Deno.test("whyReserved() leaves users every id that nothing else has", () => {
  for (const id of ["a", "order-7/charge", "a@b", "schedule", "a@schedules", "a@2027-01-01"]) {
    assert.equal(whyReserved(id), null, id);
  }
  for (const id of ["a@2027-01-01T02:00:00", "a@2027-01-01T02:00:00Z/b", "trigger-1", "a@t-1"]) {
    assert.equal(whyReserved(id), null, id);
  }
});

Deno.test("whyReserved() keeps the ids of other actors, and of the jobs that they make", () => {
  const ids = ["a@schedule", "a@b@schedule", "de@calendar", "a@flow", "a@unique", "queue~mail"];
  for (const id of ids) {
    assert.deepEqual([isJobId(id), whyReserved(id) !== null], [false, true], id);
  }
  for (const id of ["a@2027-01-01T02:00:00Z", "a@2027-01-01T02:00:00.001Z", "a@trigger-x"]) {
    assert.deepEqual([isJobId(id), whyReserved(id) !== null], [true, true], id);
  }
});

Deno.test("whyReserved() keeps the id of every fire, trigger and schedule that there can be", () => {
  const id = fc.stringMatching(/^[A-Za-z0-9._:~+=-]{1,150}$/);
  const ms = fc.integer({ min: 0, max: Date.UTC(2999, 0) });
  fc.assert(fc.property(id, ms, (id, ms) => {
    assert.notEqual(whyReserved(fireId(id, ms)), null);
    assert.notEqual(whyReserved(`${fireId(id, ms, "trigger-")}-z`), null);
    assert.notEqual(whyReserved(scheduleActorId(id)), null);
  }));
});
