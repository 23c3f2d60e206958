import assert from "node:assert/strict";
import { actorId } from "../ids.ts";
import { BoundedGate, KindGates } from "./kind_gates.ts";

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
