import assert from "node:assert/strict";
import { Fault } from "../../runtime/fault.ts";
import { DECISIONS, decodeEntry, encodeEntry } from "./ledger.ts";

const ENTRY = { nominalAtMs: 60_000, dueAtMs: 60_500, node: "a", atMs: 60_510 };

Deno.test("a line is read back as it was written, whatever was decided", () => {
  for (const decision of DECISIONS) {
    for (const jobId of ["nightly@1970-01-01T00:01:00Z", null]) {
      const entry = { ...ENTRY, decision, jobId };
      assert.deepEqual(decodeEntry(encodeEntry(entry)), entry);
    }
  }
});

Deno.test("a line keeps the form that stores hold", () => {
  const text = encodeEntry({ ...ENTRY, decision: "misfired", jobId: null });
  assert.equal(text, '[60000,500,2,0,"a",60510]');
});

Deno.test("a line that cannot be read is a corrupt fault", () => {
  for (const text of ["", "{}", "[1]", '[60000,500,99,0,"a",60510]', "[60000,500,2,0,7,60510]"]) {
    assert.throws(
      () => decodeEntry(text),
      (thrown) => thrown instanceof Fault && thrown.code === "corrupt",
      text,
    );
  }
});
