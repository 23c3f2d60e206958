import assert from "node:assert/strict";
import fc from "fast-check";
import { InvariantError } from "../fault.ts";
import { STATUSES } from "./messages.ts";
import { OwnMember } from "./own_member.ts";
import { identityOf, metaOf, recordOf } from "./testing/people.ts";

const setup = () => new OwnMember(identityOf("a5"));
const said = (status: typeof STATUSES[number], incarnation: number) =>
  recordOf("a5", { status, incarnation });

Deno.test("contradicts() raises the incarnation to max(own, accused) + 1 (N2)", () => {
  for (const status of ["suspect", "dead", "left"] as const) {
    const own = setup();
    assert.ok(own.contradicts(said(status, 1), undefined));
    assert.equal(own.record.incarnation, 2);
    assert.ok(own.contradicts(said(status, 7), undefined));
    assert.equal(own.record.incarnation, 8);
    assert.equal(own.record.status, "alive");
  }
});

Deno.test("contradicts() leaves old accusations and the truth alone", () => {
  const own = setup();
  own.contradicts(said("suspect", 4), undefined);
  for (const status of STATUSES) assert.ok(!own.contradicts(said(status, 4), undefined));
  assert.ok(!own.contradicts(said("alive", 5), undefined));
  assert.equal(own.record.incarnation, 5);
});

Deno.test("the incarnation never falls, and rises only above what was said (N1)", () => {
  const saying = fc.record({ status: fc.constantFrom(...STATUSES), incarnation: fc.nat(20) });
  fc.assert(fc.property(fc.array(saying, { maxLength: 30 }), (sayings) => {
    const own = setup();
    for (const { status, incarnation } of sayings) {
      const before = own.record.incarnation;
      const contradicted = own.contradicts(said(status, incarnation), undefined);
      const expected = contradicted ? Math.max(before, incarnation) + 1 : before;
      assert.equal(own.record.incarnation, expected);
    }
  }));
});

Deno.test("contradicts() is silent once this node left (N2)", () => {
  const own = setup();
  own.left();
  assert.ok(!own.contradicts(said("dead", 3), undefined));
  assert.equal(own.record.status, "left");
});

Deno.test("contradicts() yields to a later boot of its name while that lives", () => {
  const own = setup();
  assert.ok(!own.contradicts(said("dead", 1), recordOf("a9")));
  assert.equal(own.record.incarnation, 1);
  assert.ok(own.contradicts(said("dead", 1), recordOf("a9", { status: "dead" })));
  assert.equal(own.record.bornMs, 5);
  assert.ok(own.contradicts(said("dead", 2), recordOf("a3")), "an earlier boot is no rival");
});

Deno.test("outlives() passes a namesake that is dead, and no other", () => {
  const own = setup();
  assert.ok(!own.outlives(recordOf("a9")));
  assert.ok(!own.outlives(recordOf("a3", { status: "dead" })));
  assert.ok(own.outlives(recordOf("a9", { status: "dead" })));
  assert.deepEqual([own.record.bornMs, own.record.incarnation], [10, 2]);
  assert.ok(!own.outlives(recordOf("a9", { status: "dead" })), "it was passed");
});

Deno.test("describe() raises the metadata's version with every change, and only then (N1)", () => {
  const own = setup();
  assert.ok(own.describe({ slots: 7 }));
  assert.deepEqual([own.record.metaVersion, own.record.meta.slots], [2, 7]);
  assert.ok(!own.describe({ slots: 7 }));
  assert.equal(own.record.metaVersion, 2);
  assert.equal(own.record.incarnation, 1);
});

Deno.test("describe() does not take an intent to leave back", () => {
  const own = setup();
  own.describe({ leaving: true, draining: true });
  assert.ok(!own.describe({ leaving: false, draining: false }));
  assert.ok(own.record.meta.leaving && own.record.meta.draining);
});

Deno.test("what others could not decode is refused where it is made", () => {
  const meta = metaOf("nowhere");
  assert.throws(() => new OwnMember({ ...identityOf("a5"), meta }), InvariantError);
  const own = setup();
  assert.throws(() => own.describe({ weight: 0 }), /metadata/);
  assert.equal(own.record.metaVersion, 1);
});
