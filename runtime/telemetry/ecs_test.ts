import assert from "node:assert/strict";
import { ECS_VERSION, ecsLine, type Said } from "./ecs.ts";
import { REDACTED } from "./redact.ts";

const HEAD = {
  "@timestamp": "2026-11-24T00:00:00.000Z",
  "log.level": "info",
  message: "x",
};
const TAIL = { "ecs.version": ECS_VERSION, "service.name": "orrery" };

function lineOf(fields: Said["fields"], more: Partial<Said> = {}): Record<string, unknown> {
  const atMs = Date.parse(HEAD["@timestamp"]);
  return ecsLine({ atMs, level: "info", message: "x", fields, ...more }, {});
}

Deno.test("ecsLine() begins with time, level and message, and names the schema, the service and the node (EC1)", () => {
  const service = { version: "1.2.3", node: "a" };
  const line = ecsLine({ atMs: 0, level: "warn", message: "m", fields: {} }, service);
  assert.deepEqual(Object.keys(line).slice(0, 3), ["@timestamp", "log.level", "message"]);
  assert.deepEqual(line, {
    "@timestamp": "1970-01-01T00:00:00.000Z",
    "log.level": "warn",
    message: "m",
    ...TAIL,
    "service.version": "1.2.3",
    "service.node.name": "a",
  });
});

Deno.test("ecsLine() puts what the schema has no name for under `orrery`, and nothing passes for its own fields (EC1, EC2)", () => {
  const line = lineOf({
    event: "member.changed",
    from: "alive",
    http: "http://x",
    message: "fake",
    "@timestamp": "fake",
    orrery: 1,
  });
  assert.deepEqual(line, {
    ...HEAD,
    ...TAIL,
    "event.action": "member.changed",
    orrery: { from: "alive", http: "http://x", message: "fake", "@timestamp": "fake", orrery: 1 },
  });
});

Deno.test("ecsLine() takes fields of the schema by their names, and leaves out those without a value", () => {
  const line = lineOf({ "user.name": "ci", "source.address": null, "url.path": undefined });
  assert.deepEqual(line, { ...HEAD, ...TAIL, "user.name": "ci" });
});

Deno.test("ecsLine() tells of an error its type, message, code and stack, with what led to it", () => {
  const cause = new TypeError("inner");
  const error = Object.assign(new Error("outer", { cause }), { code: "full", secret: 1 });
  const { "error.stack_trace": stack, ...line } = lineOf({ error, job: "j" });
  assert.deepEqual(line, {
    ...HEAD,
    ...TAIL,
    "error.type": "Error",
    "error.message": "outer",
    "error.code": "full",
    orrery: { job: "j" },
  });
  assert.match(
    String(stack),
    /^Error: outer\n {4}at [\s\S]*\nCaused by: TypeError: inner\n {4}at /,
  );
});

Deno.test("ecsLine() tells of an error that is a text or anything else its message", () => {
  assert.deepEqual(lineOf({ error: "no", code: "unavailable" }), {
    ...HEAD,
    ...TAIL,
    "error.message": "no",
    "error.code": "unavailable",
  });
  assert.equal(lineOf({ error: { why: 1 } })["error.message"], '{"why":1}');
  assert.deepEqual(lineOf({ code: 7 })["orrery"], { code: 7 }, "a code of something else");
});

Deno.test("ecsLine() names the span under way", () => {
  const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
  assert.deepEqual(lineOf({}, { span }), {
    ...HEAD,
    ...TAIL,
    "trace.id": span.traceId,
    "span.id": span.spanId,
  });
});

Deno.test("ecsLine() keeps the ready line as supervisors read it (EC4)", () => {
  assert.deepEqual(lineOf({ event: "node.ready", http: "http://h", node: "a" }), {
    ...HEAD,
    event: "node.ready",
    http: "http://h",
    node: "a",
    ...TAIL,
  });
});

Deno.test("ecsLine() redacts messages, errors and every field (EC3)", () => {
  const error = Object.assign(new Error("cannot reach redis://me:hunter2@db"), {
    code: "x?token=hunter2",
  });
  const line = lineOf({
    error,
    "url.path": "redis://me:hunter2@db",
    token: "hunter2",
    event: "http://a:hunter2@b",
  }, { message: "authorization: Bearer hunter2" });
  const text = JSON.stringify(line);
  assert.equal(text.includes("hunter2"), false, text);
  assert.deepEqual(line["orrery"], { token: REDACTED });
});

Deno.test("ecsLine() survives an error that throws when it is looked at", () => {
  const error = new Error("x");
  Object.defineProperty(error, "stack", {
    get() {
      throw new Error("no");
    },
  });
  assert.equal(lineOf({ error })["error.message"], "x");
});
