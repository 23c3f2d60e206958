import assert from "node:assert/strict";
import { carriesMark, reapMarked } from "./process_mark.ts";

const marks = new Set(["one", "two"]);

Deno.test("carriesMark() finds each of the marks, wherever it stands", () => {
  assert.ok(carriesMark("ORRERY_MARK=one\0", marks));
  assert.ok(carriesMark("PATH=/bin\0ORRERY_MARK=two\0HOME=/", marks));
});

Deno.test("carriesMark() takes whole entries alone: a look-alike is somebody else's process", () => {
  for (
    const environ of [
      "",
      "ORRERY_MARK=three\0",
      "ORRERY_MARK=one-more\0",
      "NOTE=ORRERY_MARK=one\0",
      "MY_ORRERY_MARK=one\0",
      "ORRERY_MARK=\0one\0",
    ]
  ) assert.equal(carriesMark(environ, marks), false, environ);
});

Deno.test("reapMarked() of no marks, or of marks that nobody carries, kills nothing", async () => {
  await reapMarked(new Set());
  await reapMarked(new Set([crypto.randomUUID()]));
});
