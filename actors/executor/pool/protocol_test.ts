import assert from "node:assert/strict";
import { CHECKPOINT_CHARS_MAX, RESULT_CHARS_MAX } from "../port.ts";
import { isSaying } from "./protocol.ts";

const error = { name: "E", message: "m" };

Deno.test("isSaying() takes everything that a worker says", () => {
  const sayings: unknown[] = [
    { kind: "ended", outcome: { kind: "ok", result: "1" } },
    { kind: "ended", outcome: { kind: "error", error, retryable: true } },
    {
      kind: "ended",
      outcome: {
        kind: "error",
        error: { ...error, stack: "s" },
        retryable: false,
        retryAfterMs: 1,
      },
    },
    { kind: "progress", percent: 50 },
    { kind: "log", lines: ["a"] },
    { kind: "step", request: 1, name: "s", result: "1" },
    { kind: "checkpoint", request: 1, value: "1" },
  ];
  for (const saying of sayings) assert.ok(isSaying(saying), JSON.stringify(saying));
});

Deno.test("isSaying() refuses what a worker cannot say, and what is not bounded (E4)", () => {
  const long = "x".repeat(RESULT_CHARS_MAX + 1);
  const wrong: unknown[] = [
    null,
    "ended",
    () => {},
    {},
    { kind: "other" },
    { kind: "ended" },
    { kind: "ended", outcome: { kind: "timeout", error } },
    { kind: "ended", outcome: { kind: "cancelled" } },
    { kind: "ended", outcome: { kind: "ok", result: 1 } },
    { kind: "ended", outcome: { kind: "ok", result: long } },
    { kind: "ended", outcome: { kind: "error", error } },
    { kind: "ended", outcome: { kind: "error", error: { name: "E" }, retryable: true } },
    {
      kind: "ended",
      outcome: { kind: "error", error: { ...error, stack: long }, retryable: true },
    },
    { kind: "ended", outcome: { kind: "error", error, retryable: true, retryAfterMs: "1" } },
    { kind: "progress", percent: 101 },
    { kind: "progress", percent: NaN },
    { kind: "log", lines: "a" },
    { kind: "log", lines: [1] },
    { kind: "log", lines: [long] },
    { kind: "log", lines: new Array(10_000).fill("a") },
    { kind: "step", request: 0.5, name: "s", result: "1" },
    { kind: "step", request: 1, name: "s", result: long },
    { kind: "checkpoint", request: 1, value: "x".repeat(CHECKPOINT_CHARS_MAX + 1) },
  ];
  for (const saying of wrong) assert.ok(!isSaying(saying), JSON.stringify(saying)?.slice(0, 100));
});
