import assert from "node:assert/strict";
import fc from "fast-check";
import { InvalidRuleError } from "./occurrence.ts";
import { type ClockChange, clockChanges, ZONES } from "./testing/clock_changes.ts";
import { type TimeZone, timeZone } from "./zone.ts";

const LONG = Deno.env.get("ORRERY_TESTS") === "long";
const HOUR_MS = 3_600_000;
const ALL_ZONES = Intl.supportedValuesOf("timeZone");

/** The changes that `zone` knows of, to be compared with Temporal's. */
function changesOf(zone: TimeZone, range: { fromMs: number; toMs: number }): ClockChange[] {
  const changes: ClockChange[] = [];
  let stretch = zone.stretchAt(range.fromMs);
  while (stretch.toMs <= range.toMs) {
    const next = zone.stretchAt(stretch.toMs);
    assert.equal(next.fromMs, stretch.toMs);
    if (next.offsetMs !== stretch.offsetMs) {
      changes.push({ atMs: next.fromMs, beforeMs: stretch.offsetMs, afterMs: next.offsetMs });
    }
    stretch = next;
  }
  return changes;
}

/** The instants of a local time, as people write both. */
function instantsOf(zone: string, local: string): string[] {
  return timeZone(zone).instantsOf(Date.parse(`${local}Z`)).map((ms) => new Date(ms).toISOString());
}

Deno.test("timeZone() refuses a name that is none, in words", () => {
  for (const name of ["Mars/Olympus", "", "Europe", "x".repeat(10_000)]) {
    assert.throws(
      () => timeZone(name),
      (error) =>
        error instanceof InvalidRuleError && error.field === "timezone" &&
        error.message.includes("IANA") && error.message.length < 200,
    );
  }
});

Deno.test("timeZone() is the same zone for the same name, and forgets the oldest of many", () => {
  const berlin = timeZone("Europe/Berlin");
  assert.equal(timeZone("Europe/Berlin"), berlin);
  for (const name of ALL_ZONES) timeZone(name);
  assert.notEqual(timeZone("Europe/Berlin"), berlin);
});

Deno.test("instantsOf() is one instant for an ordinary local time", () => {
  assert.deepEqual(instantsOf("UTC", "2027-03-28T02:30"), ["2027-03-28T02:30:00.000Z"]);
  assert.deepEqual(instantsOf("Asia/Kathmandu", "2027-06-01T05:45"), ["2027-06-01T00:00:00.000Z"]);
  assert.deepEqual(instantsOf("Europe/Dublin", "2027-01-10T12:00"), ["2027-01-10T12:00:00.000Z"]);
  assert.deepEqual(instantsOf("Europe/Dublin", "2027-07-10T12:00"), ["2027-07-10T11:00:00.000Z"]);
});

Deno.test("instantsOf() is empty in a gap: an hour, half an hour, a day", () => {
  assert.deepEqual(instantsOf("Europe/Berlin", "2027-03-28T02:00"), []);
  assert.deepEqual(instantsOf("Europe/Berlin", "2027-03-28T03:00"), ["2027-03-28T01:00:00.000Z"]);
  assert.deepEqual(instantsOf("Australia/Lord_Howe", "2027-10-03T02:29"), []);
  assert.equal(instantsOf("Australia/Lord_Howe", "2027-10-03T02:30").length, 1);
  for (const time of ["00:00", "12:00", "23:59"]) {
    assert.deepEqual(instantsOf("Pacific/Apia", `2011-12-30T${time}`), []);
  }
  assert.deepEqual(instantsOf("Pacific/Apia", "2011-12-31T00:00"), ["2011-12-30T10:00:00.000Z"]);
});

Deno.test("instantsOf() is both instants in an overlap, in order", () => {
  assert.deepEqual(instantsOf("America/New_York", "2027-11-07T01:30"), [
    "2027-11-07T05:30:00.000Z",
    "2027-11-07T06:30:00.000Z",
  ]);
  assert.deepEqual(instantsOf("Australia/Lord_Howe", "2027-04-04T01:45"), [
    "2027-04-03T14:45:00.000Z",
    "2027-04-03T15:15:00.000Z",
  ]);
  assert.equal(instantsOf("America/New_York", "2027-11-07T02:00").length, 1);
});

Deno.test("localOf() and instantsOf() undo each other in every zone", () => {
  fc.assert(fc.property(
    fc.constantFrom(...ALL_ZONES),
    fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) }),
    (name, ms) => {
      const zone = timeZone(name);
      assert.ok(zone.instantsOf(zone.localOf(ms)).includes(ms));
      for (const atMs of zone.instantsOf(ms)) assert.equal(zone.localOf(atMs), ms);
    },
  ));
});

Deno.test("stretchAt() changes where Temporal says that clocks are changed", () => {
  const range = { fromMs: Date.UTC(1970, 0, 1), toMs: Date.UTC(2040, 0, 1) };
  for (const name of LONG ? ALL_ZONES : ZONES) {
    assert.deepEqual(changesOf(timeZone(name), range), clockChanges(name, range), name);
  }
});

Deno.test("stretchAt() knows the changes of these years in every zone", () => {
  const range = { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2028, 0, 1) };
  for (const name of ALL_ZONES) {
    assert.deepEqual(changesOf(timeZone(name), range), clockChanges(name, range), name);
  }
});

Deno.test("stretchAt() gives the same after it had to forget", () => {
  const zone = timeZone("America/New_York");
  const before = zone.stretchAt(Date.UTC(2027, 6, 1));
  for (let year = 1900; year < 2150; year++) zone.stretchAt(Date.UTC(year, 6, 1));
  assert.deepEqual(zone.stretchAt(Date.UTC(2027, 6, 1)), before);
});

Deno.test("localOf() answers for times before zones were kept", () => {
  for (const name of ["Europe/Amsterdam", "Africa/Monrovia", "Asia/Manila", "America/Juneau"]) {
    for (let year = 1800; year < 1970; year += 5) {
      const ms = Date.UTC(year, 3, 1);
      assert.ok(Math.abs(timeZone(name).localOf(ms) - ms) < 16 * HOUR_MS);
    }
  }
});

Deno.test("stretchAt() puts no gap across midnight, so that its local times have one date", () => {
  const range = { fromMs: 0, toMs: Date.UTC(2040, 0, 1) };
  const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  for (const name of LONG ? ALL_ZONES : ZONES) {
    for (const { atMs, beforeMs, afterMs } of changesOf(timeZone(name), range)) {
      if (afterMs > beforeMs) {
        assert.equal(dateOf(atMs + beforeMs), dateOf(atMs + afterMs - 1), name);
      }
    }
  }
});
