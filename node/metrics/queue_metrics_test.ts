import assert from "node:assert/strict";
import { draftOfState, newJob } from "../../actors/job/codec.ts";
import type { JobStateName } from "../../actors/job/messages.ts";
import { jobIn, NOW_MS, specOf } from "../../actors/job/testing/samples.ts";
import { actorId, type ShardId } from "../../runtime/ids.ts";
import { MemoryStore } from "../../runtime/store/memory.ts";
import { Exposition } from "../../runtime/telemetry/exposition.ts";
import { readExposition, valueOf } from "../../runtime/telemetry/testing/exposition_reader.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { JobSeriesBook } from "./job_series.ts";
import { OLDEST_LOOK_MAX, OTHER, QUEUES_SHOWN_MAX, READING_EVERY_MS } from "./limits.ts";
import { QueueMetrics } from "./queue_metrics.ts";

const SHARD = 0 as ShardId;

function setup(configured: readonly string[] = ["default"]) {
  const clock = new VirtualClock(NOW_MS);
  const memory = new MemoryStore(clock, { shards: 1 });
  const calls = { tallies: 0, dueInLane: 0 };
  const faults = { away: false, hangs: false };
  const metrics = new QueueMetrics({
    clock,
    store: {
      tallies: (kind) => {
        calls.tallies++;
        if (faults.hangs) return new Promise(() => {});
        return faults.away ? Promise.reject(new Error("away")) : memory.tallies(kind);
      },
      dueBetween: (query) => memory.dueBetween(query),
      dueInLane: (query) => {
        calls.dueInLane++;
        return memory.dueInLane(query);
      },
    },
    book: new JobSeriesBook(configured),
    isPaused: (name) => name === "paused",
  });
  const exposition = new Exposition(metrics.metrics());
  let made = 0;
  return {
    ...{ clock, calls, faults },
    put: async (
      queue: string,
      job: { state?: JobStateName; runAtMs?: number; priority?: number },
    ) => {
      const { state = "pending", runAtMs = NOW_MS, priority = 0 } = job;
      const spec = specOf({ queue, runAtMs, priority });
      const whole = { ...newJob(spec, NOW_MS), ...jobIn(state, { spec }), runAtMs };
      const draft = { ...draftOfState(whole, actorId(`j${made++}`)), shard: SHARD };
      await memory.apply([{ kind: "insert", draft }]);
    },
    read: async () => readExposition((await exposition.render()).text),
    render: () => exposition.render(),
  };
}

Deno.test("orrery_jobs counts the store's jobs by queue and state, zeros too", async () => {
  const { put, read } = setup();
  await put("mail", { state: "completed" });
  await put("mail", { state: "completed" });
  await put("mail", { state: "pending" });
  const metrics = await read();
  assert.equal(valueOf(metrics, "orrery_jobs", { queue: "mail", state: "completed" }), 2);
  assert.equal(valueOf(metrics, "orrery_jobs", { queue: "mail", state: "failed" }), 0);
  assert.equal(valueOf(metrics, "orrery_jobs", { queue: "default", state: "pending" }), 0);
  assert.equal(valueOf(metrics, "orrery_queue_depth", { queue: "mail" }), 1);
  assert.equal(metrics.get("orrery_jobs")?.samples.length, 14);
});

Deno.test("more queues than are shown are counted together: the sum is right", async () => {
  const { put, read } = setup();
  const queues = QUEUES_SHOWN_MAX + 20;
  for (let at = 0; at < queues; at++) await put(`queue-${at}`, {});
  const samples = (await read()).get("orrery_jobs")?.samples ?? [];
  assert.equal(samples.reduce((sum, { value }) => sum + value, 0), queues);
  assert.equal(new Set(samples.map(({ labels }) => labels.queue)).size, QUEUES_SHOWN_MAX + 1);
  assert.ok(samples.some(({ labels, value }) => labels.queue === OTHER && value === 21));
});

Deno.test("the age of the oldest is that of the job due for longest, and 0 where none is", async () => {
  const { put, read } = setup();
  await put("mail", { runAtMs: NOW_MS - 5_000, priority: 0 });
  await put("mail", { runAtMs: NOW_MS - 2_000, priority: 9 });
  await put("sms", { runAtMs: NOW_MS + 60_000, state: "scheduled" });
  await put("sms", { runAtMs: NOW_MS - 90_000, state: "completed" });
  const metrics = await read();
  const age = (queue: string) => valueOf(metrics, "orrery_queue_oldest_age_seconds", { queue });
  assert.deepEqual([age("mail"), age("sms"), age("default")], [5, 0, 0]);
});

Deno.test("a queue far behind others is asked for by itself", async () => {
  const { put, read, calls } = setup();
  for (let at = 0; at < OLDEST_LOOK_MAX + 1; at++) {
    await put("paused", { runAtMs: NOW_MS - 100_000 });
  }
  await put("mail", { runAtMs: NOW_MS - 3_000 });
  const metrics = await read();
  const age = (queue: string) => valueOf(metrics, "orrery_queue_oldest_age_seconds", { queue });
  assert.deepEqual([age("paused"), age("mail")], [100, 3]);
  assert.equal(calls.dueInLane, 1);
  assert.equal(valueOf(metrics, "orrery_queue_paused", { queue: "paused" }), 1);
  assert.equal(valueOf(metrics, "orrery_queue_paused", { queue: "mail" }), 0);
});

Deno.test("the store is read once for all who ask within a second (QM1)", async () => {
  const { read, put, calls, clock } = setup();
  await Promise.all([read(), read()]);
  await put("default", {});
  await read();
  assert.equal(calls.tallies, 1);
  clock.advance(READING_EVERY_MS);
  const metrics = await read();
  assert.equal(calls.tallies, 2);
  assert.equal(valueOf(metrics, "orrery_queue_depth", { queue: "default" }), 1);
});

Deno.test("what could not be read is absent, and comes again (QM2)", async () => {
  const { read, faults, clock } = setup();
  faults.away = true;
  const away = await read();
  assert.deepEqual(away.get("orrery_jobs")?.samples, []);
  assert.equal(valueOf(away, "orrery_queue_paused", { queue: "default" }), 0);
  faults.away = false;
  clock.advance(READING_EVERY_MS);
  assert.equal((await read()).get("orrery_jobs")?.samples.length, 7);
});

Deno.test("a store that does not answer holds a scrape up for a while only (QM2)", async () => {
  const { render, faults, clock } = setup();
  await render();
  clock.advance(READING_EVERY_MS);
  faults.hangs = true;
  const rendering = render();
  await clock.pass(10_000);
  assert.deepEqual(readExposition((await rendering).text).get("orrery_jobs")?.samples, []);
});
