import assert from "node:assert/strict";
import { Fault, type FaultCode, InvariantError } from "../../fault.ts";
import { breaksConnection, faultOf, isLocked, resultCodeOf } from "./faults.ts";

function sqliteError(errcode: number): Error {
  return Object.assign(new Error("as SQLite words it"), { errcode });
}

const COMMITTING = { op: "apply", committing: true };
const WORKING = { op: "apply", committing: false };

const TABLE: readonly [errcode: number, code: FaultCode][] = [
  [5, "unavailable"], // SQLITE_BUSY
  [6, "unavailable"], // SQLITE_LOCKED
  [7, "unavailable"], // SQLITE_NOMEM
  [8, "read-only"], // SQLITE_READONLY
  [8 | 4 << 8, "read-only"], // SQLITE_READONLY_DBMOVED
  [10, "unavailable"], // SQLITE_IOERR
  [10 | 4 << 8, "unavailable"], // SQLITE_IOERR_FSYNC
  [11, "corrupt"], // SQLITE_CORRUPT
  [13, "full"], // SQLITE_FULL
  [14, "unavailable"], // SQLITE_CANTOPEN
  [19, "corrupt"], // SQLITE_CONSTRAINT
  [26, "corrupt"], // SQLITE_NOTADB
];

for (const [errcode, code] of TABLE) {
  Deno.test(`faultOf() takes result code ${errcode} for \`${code}\``, () => {
    const fault = faultOf(sqliteError(errcode), WORKING);
    assert.ok(fault instanceof Fault);
    assert.deepEqual([fault.op, fault.code], ["store.apply", code]);
  });
}

Deno.test("faultOf() takes an I/O error of a commit for `timeout`: it may have been written", () => {
  const fault = faultOf(sqliteError(10 | 4 << 8), COMMITTING);
  assert.ok(fault instanceof Fault && fault.code === "timeout" && fault.ambiguous);
});

Deno.test("faultOf() takes a full disk in a commit for `full`: it was not written", () => {
  const fault = faultOf(sqliteError(13), COMMITTING);
  assert.ok(fault instanceof Fault && fault.code === "full" && !fault.ambiguous);
});

Deno.test("faultOf() passes faults and broken invariants through, and makes bugs of the rest", () => {
  const fault = new Fault("store.open", "mismatch", { message: "x" });
  const broken = new InvariantError("y");
  assert.equal(faultOf(fault, WORKING), fault);
  assert.equal(faultOf(broken, WORKING), broken);
  assert.ok(faultOf(new TypeError("z"), WORKING) instanceof InvariantError);
  assert.ok(faultOf("text", WORKING) instanceof InvariantError);
});

Deno.test("breaksConnection() holds for I/O errors and lost memory alone", () => {
  assert.deepEqual([7, 10, 10 | 4 << 8].map((code) => breaksConnection(sqliteError(code))), [
    true,
    true,
    true,
  ]);
  assert.deepEqual([5, 8, 11, 13].some((code) => breaksConnection(sqliteError(code))), false);
  assert.equal(breaksConnection(new Error("no code")), false);
});

Deno.test("resultCodeOf() reads the primary code", () => {
  assert.equal(resultCodeOf(sqliteError(10 | 22 << 8)), 10);
  assert.equal(resultCodeOf(new Error("none")), undefined);
  assert.equal(resultCodeOf(undefined), undefined);
});

Deno.test("isLocked() tells that another connection holds the file", () => {
  assert.deepEqual([5, 6, 10, 13].map((code) => isLocked(sqliteError(code))), [
    true,
    true,
    false,
    false,
  ]);
});
