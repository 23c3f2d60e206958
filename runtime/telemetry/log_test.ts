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

Deno.test("log() writes one JSON object with time, level, message and fields", () => {
  const [line] = linesOf("info", () => {
    log("info", "ready", { event: "node.ready", http: "http://127.0.0.1:8080" });
  });
  assert.ok(line !== undefined);
  assert.match(String(line["time"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(Object.keys(line), ["time", "level", "message", "event", "http"]);
  assert.equal(line["message"], "ready");
  assert.equal(line["event"], "node.ready");
});

Deno.test("log() leaves out what is below the level", () => {
  const lines = linesOf("warn", () => {
    log("debug", "a");
    log("info", "b");
    log("warn", "c");
    log("error", "d");
  });
  assert.deepEqual(lines.map((line) => line["level"]), ["warn", "error"]);
});

Deno.test("log() prints braces as braces and doesn't let fields pass for the fixed ones", () => {
  const [line] = linesOf(
    "info",
    () => log("info", "{time} {}", { level: "fake", message: "fake" }),
  );
  assert.equal(line?.["message"], "{time} {}");
  assert.equal(line?.["level"], "info");
});

Deno.test("log() redacts its fields", () => {
  const [line] = linesOf("info", () => log("info", "x", { password: "p", url: "redis://a:b@c" }));
  assert.equal(JSON.stringify(line).includes('"p"'), false);
  assert.equal(line?.["url"], "redis://a:[redacted]@c");
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
