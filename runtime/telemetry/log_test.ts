import assert from "node:assert/strict";
import { configureLog, log, type LogLevel } from "./log.ts";

/** The lines that `act` logs at `level`. */
function linesOf(level: LogLevel, act: () => void): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  configureLog({ level, write: (line) => lines.push(JSON.parse(line)) });
  try {
    act();
  } finally {
    configureLog({ level: "info" });
  }
  return lines;
}

Deno.test("log() writes one JSON object in the Elastic Common Schema", () => {
  const [line] = linesOf("info", () => {
    log("info", "node drains", { event: "node.draining", running: 3 });
  });
  assert.ok(line !== undefined);
  assert.match(String(line["@timestamp"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(line["log.level"], "info");
  assert.equal(line["message"], "node drains");
  assert.equal(line["event.action"], "node.draining");
  assert.deepEqual(line["orrery"], { running: 3 });
});

Deno.test("log() leaves out what is below the level", () => {
  const lines = linesOf("warn", () => {
    log("debug", "a");
    log("info", "b");
    log("warn", "c");
    log("error", "d");
  });
  assert.deepEqual(lines.map((line) => line["log.level"]), ["warn", "error"]);
});

Deno.test("log() prints braces as braces and doesn't let fields pass for the fixed ones", () => {
  const [line] = linesOf(
    "info",
    () => log("info", "{time} {}", { level: "fake", message: "fake" }),
  );
  assert.equal(line?.["message"], "{time} {}");
  assert.equal(line?.["log.level"], "info");
});

Deno.test("log() redacts its fields", () => {
  const [line] = linesOf("info", () => log("info", "x", { password: "p", url: "redis://a:b@c" }));
  assert.deepEqual(line?.["orrery"], {
    password: "[redacted]",
    url: "redis://a:[redacted]@c",
  });
});

Deno.test("log() never throws, whatever the sink does", () => {
  configureLog({
    level: "info",
    write: () => {
      throw new Error("broken pipe");
    },
  });
  try {
    log("error", "still here");
  } finally {
    configureLog({ level: "info" });
  }
});

Deno.test("log() names the service, and the span within which a line is written", () => {
  const lines: Record<string, unknown>[] = [];
  const spans = [{ traceId: "t", spanId: "s" }, undefined];
  configureLog({
    level: "info",
    service: { version: "1.0.0", node: "a" },
    write: (line) => lines.push(JSON.parse(line)),
    span: () => spans.shift(),
  });
  try {
    log("info", "within");
    log("info", "outside");
  } finally {
    configureLog({ level: "info" });
  }
  assert.deepEqual(lines.map((line) => line["trace.id"]), ["t", undefined]);
  assert.deepEqual(lines.map((line) => line["service.node.name"]), ["a", "a"]);
});
