import assert from "node:assert/strict";
import fc from "fast-check";
import { isActorId } from "../../runtime/ids.ts";
import { LIMITER_PARTS_MAX } from "../../runtime/limits.ts";
import { limiterId } from "./ids.ts";

Deno.test("limiterId() is an id, and never the same for two queues", () => {
  assert.equal(limiterId("mail", null), "mail~all@limiter");
  const names = fc.string({ maxLength: 20, unit: "binary" });
  fc.assert(fc.property(names, names, names, (one, other, key) => {
    assert.ok(isActorId(limiterId(one, key)));
    assert.notEqual(limiterId(one, key), limiterId(one, null));
    assert.equal(limiterId(one, key) === limiterId(other, key), one === other);
  }));
});

Deno.test("limiterId() spreads keys over all parts, near ones apart", () => {
  const counts = new Map<string, number>();
  for (let key = 0; key < 32_000; key++) {
    const id = limiterId("mail", `tenant-${key}`);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  assert.equal(counts.size, LIMITER_PARTS_MAX);
  assert.ok(Math.max(...counts.values()) < 1.5 * Math.min(...counts.values()));
});
