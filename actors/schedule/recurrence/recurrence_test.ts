import assert from "node:assert/strict";
import fc from "fast-check";
import { type DstPolicy, SCHEDULE_DEFAULTS, type ScheduleRule } from "../spec.ts";
import { InvalidRuleError, type Occurrence, type Recurrence } from "./occurrence.ts";
import { type RecurrenceContext, recurrenceOf, type RecurrenceSpec } from "./recurrence.ts";
import { ZONES } from "./testing/clock_changes.ts";
import { timeZone } from "./zone.ts";
import { zonedRecurrence } from "./zoned.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function setup(
  spec: Partial<RecurrenceSpec> & Pick<RecurrenceSpec, "rule">,
  context: Partial<RecurrenceContext> = {},
): Recurrence {
  return recurrenceOf({ ...SCHEDULE_DEFAULTS, ...spec }, {
    anchorMs: 0,
    excluded: () => false,
    ...context,
  });
}

function cron(text: string): ScheduleRule {
  return { kind: "cron", text };
}

function every(everyMs: number): ScheduleRule {
  return { kind: "every", everyMs };
}

/** The zone `timezone`, with the policy `gap/overlap`. */
function inZone(
  timezone: string,
  gap: DstPolicy["gap"] = "run-after",
  overlap: DstPolicy["overlap"] = "first",
) {
  return { timezone, dst: { gap, overlap } };
}

/** Up to `count` occurrences after `from`. */
function listOf(recurrence: Recurrence, from: number, count: number): Occurrence[] {
  const list: Occurrence[] = [];
  for (let next = recurrence.after(from); next !== null; next = recurrence.after(next.atMs)) {
    list.push(next);
    if (list.length === count) break;
  }
  return list;
}

const minutesOf = (ms: number) => new Date(ms).toISOString().replace(":00.000Z", "");

/** Occurrences as `instant local note`, with `-` before those that don't fire. */
function describe(recurrence: Recurrence, from: string, count: number): string[] {
  return listOf(recurrence, Date.parse(`${from}Z`), count).map(({ atMs, localMs, note, fires }) =>
    [fires ? "" : "-", minutesOf(atMs), "Z ", minutesOf(localMs), note === null ? "" : ` ${note}`]
      .join("")
  );
}

Deno.test("after() fires at the end of a gap for a local time in it", () => {
  const recurrence = setup({ ...inZone("Europe/Berlin"), rule: cron("30 2 * * *") });
  assert.deepEqual(describe(recurrence, "2027-03-27T00:00", 3), [
    "2027-03-27T01:30Z 2027-03-27T02:30",
    "2027-03-28T01:00Z 2027-03-28T02:30 dst-gap",
    "2027-03-29T00:30Z 2027-03-29T02:30",
  ]);
});

Deno.test("after() makes one occurrence of several local times in a gap, by the name of the first", () => {
  const recurrence = setup({ ...inZone("Europe/Berlin"), rule: cron("5,25,45 2 * * *") });
  assert.deepEqual(describe(recurrence, "2027-03-28T00:00", 2), [
    "2027-03-28T01:00Z 2027-03-28T02:05 dst-gap",
    "2027-03-29T00:05Z 2027-03-29T02:05",
  ]);
});

Deno.test("after() adds nothing where the rule names the end of the gap anyhow", () => {
  for (const gap of ["run-after", "skip"] as const) {
    const recurrence = setup({ ...inZone("Europe/Berlin", gap), rule: cron("*/30 * * * *") });
    assert.deepEqual(describe(recurrence, "2027-03-28T00:00", 3), [
      "2027-03-28T00:30Z 2027-03-28T01:30",
      "2027-03-28T01:00Z 2027-03-28T03:00",
      "2027-03-28T01:30Z 2027-03-28T03:30",
    ]);
  }
});

Deno.test("after() shows a gap that is skipped, and fires nothing in it", () => {
  const recurrence = setup({ ...inZone("Europe/Berlin", "skip"), rule: cron("5,25 2 * * *") });
  assert.deepEqual(describe(recurrence, "2027-03-28T00:00", 2), [
    "-2027-03-28T01:00Z 2027-03-28T02:05 dst-gap",
    "2027-03-29T00:05Z 2027-03-29T02:05",
  ]);
});

