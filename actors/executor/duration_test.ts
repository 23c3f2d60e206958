import assert from "node:assert/strict";
import { DURATION_MS_MAX, durationMs } from "./duration.ts";

Deno.test("durationMs() reads numbers, short forms and ISO 8601", () => {
  const cases: [unknown, number][] = [
    [0, 0],
    [1500, 1500],
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5s", 1_500],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["PT30S", 30_000],
    ["P1DT2H3M4S", 93_784_000],
    ["PT0.5S", 500],
  ];
  for (const [value, expected] of cases) assert.equal(durationMs(value), expected, String(value));
});

Deno.test("durationMs() refuses what is no span of time", () => {
  const wrong = [
    -1,
    NaN,
    Infinity,
    "",
    "s",
    "30",
    "30 s",
    "-5s",
    "P",
    "PT",
    "1e3s",
    null,
    {},
    true,
  ];
  for (const value of [...wrong, DURATION_MS_MAX + 1]) {
    assert.equal(durationMs(value), undefined, String(value));
  }
});
