import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeStep, encodeStep } from "./step_journal.ts";

Deno.test("decodeStep() gives back what encodeStep() wrote, whatever the name and the result", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.jsonValue(), (name, value) => {
    const result = JSON.stringify(value);
    const [decodedName, decodedResult] = decodeStep(encodeStep({ name, result }));
    assert.equal(decodedName, name);
    assert.deepEqual(JSON.parse(decodedResult), JSON.parse(result));
  }));
});

Deno.test("encodeStep() writes one line that people can read", () => {
  assert.equal(encodeStep({ name: "charge", result: '{"id":7}' }), '["charge",{"id":7}]');
  assert.ok(!encodeStep({ name: "a\nb", result: '"c\\nd"' }).includes("\n"));
});

Deno.test("decodeStep() throws on a line that encodeStep() did not write", () => {
  for (const line of ["", "{}", "[", "7"]) assert.throws(() => decodeStep(line), line);
});