Deno.test("after() takes the first, the last or both instants of a local time that comes twice", () => {
  const first = "2027-11-07T05:30Z 2027-11-07T01:30 dst-overlap";
  const last = "2027-11-07T06:30Z 2027-11-07T01:30 dst-overlap";
  for (
    const [overlap, expected] of [
      ["first", [first]],
      ["last", [last]],
      ["both", [first, last]],
    ] as const
  ) {
    const recurrence = setup({
      ...inZone("America/New_York", "run-after", overlap),
      rule: cron("30 1 * * *"),
    });
    assert.deepEqual(describe(recurrence, "2027-11-06T12:00", expected.length + 1), [
      ...expected,
      "2027-11-08T06:30Z 2027-11-08T01:30",
    ]);
  }
});

Deno.test("after() fires each local time once when the clock is put back under an hourly cron", () => {
  const instants = (overlap: DstPolicy["overlap"]) =>
    listOf(
      setup({ ...inZone("Europe/Berlin", "run-after", overlap), rule: cron("0 * * * *") }),
      Date.UTC(2027, 9, 30, 23, 59),
      4,
    ).map(({ atMs }) => (atMs - Date.UTC(2027, 9, 31)) / HOUR_MS);
  assert.deepEqual(instants("first"), [0, 2, 3, 4]);
  assert.deepEqual(instants("last"), [1, 2, 3, 4]);
  assert.deepEqual(instants("both"), [0, 1, 2, 3]);
});

Deno.test("after() does not walk through an overlap whose local times do not count", () => {
  let asked = 0;
  const everySecond = (afterMs: number) => {
    asked++;
    return (Math.floor(afterMs / 1_000) + 1) * 1_000;
  };
  const recurrence = zonedRecurrence({ after: everySecond }, {
    zone: timeZone("Europe/Berlin"),
    dst: SCHEDULE_DEFAULTS.dst,
    excluded: () => false,
  });
  const lastOfFirst = Date.UTC(2027, 9, 31, 1) - 1_000;
  assert.equal(recurrence.after(lastOfFirst)?.atMs, lastOfFirst + HOUR_MS + 1_000);
  assert.ok(asked < 10, `asked ${asked} times`);
});

Deno.test("after() runs once for a day that a zone left out", () => {
  const noon = setup({ ...inZone("Pacific/Apia"), rule: cron("0 12 * * *") });
  assert.deepEqual(describe(noon, "2011-12-29T00:00", 3), [
    "2011-12-29T22:00Z 2011-12-29T12:00",
    "2011-12-30T10:00Z 2011-12-30T12:00 dst-gap",
    "2011-12-30T22:00Z 2011-12-31T12:00",
  ]);
  const midnight = setup({ ...inZone("Pacific/Apia"), rule: cron("0 0 * * *") });
  assert.deepEqual(describe(midnight, "2011-12-29T00:00", 2), [
    "2011-12-29T10:00Z 2011-12-29T00:00",
    "2011-12-30T10:00Z 2011-12-31T00:00",
  ]);
});

Deno.test("after() shows excluded dates, by the local date, and fires nothing on them", () => {
  const recurrence = setup({
    ...inZone("America/New_York"),
    rule: cron("0 22 * * *"),
    exclude: { dates: ["2027-12-25"], calendars: ["us"] },
  }, { excluded: (date) => date === "2027-12-27" });
  assert.deepEqual(describe(recurrence, "2027-12-25T12:00", 4), [
    "-2027-12-26T03:00Z 2027-12-25T22:00 excluded",
    "2027-12-27T03:00Z 2027-12-26T22:00",
    "-2027-12-28T03:00Z 2027-12-27T22:00 excluded",
    "2027-12-29T03:00Z 2027-12-28T22:00",
  ]);
});

