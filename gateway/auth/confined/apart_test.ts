import assert from "node:assert/strict";
import { apart } from "./jobs.ts";

Deno.test("apart() keeps keys of different queues from meeting, and leaves other names alone", () => {
  const idempotent = { kind: "idempotent", key: "k" } as const;
  const gate = { mode: "debounce", key: "k", delayMs: 1, maxMs: null } as never;
  assert.notDeepEqual(apart(idempotent, ["a"]), apart(idempotent, ["b"]));
  assert.deepEqual(apart(idempotent, ["b", "a", "b"]), apart(idempotent, ["a", "b"]));
  const gated = apart({ kind: "gated", gate }, ["a"]);
  assert.deepEqual(gated, { kind: "gated", gate: { ...gate as object, key: "a\0k" } });
  for (const other of [{ kind: "generated" }, { kind: "own", id: "x" }] as const) {
    assert.equal(apart(other, ["a"]), other);
  }
});
