import assert from "node:assert/strict";
import { kindOfLane } from "./snapshot.ts";

Deno.test("kindOfLane() is what stands before the first slash, whatever the rest contains", () => {
  assert.equal(kindOfLane("job/default"), "job");
  assert.equal(kindOfLane("job/eu/west"), "job");
  assert.equal(kindOfLane("job/"), "job");
});
