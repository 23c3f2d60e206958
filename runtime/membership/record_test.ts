import assert from "node:assert/strict";
import fc from "fast-check";
import { type MemberRecord, STATUSES } from "./messages.ts";
import { isLaterBoot, isLive, join, outranks, secondHand, shownState } from "./record.ts";
import { bootOf, metaOf, recordOf } from "./testing/people.ts";

/** Accounts of one member, as honest nodes can give them: metadata follows from its version. */
const account = fc.record({
  incarnation: fc.nat(3),
  status: fc.constantFrom(...STATUSES),
  bornMs: fc.nat(2),
  metaVersion: fc.nat(3),
}).map((fields): MemberRecord =>
  recordOf("b1", { ...fields, meta: metaOf("b1:1", { slots: fields.metaVersion }) })
);

/** Who said it does not count (C1). */
const saidByNobody = (record: MemberRecord) => ({ ...record, by: bootOf("-") });

Deno.test("join() does not depend on the order or the number of accounts (C1)", () => {
  fc.assert(fc.property(account, account, account, (a, b, c) => {
    const same = (left: MemberRecord, right: MemberRecord) =>
      assert.deepEqual(saidByNobody(left), saidByNobody(right));
    same(join(a, b), join(b, a));
    same(join(join(a, b), c), join(a, join(b, c)));
    same(join(a, a), a);
    same(join(join(a, b), b), join(a, b));
  }));
});

Deno.test("join() never lowers anything, and gives back what was known when nothing is new", () => {
  fc.assert(fc.property(account, account, (known, told) => {
    const joined = join(known, told);
    assert.ok(!outranks(known, joined) && !outranks(told, joined));
    assert.ok(joined.metaVersion >= Math.max(known.metaVersion, told.metaVersion));
    assert.ok(joined.bornMs >= Math.max(known.bornMs, told.bornMs));
    assert.equal(join(joined, told), joined);
  }));
});

Deno.test("outranks() goes by incarnation, then alive < suspect < dead < left (SWIM §4.2)", () => {
  const order = [1, 2].flatMap((incarnation) =>
    STATUSES.map((status) => recordOf("b1", { incarnation, status }))
  );
  for (const [at, higher] of order.entries()) {
    for (const [below, lower] of order.entries()) {
      assert.equal(outranks(higher, lower), at > below);
    }
  }
});

Deno.test("join() takes metadata from the newer version, whatever became of the member", () => {
  const dead = recordOf("b1", { status: "dead", incarnation: 4 });
  const told = recordOf("b1", { metaVersion: 2, meta: metaOf("elsewhere:1") });
  const joined = join(dead, told);
  assert.deepEqual([joined.status, joined.meta.peer], ["dead", "elsewhere:1"]);
});

Deno.test("secondHand() makes a death a suspicion and leaves the rest (C2)", () => {
  for (const status of STATUSES) {
    const expected = status === "dead" ? "suspect" : status;
    assert.equal(secondHand(recordOf("b1", { status })).status, expected);
  }
});

Deno.test("isLaterBoot() orders any two boots, those of one moment too", () => {
  const at = (bornMs: number, boot: string) => ({ bornMs, boot: bootOf(boot) });
  assert.ok(isLaterBoot(at(2, "a"), at(1, "z")));
  assert.ok(!isLaterBoot(at(1, "z"), at(2, "a")));
  assert.ok(isLaterBoot(at(1, "z"), at(1, "a")));
  assert.ok(!isLaterBoot(at(1, "a"), at(1, "a")));
});

Deno.test("shownState() shows alive, suspect, dead, left and draining", () => {
  const shown = STATUSES.map((status) => shownState(recordOf("b1", { status })));
  assert.deepEqual(shown, ["alive", "suspect", "dead", "left"]);
  const meta = metaOf("b1:1", { draining: true });
  const draining = STATUSES.map((status) => shownState(recordOf("b1", { status, meta })));
  assert.deepEqual(draining, ["draining", "suspect", "dead", "left"]);
  const live = STATUSES.map((status) => isLive(recordOf("b1", { status })));
  assert.deepEqual(live, [true, true, false, false]);
});
