import assert from "node:assert/strict";
import { openCursor, sealCursor } from "./cursor.ts";

Deno.test("openCursor() gives back what sealCursor() sealed under the same terms", () => {
  for (const cursor of ["1", "1700000000000:job-1", "é€", '{"after":[1,"x"]}']) {
    const sealed = sealCursor(cursor, "newest");
    assert.match(sealed, /^[A-Za-z0-9_-]+$/);
    assert.equal(openCursor(sealed, "newest"), cursor);
  }
});

Deno.test("openCursor() refuses other terms, damage and inventions", () => {
  const sealed = sealCursor("1700000000000:job-1", "newest");
  assert.equal(openCursor(sealed, "oldest"), undefined);
  assert.equal(openCursor(sealed.slice(0, -2), "newest"), undefined);
  assert.equal(openCursor(`x${sealed}`, "newest"), undefined);
  for (const text of ["", "x", "../../etc/passwd", "0000000", "0000000AAAA", "%00"]) {
    assert.equal(openCursor(text, "newest"), undefined, text);
  }
});
