import assert from "node:assert/strict";
import { actorId } from "../ids.ts";
import type { DueEntry } from "../snapshot.ts";
import { BoundedGate, KindGates, WorkGate } from "./kind_gates.ts";

const entryIn = (lane: string) => ({ id: actorId("a"), wakeAtMs: 0, lane, rank: 0 });

Deno.test("each kind has room of its own, and gets it back when a wake-up ended", () => {
  const gates = new KindGates({ job: new BoundedGate(1), schedule: new BoundedGate(2) });
  const job = entryIn("job/default");
  const schedule = entryIn("schedule/due");
  assert.deepEqual([gates.reserve(job), gates.reserve(job)], ["held", "no-line"]);
  assert.deepEqual([1, 2, 3].map(() => gates.reserve(schedule)), ["held", "held", "no-line"]);
  gates.settled(schedule);
  assert.deepEqual([gates.reserve(schedule), gates.reserve(job)], ["held", "no-line"]);
});

Deno.test("a kind without a gate is woken as it comes", () => {
  const gates = new KindGates({});
  assert.equal(gates.reserve(entryIn("counter/a")), "held");
  gates.settled(entryIn("counter/a"));
});

Deno.test("WorkGate: who is at work takes room and is not woken again until the work has ended", () => {
  let freed = 0;
  const gate = new WorkGate(2, () => freed++);
  const [one, two, three] = ["one", "two", "three"].map((id) => ({
    ...entryIn("event/due"),
    id: actorId(id),
  })) as [DueEntry, DueEntry, DueEntry];
  assert.equal(gate.reserve(one), "held");
  assert.deepEqual([gate.begin(one.id), gate.begin(one.id)], [true, false]);
  gate.settled();
  assert.deepEqual([gate.reserve(one), gate.reserve(two), gate.reserve(three)], [
    "no-line",
    "held",
    "no-line",
  ]);
  gate.settled();
  assert.equal(freed, 0);
  gate.end(one.id);
  gate.end(one.id);
  assert.equal(freed, 1);
  assert.deepEqual([gate.reserve(one), gate.reserve(three)], ["held", "held"]);
});
