import assert from "node:assert/strict";
import { RETRY_DEFAULT } from "../../actors/job/spec.ts";
import { SCHEDULE_DEFAULTS } from "../../actors/schedule/spec.ts";
import { scheduleRequestSchema, scheduleSpec } from "./schedule_request.ts";
import { check } from "./validate.ts";

const DEFAULTS = { retention: { completedMs: 1, failedMs: 2 }, retryOf: () => undefined };

function spec(fields: Record<string, unknown>) {
  const checked = check(scheduleRequestSchema, { job: { name: "mail" }, ...fields });
  if (!checked.ok) assert.fail(JSON.stringify(checked.errors));
  const { id: _, job, ...timing } = checked.value;
  const made = scheduleSpec({ timing, job }, DEFAULTS);
  if (!made.ok) assert.fail(JSON.stringify(made.errors));
  return made.spec;
}

function paths(fields: Record<string, unknown>): string[] {
  const checked = check(scheduleRequestSchema, {
    cron: "@daily",
    job: { name: "mail" },
    ...fields,
  });
  return checked.ok ? [] : checked.errors.map(({ path }) => path).sort();
}

Deno.test("scheduleSpec() takes every field in its own terms", () => {
  const made = spec({
    id: "nightly",
    cron: "0 2 * * *",
    timezone: "Europe/Berlin",
    startAt: "2027-01-01T01:00:00+01:00",
    endAt: "2028-01-01T00:00:00Z",
    count: 100,
    jitter: "30s",
    overlap: "cancel-previous",
    misfire: { policy: "catch-up", window: "1h", max: 5 },
    dst: { gap: "skip", overlap: "both" },
    exclude: { dates: ["2027-12-25"], calendars: ["de-holidays"] },
    job: { name: "mail", payload: { to: "x" }, queue: "bulk", retry: { attempts: 5 } },
  });
  assert.deepEqual(made, {
    rule: { kind: "cron", text: "0 2 * * *" },
    timezone: "Europe/Berlin",
    startAtMs: Date.UTC(2027, 0, 1),
    endAtMs: Date.UTC(2028, 0, 1),
    count: 100,
    jitterMs: 30_000,
    overlap: "cancel-previous",
    misfire: { policy: "catch-up", windowMs: 3_600_000, max: 5 },
    dst: { gap: "skip", overlap: "both" },
    exclude: { dates: ["2027-12-25"], calendars: ["de-holidays"] },
    job: {
      name: "mail",
      payload: '{"to":"x"}',
      queue: "bulk",
      priority: 0,
      retry: { ...RETRY_DEFAULT, attempts: 5 },
      timeoutMs: null,
      sla: { startWithinMs: null, finishWithinMs: null },
      delivery: "at-least-once",
      tags: [],
      retention: { completedMs: 1, failedMs: 2 },
      concurrencyKey: null,
    },
  });
});

Deno.test("scheduleSpec() fills in the defaults", () => {
  const { rule, job: _, ...timing } = spec({ every: "15m" });
  assert.deepEqual(rule, { kind: "every", everyMs: 900_000 });
  assert.deepEqual(timing, SCHEDULE_DEFAULTS);
  const rrule = "FREQ=MONTHLY;BYDAY=-1FR";
  assert.deepEqual(spec({ rrule }).rule, { kind: "rrule", text: rrule });
});

Deno.test("scheduleSpec() keeps what a handler brings, and the bounds of a policy that is given in part", () => {
  assert.deepEqual(spec({ every: 1_000, misfire: { max: 3 } }).misfire, {
    ...SCHEDULE_DEFAULTS.misfire,
    max: 3,
  });
  assert.deepEqual(spec({ every: 1_000, dst: { gap: "skip" } }).dst, {
    gap: "skip",
    overlap: "first",
  });
});

Deno.test("a schedule has exactly one rule", () => {
  const rules = { cron: "@daily", every: "1h", rrule: "FREQ=DAILY" };
  const errors = (fields: Record<string, unknown>) => {
    const checked = check(scheduleRequestSchema, { job: { name: "mail" }, ...fields });
    return checked.ok ? [] : checked.errors;
  };
  assert.deepEqual(errors({}), [{ path: "", message: "give one of cron, every and rrule" }]);
  const twice = [{ path: "every", message: "cron and every exclude each other" }];
  assert.deepEqual(errors({ cron: rules.cron, every: rules.every }), twice);
  assert.deepEqual(errors(rules), twice);
});

Deno.test("check() tells every problem of a schedule at once, each with its path", () => {
  assert.deepEqual(
    paths({
      id: "a b",
      zone: "UTC",
      jitter: "soon",
      misfire: { policy: "never", windows: "1h" },
      dst: { overlap: "middle" },
      exclude: { dates: ["2027-02-29"] },
      job: { name: "-", runAt: "2027-01-01T00:00:00Z", tags: ["a b"] },
    }),
    [
      ...["dst.overlap", "exclude.dates[0]", "id", "jitter", "job.name", "job.runAt"],
      ...["job.tags[0]", "misfire.policy", "misfire.windows", "zone"],
    ],
  );
});

Deno.test("a schedule's fields have bounds", () => {
  const cases: [string, Record<string, unknown>][] = [
    ["cron", { cron: "" }],
    ["cron", { cron: "*".repeat(1_001) }],
    ["timezone", { timezone: "x".repeat(101) }],
    ["count", { count: 0 }],
    ["count", { count: 1.5 }],
    ["jitter", { jitter: "2d" }],
    ["misfire.window", { misfire: { window: 0 } }],
    ["misfire.max", { misfire: { max: 1_001 } }],
    ["misfire", { misfire: "skip" }],
    ["exclude.dates", { exclude: { dates: Array(1_001).fill("2027-01-01") } }],
    ["exclude.dates[0]", { exclude: { dates: ["27-1-1"] } }],
    ["exclude.calendars", { exclude: { calendars: Array(21).fill("c") } }],
    ["exclude.calendars[0]", { exclude: { calendars: ["../etc"] } }],
    ["endAt", { startAt: "2027-01-02T00:00:00Z", endAt: "2027-01-01T00:00:00Z" }],
    ["overlap", { overlap: "queue" }],
    ["id", { id: ".." }],
    ["id", { id: "a@b" }],
    ["id", { id: "a/b" }],
    ["id", { id: "a".repeat(151) }],
    ["job", { job: undefined }],
    ["job.id", { job: { name: "mail", id: "x" } }],
    ["job.delay", { job: { name: "mail", delay: "1s" } }],
    ["job.schedule", { job: { name: "mail", schedule: { every: "1h" } } }],
  ];
  for (const [path, fields] of cases) assert.deepEqual(paths(fields), [path]);
  assert.deepEqual(paths({ cron: undefined, every: 999 }), ["every"]);
});