Deno.test("after() fires nothing for a gap whose named date, or whose end, is excluded", () => {
  for (const date of ["2011-12-30", "2011-12-31"]) {
    const recurrence = setup({
      ...inZone("Pacific/Apia"),
      rule: cron("0 12 * * *"),
      exclude: { dates: [date], calendars: [] },
    });
    assert.deepEqual(describe(recurrence, "2011-12-30T00:00", 1), [
      "-2011-12-30T10:00Z 2011-12-30T12:00 excluded",
    ]);
  }
});

Deno.test("after() keeps within startAt and endAt, both included", () => {
  const recurrence = setup({
    rule: cron("0 2 * * *"),
    startAtMs: Date.UTC(2027, 0, 1, 2),
    endAtMs: Date.UTC(2027, 0, 3, 2),
  });
  for (const from of [-Infinity, 0, Date.UTC(2027, 0, 1, 2) - 1]) {
    assert.deepEqual(listOf(recurrence, from, 9).map(({ atMs }) => atMs), [
      Date.UTC(2027, 0, 1, 2),
      Date.UTC(2027, 0, 2, 2),
      Date.UTC(2027, 0, 3, 2),
    ]);
  }
  assert.equal(recurrence.after(Date.UTC(2027, 0, 3, 2) - 1)?.atMs, Date.UTC(2027, 0, 3, 2));
  assert.equal(recurrence.after(Date.UTC(2027, 0, 3, 2)), null);
  assert.equal(recurrence.after(Infinity), null);
});

Deno.test("after() goes by the instant of a gap's end, not by its name, at the bounds", () => {
  const endMs = Date.UTC(2027, 2, 28, 1);
  const spec = { ...inZone("Europe/Berlin"), rule: cron("30 2 28 3 *") };
  assert.equal(setup({ ...spec, endAtMs: endMs }).after(endMs - DAY_MS)?.atMs, endMs);
  assert.equal(setup({ ...spec, endAtMs: endMs - 1 }).after(endMs - DAY_MS), null);
  assert.equal(setup({ ...spec, startAtMs: endMs }).after(0)?.atMs, endMs);
});

Deno.test("after() finds what comes once in years, and ends for what never comes", () => {
  const leap = setup({ ...inZone("Europe/Berlin"), rule: cron("0 12 29 2 *") });
  assert.deepEqual(describe(leap, "2096-03-01T00:00", 1), ["2104-02-29T11:00Z 2104-02-29T12:00"]);
  assert.equal(setup({ rule: cron("0 0 30 2 *") }).after(0), null);
  assert.equal(setup({ rule: cron("@yearly") }).after(Date.UTC(2999, 0, 1)), null);
  assert.equal(setup({ rule: every(HOUR_MS) }).after(Date.UTC(2999, 11, 31, 23)), null);
});

Deno.test("after() of every counts from startAt, which is the first; else one interval after the anchor", () => {
  const anchorMs = Date.UTC(2027, 0, 1, 0, 7);
  const list = (startAtMs: number | null) =>
    describe(setup({ rule: every(15 * 60_000), startAtMs }, { anchorMs }), "2027-01-01T00:00", 2);
  assert.deepEqual(list(null), [
    "2027-01-01T00:22Z 2027-01-01T00:22",
    "2027-01-01T00:37Z 2027-01-01T00:37",
  ]);
  assert.deepEqual(list(Date.UTC(2027, 0, 1, 0, 10)), [
    "2027-01-01T00:10Z 2027-01-01T00:10",
    "2027-01-01T00:25Z 2027-01-01T00:25",
  ]);
});

Deno.test("after() of every is not moved by clock changes, and excludes by the local date", () => {
  const recurrence = setup({
    ...inZone("Europe/Berlin"),
    rule: every(12 * HOUR_MS),
    startAtMs: Date.UTC(2027, 2, 27, 11),
    exclude: { dates: ["2027-03-29"], calendars: [] },
  });
  assert.deepEqual(describe(recurrence, "2027-03-27T12:00", 4), [
    "2027-03-27T23:00Z 2027-03-28T00:00",
    "2027-03-28T11:00Z 2027-03-28T13:00",
    "-2027-03-28T23:00Z 2027-03-29T01:00 excluded",
    "-2027-03-29T11:00Z 2027-03-29T13:00 excluded",
  ]);
});

