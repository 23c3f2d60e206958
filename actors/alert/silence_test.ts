import assert from "node:assert/strict";
import { type SilentSpan, silentUntil } from "./silence.ts";

const at = (text: string) => Date.parse(text);
const daily = (overrides: Partial<Extract<SilentSpan, { kind: "daily" }>> = {}): SilentSpan => ({
  kind: "daily",
  days: [],
  fromMinute: 22 * 60,
  toMinute: 6 * 60,
  timezone: "UTC",
  ...overrides,
});

Deno.test("silentUntil() knows a span that comes once", () => {
  const span = { kind: "once", fromMs: 10, toMs: 20 } as const;
  assert.deepEqual([9, 10, 19, 20].map((ms) => silentUntil([span], ms)), [null, 20, 20, null]);
});

Deno.test("silentUntil() knows a night that begins on one day and ends on the next", () => {
  const end = at("2027-03-11T06:00:00Z");
  for (const text of ["2027-03-10T22:00:00Z", "2027-03-10T23:59:59Z", "2027-03-11T05:59:59Z"]) {
    assert.equal(silentUntil([daily()], at(text)), end, text);
  }
  for (const text of ["2027-03-10T21:59:59Z", "2027-03-11T06:00:00Z", "2027-03-11T12:00:00Z"]) {
    assert.equal(silentUntil([daily()], at(text)), null, text);
  }
});

Deno.test("silentUntil() counts weekdays by the day on which a span begins, in its zone", () => {
  // A Friday night in Berlin, an hour ahead of UTC.
  const span = daily({ days: [5], timezone: "Europe/Berlin" });
  assert.equal(silentUntil([span], at("2027-01-15T21:30:00Z")), at("2027-01-16T05:00:00Z"));
  assert.equal(silentUntil([span], at("2027-01-16T04:59:00Z")), at("2027-01-16T05:00:00Z"));
  assert.equal(silentUntil([span], at("2027-01-16T22:30:00Z")), null);
});

Deno.test("silentUntil() takes a span that ends when it begins for a whole day, and the longest of several", () => {
  const whole = daily({ fromMinute: 0, toMinute: 0 });
  const noon = at("2027-01-15T12:00:00Z");
  assert.equal(silentUntil([whole], noon), at("2027-01-16T00:00:00Z"));
  const once = { kind: "once", fromMs: 0, toMs: noon + 1 } as const;
  assert.equal(silentUntil([once, whole], noon), at("2027-01-16T00:00:00Z"));
  assert.equal(silentUntil([], noon), null);
});
