import assert from "node:assert/strict";
import { Fault, InvariantError } from "../../fault.ts";
import type { Snapshot } from "../../snapshot.ts";
import type { Write, WriteOutcome } from "../port.ts";
import { append, insert, move } from "../testing/fixtures.ts";
import {
  packError,
  packOutcomes,
  packSnapshots,
  packWrites,
  unpackError,
  unpackOutcomes,
  unpackSnapshots,
  unpackWrites,
} from "./protocol.ts";

Deno.test("unpackWrites() gives back what packWrites() was given", () => {
  const batch: Write[] = [
    insert("a", { labels: ["x", "", "i"], wakeAtMs: 5, expireAtMs: 6, rank: 2, lane: "l" }),
    insert("b"),
    move("a", 7, { labels: ["t", "a"], wakeAtMs: 0 }),
    append("a", []),
    append("a", ["", "i", "two\nlines"], { stream: "step", epoch: 9 }),
    move("b", 1),
  ];
  assert.deepEqual(unpackWrites(packWrites(batch)), batch);
  assert.deepEqual(unpackWrites(packWrites([])), []);
});

Deno.test("unpackSnapshots() gives back what packSnapshots() was given, gaps included", () => {
  const a: Snapshot = { ...insert("a", { labels: ["l"], wakeAtMs: 1 }).draft, version: 3 };
  const b: Snapshot = { ...insert("b").draft, version: 1 };
  const list = [undefined, a, undefined, undefined, b];
  assert.deepEqual(unpackSnapshots(packSnapshots(list)), list);
});

Deno.test("unpackOutcomes() gives back what packOutcomes() was given", () => {
  const outcomes: WriteOutcome[] = [
    { kind: "applied" },
    { kind: "fenced", epoch: 12 },
    { kind: "exists" },
    { kind: "conflict", version: 4 },
    { kind: "missing" },
  ];
  assert.deepEqual(unpackOutcomes(packOutcomes(outcomes)), outcomes);
});

Deno.test("unpackError() gives back a fault's operation, code and text", () => {
  const fault = new Fault("store.apply", "read-only", { message: "no writing here" });
  const back = unpackError(packError(1, fault));
  assert.ok(back instanceof Fault);
  assert.deepEqual([back.op, back.code, back.message], [fault.op, fault.code, fault.message]);
});

Deno.test("unpackError() makes a bug of everything else", () => {
  const back = unpackError(packError(1, new TypeError("x is undefined")));
  assert.ok(back instanceof InvariantError);
  assert.match(back.message, /x is undefined/);
  assert.ok(unpackError(packError(1, "text")) instanceof InvariantError);
});
