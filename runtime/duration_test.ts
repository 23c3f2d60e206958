import assert from "node:assert/strict";
import { DURATION_MS_MAX, parseDuration } from "./duration.ts";

Deno.test("parseDuration() reads numbers as milliseconds", () => {
  assert.equal(parseDuration(0), 0);
  assert.equal(parseDuration(250), 250);
  assert.equal(parseDuration(DURATION_MS_MAX), DURATION_MS_MAX);
});

Deno.test("parseDuration() reads text with a unit", () => {
  const cases: [string, number][] = [
    ["250ms", 250],
    ["30s", 30_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["1.5h", 5_400_000],
    ["0.0004s", 0],
    ["0s", 0],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

Deno.test("parseDuration() reads ISO 8601", () => {
  const cases: [string, number][] = [
    ["PT30S", 30_000],
    ["PT0.25S", 250],
    ["PT5M", 300_000],
    ["PT2H30M", 9_000_000],
    ["P7D", 604_800_000],
    ["P1DT12H", 129_600_000],
    ["P2W", 1_209_600_000],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

Deno.test("parseDuration() refuses what is no duration", () => {
  const cases: unknown[] = [
    ...["", "5", "-5s", "5 s", "s", "5S", "1e3s", "5w", "P", "PT", "P1DT", "P1Y", "P1M", "PT-5S"],
    ...[" 5s", "5s ", "NaNs", "9".repeat(100) + "s", "٣s", "5s\n"],
    ...[-1, 1.5, NaN, Infinity, null, undefined, true, {}, [], ["5s"], 5n],
  ];
  for (const value of cases) assert.equal(parseDuration(value), undefined, String(value));
});

Deno.test("parseDuration() refuses durations beyond its maximum", () => {
  assert.equal(parseDuration(DURATION_MS_MAX + 1), undefined);
  assert.equal(parseDuration("3654d"), undefined);
  assert.equal(parseDuration("P999999999W"), undefined);
});
