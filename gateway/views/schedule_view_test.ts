import assert from "node:assert/strict";
import { specOf } from "../../actors/schedule/testing/samples.ts";
import type { ScheduleSpec } from "../../actors/schedule/spec.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { scheduleAnswer } from "../schemas/schedule_answers.ts";
import { FakeScheduleService } from "../testing/fake_schedules.ts";
import { entryView, occurrenceView, scheduleText } from "./schedule_view.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 0, 30);

function textOf(
  spec: Partial<ScheduleSpec> = {},
  changes: Parameters<FakeScheduleService["put"]>[2] = {},
): string {
  const schedules = new FakeScheduleService(new VirtualClock(NOW_MS));
  return scheduleText(schedules.put("nightly", specOf(spec), changes));
}

const view = (...parts: Parameters<typeof textOf>) =>
  scheduleAnswer.parse(JSON.parse(textOf(...parts)));

Deno.test("scheduleText() shows what was asked for in the words of the request, and leaves out what was not (V4)", () => {
  const shown = view({
    rule: { kind: "cron", text: "0 * * * *" },
    endAtMs: Date.UTC(2027, 0, 1),
    jitterMs: 30_000,
    misfire: { policy: "catch-up", windowMs: 3_600_000, max: 5 },
  });
  assert.deepEqual([shown.cron, shown.endAt, shown.jitter, shown.misfire], [
    "0 * * * *",
    "2027-01-01T00:00:00.000Z",
    30_000,
    { policy: "catch-up", window: 3_600_000, max: 5 },
  ]);
  for (const absent of ["every", "rrule", "startAt", "count"]) {
    assert.ok(!(absent in shown), absent);
  }
  assert.equal(view({ rule: { kind: "every", everyMs: 5_000 } }).every, 5_000);
  assert.equal(view({ rule: { kind: "rrule", text: "FREQ=DAILY" } }).rrule, "FREQ=DAILY");
});

Deno.test("scheduleText() shows what became of it", () => {
  const { fired, last, waiting, state, pauseNote, nextAt, version } = view({
    rule: { kind: "cron", text: "0 * * * *" },
  }, {
    fired: 7,
    last: { nominalAtMs: NOW_MS, jobId: "nightly@2026-01-01T00:30:00Z" },
    waiting: [{ nominalAtMs: NOW_MS, dueAtMs: NOW_MS }],
  });
  assert.deepEqual({ fired, last, waiting, state, pauseNote, nextAt, version }, {
    fired: 7,
    last: { nominalAt: "2026-01-01T00:30:00.000Z", jobId: "nightly@2026-01-01T00:30:00Z" },
    waiting: 1,
    state: "active",
    pauseNote: null,
    nextAt: "2026-01-01T01:00:00.000Z",
    version: 1,
  });
  const paused = view({}, { state: "paused", pauseNote: "migration" });
  assert.deepEqual([paused.state, paused.pauseNote, paused.nextAt, paused.last], [
    "paused",
    "migration",
    null,
    null,
  ]);
});

Deno.test("scheduleText() splices the job's payload as it is, and keeps inner marks to itself", () => {
  const payload = '{"__proto__":1,"n":1e400,"s":"\\u00e9 </script>"}';
  const text = textOf({ job: { ...specOf().job, payload } });
  assert.ok(text.includes(`"payload":${payload},"queue"`), text);
  JSON.parse(text);
  assert.doesNotMatch(textOf(), /observer|fingerprint|wakeAtMs|decidedTo/);
});

Deno.test("occurrenceView() tells the wall clock's time without a zone", () => {
  const atMs = Date.UTC(2027, 2, 28, 1);
  const localMs = Date.UTC(2027, 2, 28, 2, 30);
  assert.deepEqual(occurrenceView({ atMs, localMs, note: "dst-gap", fires: true }), {
    at: "2027-03-28T01:00:00.000Z",
    local: "2027-03-28T02:30:00",
    fires: true,
    note: "dst-gap",
  });
  const plain = occurrenceView({ atMs, localMs: localMs + 500, note: null, fires: true });
  assert.deepEqual([plain.local, "note" in plain], ["2027-03-28T02:30:00.500", false]);
});

Deno.test("entryView() tells a line of the ledger", () => {
  const entry = {
    ...{ nominalAtMs: NOW_MS, dueAtMs: NOW_MS + 5, decision: "misfired" as const },
    ...{ jobId: null, node: "a", atMs: NOW_MS + 60_000 },
  };
  assert.deepEqual(entryView({ n: 3, entry }), {
    n: 3,
    nominalAt: "2026-01-01T00:30:00.000Z",
    dueAt: "2026-01-01T00:30:00.005Z",
    decision: "misfired",
    jobId: null,
    node: "a",
    at: "2026-01-01T00:31:00.000Z",
  });
});
