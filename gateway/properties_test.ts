/** Properties of the gateway's pure parts, over random input. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { LineSplitter } from "./submit/line_splitter.ts";
import { openCursor, sealCursor } from "./routes/cursor.ts";
import { parseInstant } from "./schemas/instant.ts";
import { canonicalJson, exceedsBytes, isDeeper, jsonDepth } from "./schemas/json_text.ts";
import { jobRequestSchema, jobSpec } from "./schemas/job_request.ts";
import { scheduleRequestSchema, scheduleSpec } from "./schemas/schedule_request.ts";
import { check } from "./schemas/validate.ts";
import { FakeScheduleService } from "./testing/fake_schedules.ts";
import { VirtualClock } from "../runtime/testing/virtual_clock.ts";
import { scheduleText } from "./views/schedule_view.ts";

const RUNS = { numRuns: 200 };

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

Deno.test("jsonDepth() and isDeeper() agree with the value's real depth", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat({ max: 8 }), (value, max) => {
      const depth = depthOf(value);
      assert.equal(jsonDepth(JSON.stringify(value)), depth);
      assert.equal(jsonDepth(JSON.stringify(value, null, 2)), depth);
      assert.equal(isDeeper(value, max), depth > max);
    }),
    RUNS,
  );
});

Deno.test("canonicalJson() keeps the value and forgets the order of its keys", () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).reverse().map(([k, v]) => [k, reversed(v)]));
  };
  fc.assert(
    fc.property(fc.jsonValue(), (made) => {
      // Through JSON once: it knows no negative zero.
      const value: unknown = JSON.parse(JSON.stringify(made));
      const text = canonicalJson(value);
      assert.deepEqual(JSON.parse(text), value);
      assert.equal(canonicalJson(reversed(value)), text);
    }),
    RUNS,
  );
});

Deno.test("exceedsBytes() agrees with the encoder", () => {
  const unit = fc.constantFrom("a", "é", "€", "😀");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 50 }), fc.nat({ max: 150 }), (text, max) => {
      assert.equal(exceedsBytes(text, max), new TextEncoder().encode(text).length > max);
    }),
    RUNS,
  );
});

Deno.test("LineSplitter gives the same lines however the bytes are cut", () => {
  const line = fc.string({ maxLength: 30 }).map((text) => text.replaceAll("\n", ""));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat({ max: 20 })), (lines, cuts) => {
      const bytes = new TextEncoder().encode(lines.join("\n"));
      const splitter = new LineSplitter(25);
      const got: (string | null)[] = [];
      const take = (found: Iterable<{ kind: string; bytes?: Uint8Array }>): void => {
        for (const { bytes } of found) got.push(bytes ? new TextDecoder().decode(bytes) : null);
      };
      let at = 0;
      for (const cut of cuts) take(splitter.push(bytes.subarray(at, at += cut)));
      take(splitter.push(bytes.subarray(at)));
      take(splitter.end());
      const wanted = lines
        .filter((text) => /[^ \t\r]/.test(text) || text.length > 25)
        .map((text) => new TextEncoder().encode(text).length > 25 ? null : text);
      assert.deepEqual(got, wanted);
    }),
    RUNS,
  );
});

Deno.test("parseInstant() reads back every moment that it accepts", () => {
  const range = { min: new Date(0), max: new Date(Date.UTC(2199, 11, 31)), noInvalidDate: true };
  fc.assert(
    fc.property(fc.date(range), fc.integer({ min: -1_080, max: 1_080 }), (date, offset) => {
      assert.equal(parseInstant(date.toISOString()), date.getTime());
      const local = new Date(date.getTime() + offset * 60_000);
      if (local.getTime() < 0) return;
      const two = (value: number): string => String(value).padStart(2, "0");
      const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
      const zone = `${offset < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
      const text = local.toISOString().replace("Z", zone);
      assert.equal(parseInstant(text), date.getTime(), text);
    }),
    RUNS,
  );
});

Deno.test("openCursor() opens what was sealed, under its own terms only", () => {
  const text = fc.string({ minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(text, text, text, (cursor, terms, others) => {
      const sealed = sealCursor(cursor, terms);
      assert.equal(openCursor(sealed, terms), cursor);
      if (others !== terms) assert.equal(openCursor(sealed, others), undefined);
    }),
    RUNS,
  );
});

Deno.test("no JSON makes validation throw, and what passes makes a storable spec", () => {
  const context = {
    nowMs: 0,
    retention: { completedMs: 1, failedMs: 1 },
    traceId: null,
    retryOf: () => undefined,
    fingerprint: null,
  };
  const fields = Object.keys(jobRequestSchema.shape);
  const request = fc.dictionary(fc.constantFrom(...fields, "__proto__", "x"), fc.jsonValue());
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), request), fc.boolean(), (value, named) => {
      const sent = named && typeof value === "object" ? { ...value, name: "mail" } : value;
      const checked = check(jobRequestSchema, sent);
      if (!checked.ok) {
        assert.ok(checked.errors.length > 0);
        return;
      }
      const made = jobSpec(checked.value, context);
      assert.ok(made.ok && JSON.stringify(JSON.parse(made.spec.payload)) === made.spec.payload);
    }),
    RUNS,
  );
});

const JOB_DEFAULTS = {
  retention: { completedMs: 1, failedMs: 1 },
  retryOf: () => undefined,
};

function readSchedule(value: unknown) {
  const checked = check(scheduleRequestSchema, value);
  if (!checked.ok) return checked;
  const { id: _, job, ...timing } = checked.value;
  const made = scheduleSpec({ timing, job }, JOB_DEFAULTS);
  assert.ok(made.ok);
  return made;
}

Deno.test("no JSON makes the validation of a schedule throw", () => {
  const fields = [...Object.keys(scheduleRequestSchema.shape), "__proto__", "x"];
  const request = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue());
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), request), fc.boolean(), (value, sound) => {
      const whole = { every: "1h", job: { name: "mail" } };
      const read = readSchedule(
        sound && typeof value === "object" ? { ...value, ...whole } : value,
      );
      if (!read.ok) assert.ok(read.errors.length > 0);
    }),
    RUNS,
  );
});

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const millis = fc.integer({ min: 1, max: 1_000_000_000 });
const instants = fc.integer({ min: 0, max: Date.UTC(2199, 0) }).map((ms) =>
  new Date(ms).toISOString()
);
const scheduleRequests = fc.record({
  rule: fc.oneof(
    fc.string({ minLength: 1, maxLength: 50 }).map((cron) => ({ cron })),
    fc.string({ minLength: 1, maxLength: 50 }).map((rrule) => ({ rrule })),
    fc.integer({ min: 1_000, max: 1_000_000 }).map((every) => ({ every })),
  ),
  fields: fc.record({
    timezone: fc.constantFrom("UTC", "Europe/Berlin"),
    startAt: instants,
    count: millis,
    jitter: fc.integer({ min: 0, max: 86_400_000 }),
    overlap: fc.constantFrom("skip", "queue-one", "queue-all", "allow", "cancel-previous"),
    misfire: fc.record({
      policy: optional(fc.constantFrom("fire-once", "skip", "catch-up")),
      window: optional(millis),
      max: optional(fc.integer({ min: 1, max: 1_000 })),
    }),
    dst: fc.record({
      gap: optional(fc.constantFrom("run-after", "skip")),
      overlap: optional(fc.constantFrom("first", "last", "both")),
    }),
    exclude: fc.record({
      dates: optional(fc.uniqueArray(fc.constantFrom("2027-12-25", "2028-02-29"))),
    }),
  }, { requiredKeys: [] }),
  job: fc.record({
    payload: fc.jsonValue(),
    priority: fc.integer({ min: 0, max: 9 }),
    retry: fc.record({
      attempts: optional(fc.integer({ min: 1, max: 100 })),
      base: optional(millis),
    }),
    timeout: fc.integer({ min: 1, max: 86_400_000 }),
    sla: fc.record({ startWithin: optional(millis), finishWithin: optional(millis) }),
    tags: fc.array(fc.constantFrom("eu", "us"), { maxLength: 3 }),
    concurrencyKey: fc.constantFrom("a", "b"),
  }, { requiredKeys: [] }),
});

Deno.test("what is shown of a schedule's request makes the same spec again (V4)", () => {
  fc.assert(
    fc.property(scheduleRequests, ({ rule, fields, job }) => {
      const sent = { ...rule, ...fields, job: { name: "mail", ...job } };
      const first = readSchedule(JSON.parse(JSON.stringify(sent)));
      assert.ok(first.ok, JSON.stringify(!first.ok && first.errors));
      const record = new FakeScheduleService(new VirtualClock(0)).put("nightly", first.spec);
      const shown = Object.entries(JSON.parse(scheduleText(record)));
      const asked = shown.filter(([field]) => field in scheduleRequestSchema.shape);
      const second = readSchedule(Object.fromEntries(asked));
      assert.ok(second.ok, JSON.stringify(!second.ok && second.errors));
      assert.deepEqual(second.spec, first.spec);
    }),
    RUNS,
  );
});
