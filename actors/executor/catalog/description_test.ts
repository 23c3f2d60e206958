import assert from "node:assert/strict";
import { describe, type RawDescription } from "./description.ts";

const raw = (fields: Record<string, unknown>, runType = "function"): RawDescription => ({
  exportType: "object",
  runType,
  fields,
});

/** The problems of a definition with these fields beside a good name. */
const problemsOf = (fields: Record<string, unknown>, runType?: string) => {
  const described = describe(raw({ name: "h", ...fields }, runType));
  return described.kind === "problems" ? described.problems : [];
};

Deno.test("describe() reads a complete definition", () => {
  const described = describe(raw({
    name: "send-invoice",
    timeout: "30s",
    permissions: { net: ["api.example.com"], env: true },
    isolation: "inline",
    retry: { attempts: 5, backoff: "fixed", base: "1s", max: 9, factor: 2, jitter: 0, on: ["A"] },
  }));
  assert.deepEqual(described, {
    kind: "handler",
    description: {
      name: "send-invoice",
      timeoutMs: 30_000,
      permissions: { net: ["api.example.com"], env: true },
      isolation: "inline",
      retry: { attempts: 5, backoff: "fixed", base: "1s", max: 9, factor: 2, jitter: 0, on: ["A"] },
    },
  });
});

Deno.test("describe() fills in defaults", () => {
  const described = describe(raw({ name: "h" }));
  assert.deepEqual(described, {
    kind: "handler",
    description: {
      name: "h",
      timeoutMs: null,
      permissions: {},
      isolation: "worker",
      retry: null,
    },
  });
});

Deno.test("describe() finds each mistake", () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ name: undefined }, /`name` must be text/],
    [{ name: "" }, /`name` must be 1 to 200/],
    [{ name: "-x" }, /`name` must be/],
    [{ name: "x".repeat(201) }, /`name` must be/],
    [{ name: "a b" }, /`name` must be/],
    [{ timeout: 0 }, /`timeout`/],
    [{ timeout: "soon" }, /`timeout`/],
    [{ permissions: [] }, /`permissions` must be an object/],
    [{ permissions: { moon: true } }, /unknown permission `moon`/],
    [{ permissions: { net: "x" } }, /permission `net` must be/],
    [{ permissions: { net: [1] } }, /permission `net` must be/],
    [{ isolation: "none" }, /`isolation`/],
    [{ retry: 3 }, /`retry` must be an object/],
    [{ retry: { attempts: 0 } }, /retry\.attempts/],
    [{ retry: { attempts: 1.5 } }, /retry\.attempts/],
    [{ retry: { backoff: "linear" } }, /retry\.backoff/],
    [{ retry: { base: -1 } }, /retry\.base/],
    [{ retry: { factor: 0 } }, /retry\.factor/],
    [{ retry: { max: "x" } }, /retry\.max/],
    [{ retry: { jitter: 2 } }, /retry\.jitter/],
    [{ retry: { on: "A" } }, /retry\.on/],
    [{ retry: { notOn: [1] } }, /retry\.notOn/],
    [{ retry: { times: 1 } }, /unknown field `retry\.times`/],
    [{ timeOut: 1 }, /unknown field `timeOut`/],
  ];
  for (const [fields, problem] of cases) {
    const problems = problemsOf(fields);
    assert.equal(problems.length, 1, JSON.stringify(fields));
    assert.match(problems[0] ?? "", problem);
  }
  assert.match(problemsOf({}, "string")[0] ?? "", /`run` must be a function/);
});

Deno.test("describe() tells all problems at once", () => {
  assert.equal(problemsOf({ name: 1, timeout: -1, isolation: 1, extra: 1 }, "number").length, 5);
});

Deno.test("describe() refuses exports that are no objects", () => {
  const of = (exportType: string) => describe({ exportType, runType: "undefined", fields: {} });
  assert.deepEqual(of("none"), { kind: "problems", problems: ["it has no default export"] });
  assert.match(JSON.stringify(of("function")), /is a function, not an object/);
});
