import assert from "node:assert/strict";
import { ERROR_CHARS_MAX } from "../port.ts";
import { cut, failureOf, reportOf } from "./failure.ts";

Deno.test("failureOf() keeps name, message and stack, and is retryable unless told otherwise", () => {
  const failure = failureOf(new RangeError("too far"));
  assert.equal(failure.error.name, "RangeError");
  assert.equal(failure.error.message, "too far");
  assert.match(failure.error.stack ?? "", /RangeError: too far/);
  assert.equal(failure.retryable, true);
  assert.equal("retryAfterMs" in failure, false);
});

Deno.test("failureOf() honours retryable and retryAfter", () => {
  const told = (fields: object) => failureOf(Object.assign(new Error("x"), fields));
  assert.equal(told({ retryable: false }).retryable, false);
  assert.equal(told({ retryable: 0 }).retryable, true);
  assert.equal(told({ retryAfter: 1_500 }).retryAfterMs, 1_500);
  assert.equal(told({ retryAfter: "2m" }).retryAfterMs, 120_000);
  assert.equal(told({ retryAfter: "soon" }).retryAfterMs, undefined);
});

Deno.test("reportOf() describes things that are not errors", () => {
  const cases: [unknown, RegExp][] = [
    ["text", /threw "text"/],
    [null, /threw null/],
    [undefined, /threw undefined/],
    [42, /threw 42/],
    [Symbol("s"), /threw Symbol\(s\)/],
    [{ code: 7, why: "x" }, /an object: \{code, why\}/],
  ];
  for (const [thrown, message] of cases) {
    const report = reportOf(thrown);
    assert.equal(report.name, "NonError");
    assert.match(report.message, message);
  }
});

Deno.test("reportOf() survives objects that throw when they are read", () => {
  const trap = new Proxy({}, {
    get() {
      throw new Error("trap");
    },
    ownKeys() {
      throw new Error("trap");
    },
  });
  assert.match(reportOf(trap).message, /cannot be read/);
  assert.equal(failureOf(trap).retryable, true);
});

Deno.test("reportOf() bounds every text (E4)", () => {
  const error = new Error("m".repeat(1_000_000));
  error.name = "n".repeat(1_000_000);
  error.stack = "s".repeat(1_000_000);
  const report = reportOf(error);
  assert.equal(report.message.length, ERROR_CHARS_MAX);
  assert.match(report.message, /\[1000000 characters, cut\]$/);
  assert.equal(report.stack?.length, ERROR_CHARS_MAX);
  assert.ok(report.name.length <= 200);
  assert.ok(reportOf("t".repeat(1_000_000)).message.length <= ERROR_CHARS_MAX);
});

Deno.test("cut() leaves short texts alone", () => {
  assert.equal(cut("abc", 3), "abc");
  assert.equal(cut("x".repeat(101), 100).length, 100);
});
