import assert from "node:assert/strict";
import { draftOfJob } from "../../actors/job/codec.ts";
import { JOB_STATES } from "../../actors/job/messages.ts";
import { contextOf, jobIn, NOW_MS, specOf } from "../../actors/job/testing/samples.ts";
import { draftOfQueue } from "../../actors/queue/behaviour.ts";
import { FakeSystem } from "../testing/fake_system.ts";
import { openQueue, QueueBook } from "./queue_book.ts";
import { recordOf, recordOfState, waitingOf } from "./record.ts";

const { id } = contextOf();
const open = { nowMs: NOW_MS, queues: new QueueBook() };
const paused = {
  nowMs: NOW_MS,
  queues: new QueueBook([{ ...openQueue("default"), paused: true }]),
};
const late = { runAtMs: NOW_MS - 1_001 };

Deno.test("waitingOf() is null for a job that is not due, runs or is finished", () => {
  const due = ["pending"];
  for (const state of JOB_STATES.filter((state) => !due.includes(state))) {
    assert.equal(waitingOf(jobIn(state), paused), null, state);
  }
});

Deno.test("waitingOf() names the handler that nobody has", () => {
  const waiting = waitingOf(jobIn("pending", { waiting: "handler" }), open);
  assert.equal(waiting?.reason, "handler-unknown");
  assert.match(waiting.detail, /"noop"/);
});

Deno.test("waitingOf() a due job of a paused queue says so at once", () => {
  for (const state of ["pending", "scheduled", "retrying"] as const) {
    const waiting = waitingOf(jobIn(state, { runAtMs: NOW_MS }), paused);
    assert.equal(waiting?.reason, "queue-paused", state);
  }
});

Deno.test("waitingOf() speaks of slots only after a second", () => {
  assert.equal(waitingOf(jobIn("pending", { runAtMs: NOW_MS - 1_000 }), open), null);
  assert.equal(waitingOf(jobIn("pending", late), open)?.reason, "no-free-slot");
});

Deno.test("waitingOf() names the queue's limit where it has one", () => {
  const queues = new QueueBook([{ ...openQueue("default"), concurrency: 5 }]);
  const waiting = waitingOf(jobIn("pending", late), { nowMs: NOW_MS, queues });
  assert.equal(waiting?.reason, "concurrency-limit");
  assert.match(waiting?.detail ?? "", /at most 5 at once/);
});

Deno.test("waitingOf() says what jobs of its key were refused for, where that is known", () => {
  const rate = { limit: 5, perMs: 1_000 };
  const queues = new QueueBook([{ ...openQueue("default"), concurrency: 5, rate }]);
  const spec = specOf({ concurrencyKey: "k" });
  const asked: string[] = [];
  const reason = (why: "rate" | "concurrency" | null) =>
    waitingOf(jobIn("pending", { ...late, spec }), {
      nowMs: NOW_MS,
      queues,
      refusalOf: (lane) => (asked.push(lane), why),
    })?.reason;
  assert.deepEqual(
    [reason("rate"), reason("concurrency"), reason(null)],
    ["rate-limit", "concurrency-limit", "concurrency-limit"],
  );
  assert.equal(asked[0], "job/default/k");
});

Deno.test("recordOf() reads a job's snapshot, and no other kind's", () => {
  const system = new FakeSystem(NOW_MS);
  const snapshot = system.plant(draftOfJob(specOf(), { id, nowMs: NOW_MS }));
  const record = recordOf(snapshot, open);
  assert.deepEqual(
    [record?.id, record?.version, record?.shard, record?.job.state, record?.waiting],
    [id, 1, snapshot.shard, "pending", null],
  );
  const queue = system.plant(draftOfQueue({ ...openQueue("mail"), paused: true }, 0));
  assert.equal(recordOf(queue, open), undefined);
});

Deno.test("recordOfState() shows a service level that was missed since the last transition", () => {
  const spec = specOf({ sla: { startWithinMs: 5, finishWithinMs: null }, runAtMs: NOW_MS - 6 });
  const place = { id, version: 1, shard: 3 as never };
  const { job } = recordOfState(jobIn("pending", { spec }), place, open);
  assert.deepEqual(job.breached, ["start"]);
});
