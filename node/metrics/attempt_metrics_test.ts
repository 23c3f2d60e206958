import assert from "node:assert/strict";
import type { AttemptOrder, AttemptReports } from "../../actors/executor/port.ts";
import { laneOf } from "../../actors/job/codec.ts";
import { Exposition } from "../../runtime/telemetry/exposition.ts";
import { readExposition, valueOf } from "../../runtime/telemetry/testing/exposition_reader.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { AttemptMetrics } from "./attempt_metrics.ts";
import { JobSeriesBook } from "./job_series.ts";

const NOW_MS = 1_000_000;
const ORDER: AttemptOrder = {
  key: { jobId: "j", attempt: 1, token: "t" },
  name: "send",
  payload: "1",
  timeoutMs: null,
  notBeforeMs: NOW_MS,
  scheduledForMs: NOW_MS,
  fence: 1,
  checkpoint: "null",
  steps: new Map(),
  exclusive: false,
};

function setup() {
  const clock = new VirtualClock(NOW_MS);
  const book = new JobSeriesBook();
  const metrics = new AttemptMetrics({ clock, book, laneOf: () => laneOf("mail") });
  const exposition = new Exposition(metrics.metrics());
  const heard: unknown[] = [];
  const inner: AttemptReports = {
    progress: (...said) => void heard.push(["progress", ...said]),
    log: (...said) => void heard.push(["log", ...said]),
    step: (...said) => Promise.resolve(void heard.push(["step", ...said])),
    checkpoint: (...said) => Promise.resolve(void heard.push(["checkpoint", ...said])),
    ended: (...said) => void heard.push(["ended", ...said]),
  };
  return {
    clock,
    metrics,
    heard,
    reports: metrics.before(inner),
    value: async (name: string, labels: Record<string, string>) =>
      valueOf(readExposition((await exposition.render()).text), name, labels),
  };
}

Deno.test("began() and the end measure how late an attempt was and how long it ran", async () => {
  const { clock, metrics, reports, value } = setup();
  clock.advance(7);
  metrics.began(ORDER);
  clock.advance(200);
  reports.ended(ORDER.key, { kind: "ok", result: "null" });
  const lag = "orrery_job_start_lag_seconds";
  assert.equal(await value(`${lag}_sum`, { queue: "mail" }), 0.007);
  assert.equal(await value(`${lag}_bucket`, { queue: "mail", le: "0.005" }), 0);
  assert.equal(await value(`${lag}_bucket`, { queue: "mail", le: "0.01" }), 1);
  const run = "orrery_job_run_seconds";
  const labels = { queue: "mail", name: "send", outcome: "ok" };
  assert.equal(await value(`${run}_sum`, labels), 0.2);
  assert.equal(await value(`${run}_count`, labels), 1);
});

Deno.test("an attempt that never began is not measured, and its end is passed on", async () => {
  const { reports, heard, value } = setup();
  const outcome = { kind: "unknown-handler" } as const;
  reports.ended(ORDER.key, outcome);
  assert.deepEqual(heard, [["ended", ORDER.key, outcome]]);
  const labels = { queue: "mail", name: "send", outcome: "unknown-handler" };
  assert.ok(Number.isNaN(await value("orrery_job_run_seconds_count", labels)));
});

Deno.test("an end that is told twice is measured once", async () => {
  const { metrics, reports, value } = setup();
  metrics.began(ORDER);
  for (let times = 0; times < 2; times++) reports.ended(ORDER.key, { kind: "cancelled" });
  const labels = { queue: "mail", name: "send", outcome: "cancelled" };
  assert.equal(await value("orrery_job_run_seconds_count", labels), 1);
});

Deno.test("before() passes every other report on", async () => {
  const { reports, heard } = setup();
  const { key } = ORDER;
  reports.progress(key, 5);
  reports.log(key, ["a"]);
  await reports.step(key, "s", "1");
  await reports.checkpoint(key, "2");
  assert.deepEqual(heard, [
    ["progress", key, 5],
    ["log", key, ["a"]],
    ["step", key, "s", "1"],
    ["checkpoint", key, "2"],
  ]);
});
