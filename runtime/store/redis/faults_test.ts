import assert from "node:assert/strict";
import { faultOf } from "./faults.ts";

function codeOf(message: string, writes: boolean): string {
  return faultOf("store.x", new Error(message), { writes }).code;
}

Deno.test("faultOf() takes a write without an answer for unknown, unless it was surely not sent", () => {
  for (
    const message of [
      "Command timed out",
      "Connection is closed.",
      "Reached the max retries per request limit (which is 0).",
      "read ECONNRESET",
      "Socket closed unexpectedly",
    ]
  ) {
    assert.equal(codeOf(message, true), "timeout", message);
    assert.equal(codeOf(message, false), "unavailable", message);
  }
  const unsent = "Stream isn't writeable and enableOfflineQueue options is false";
  for (const message of [unsent, "connect ECONNREFUSED 127.0.0.1:1", "getaddrinfo ENOTFOUND x"]) {
    assert.equal(codeOf(message, true), "unavailable", message);
  }
});

Deno.test("faultOf() knows what the server's refusals mean", () => {
  const cases: readonly [string, string][] = [
    ["OOM command not allowed when used memory > 'maxmemory'.", "full"],
    ["READONLY You can't write against a read only replica.", "read-only"],
    ["MISCONF Redis is configured to save RDB snapshots", "read-only"],
    ["LOADING Redis is loading the dataset in memory", "unavailable"],
    ["WRONGPASS invalid username-password pair", "mismatch"],
    ["NOAUTH Authentication required.", "mismatch"],
    ["ERR Error running script: attempt to index a nil value", "corrupt"],
  ];
  for (const [message, code] of cases) assert.equal(codeOf(message, true), code, message);
});