Deno.test("recurrenceOf() refuses a rule or a zone that is none", () => {
  for (const spec of [{ rule: cron("x") }, { rule: every(1_000), timezone: "Mars/Olympus" }]) {
    assert.throws(() => setup(spec), InvalidRuleError);
  }
});

const specs: fc.Arbitrary<RecurrenceSpec> = fc.record({
  rule: fc.oneof(
    fc.constantFrom(
      "* * * * *",
      "*/17 * * * *",
      "0 * * * *",
      "30 0-3 * * *",
      "0 0 * * *",
      "45 23 * * SUN",
      "15 2 L * FRI",
      "0 3 29 2 *",
    ).map(cron),
    fc.integer({ min: 1_000, max: 40 * DAY_MS }).map(every),
  ),
  timezone: fc.constantFrom(...ZONES),
  startAtMs: fc.option(fc.integer({ min: Date.UTC(2009, 0, 1), max: Date.UTC(2030, 0, 1) })),
  endAtMs: fc.option(fc.integer({ min: Date.UTC(2012, 0, 1), max: Date.UTC(2035, 0, 1) })),
  dst: fc.record({
    gap: fc.constantFrom("run-after", "skip"),
    overlap: fc.constantFrom("first", "last", "both"),
  }),
  exclude: fc.constantFrom({ dates: [], calendars: [] }, {
    dates: ["2011-12-30", "2027-03-28", "2027-10-31"],
    calendars: [],
  }),
});
/** Instants, many of them near clock changes. */
const instants = fc.oneof(
  fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2036, 0, 1) }),
  fc.tuple(
    fc.constantFrom(
      "2011-12-30T10:00Z",
      "2027-03-28T01:00Z",
      "2027-10-31T01:00Z",
      "2027-11-07T06:00Z",
    ),
    fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }),
  ).map(([change, offMs]) => Date.parse(change) + offMs),
);

Deno.test("after() gives the same occurrences wherever the search begins, each later than the last", () => {
  fc.assert(
    fc.property(
      specs,
      instants,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (spec, from, share) => {
        const recurrence = setup(spec, { anchorMs: Date.UTC(2012, 5, 1) });
        const list = listOf(recurrence, from, 40);
        for (const [at, { atMs, localMs, note }] of list.entries()) {
          assert.ok(atMs > (list[at - 1]?.atMs ?? from));
          assert.ok(atMs >= (spec.startAtMs ?? 0) && atMs <= (spec.endAtMs ?? Infinity));
          assert.ok(note !== null || Math.abs(localMs - atMs) < 16 * HOUR_MS);
        }
        const last = list.at(-1)?.atMs ?? from;
        const between = Math.floor(from + share * (last - from));
        const next = list.find(({ atMs }) => atMs > between) ?? null;
        if (between < last) {
          assert.deepEqual(
            setup(spec, { anchorMs: Date.UTC(2012, 5, 1) }).after(between),
            next,
          );
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("recurrenceOf() gives an rrule its start and its UNTIL as local times", () => {
  const startAtMs = Date.UTC(2027, 5, 1, 8);
  const daily = (until: string) =>
    listOf(
      setup({
        ...inZone("Europe/Berlin"),
        rule: { kind: "rrule", text: `FREQ=DAILY;UNTIL=${until}` },
        startAtMs,
      }),
      0,
      9,
    ).map(({ atMs }) => (atMs - startAtMs) / DAY_MS);
  assert.deepEqual(daily("20270603T080000Z"), [0, 1, 2], "ten o'clock in Berlin");
  assert.deepEqual(daily("20270603T075959Z"), [0, 1]);
  assert.deepEqual(daily("20270603T100000"), [0, 1, 2]);
});

Deno.test("after() fires the last local time of a rule also when its later instant counts", () => {
  const text = "FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYSECOND=0;UNTIL=20271031T023000";
  for (const [overlap, times] of [["first", 1], ["last", 1], ["both", 2]] as const) {
    const recurrence = setup({
      ...inZone("Europe/Berlin", "run-after", overlap),
      rule: { kind: "rrule", text },
    });
    assert.equal(listOf(recurrence, Date.UTC(2027, 9, 30, 12), 9).length, times);
  }
});
