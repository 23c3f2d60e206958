import assert from "node:assert/strict";
import fc from "fast-check";
import { KINDS, LABELS } from "../../config/alert_rules.ts";
import { ALERT_KINDS, LABEL_NAMES, oneLine } from "./event.ts";
import { concerns, fits, labelsOf } from "./rule.ts";
import { eventOf, ruleOf } from "./testing/samples.ts";

Deno.test("the configuration knows every kind of event and every label", () => {
  assert.deepEqual([[...KINDS], [...LABELS]], [[...ALERT_KINDS], [...LABEL_NAMES]]);
});

Deno.test("concerns() asks for the kind, and that every label that is matched fits", () => {
  const event = eventOf({ labels: { queue: "mail", name: "send-invoice" }, tags: ["eu", "vip"] });
  const cases: [Parameters<typeof ruleOf>[0], boolean][] = [
    [{}, true],
    [{ on: ["sla.start", "job.failed"] }, true],
    [{ on: ["sla.start"] }, false],
    [{ match: { queue: ["mail"] } }, true],
    [{ match: { queue: ["default", "m*"] } }, true],
    [{ match: { queue: ["mail"], name: ["get-*"] } }, false],
    [{ match: { tag: ["v*"] } }, true],
    [{ match: { tag: ["us"] } }, false],
    [{ match: { schedule: ["*"] } }, false],
  ];
  for (const [rule, yes] of cases) {
    assert.equal(concerns(ruleOf(rule), event), yes, JSON.stringify(rule));
  }
});

Deno.test("labelsOf() groups by what is usual for a kind, or by what the rule says", () => {
  const event = eventOf({ labels: { queue: "mail", name: "pay", node: "a" } });
  assert.deepEqual(labelsOf(ruleOf(), event), { queue: "mail", name: "pay" });
  assert.deepEqual(labelsOf(ruleOf({ groupBy: ["node", "schedule"] }), event), { node: "a" });
  assert.deepEqual(labelsOf(ruleOf({ groupBy: [] }), event), {});
});

Deno.test("fits() is what a regular expression with .* would say", () => {
  const text = fc.array(fc.constantFrom("a", "b", "."), { maxLength: 8 }).map((all) =>
    all.join("")
  );
  const pattern = fc.array(fc.constantFrom("a", "b", ".", "*"), { maxLength: 8 })
    .map((all) => all.join(""));
  fc.assert(fc.property(text, pattern, (text, pattern) => {
    const source = pattern.replaceAll(".", "\\.").replaceAll("*", ".*");
    assert.equal(fits(text, pattern), new RegExp(`^${source}$`).test(text));
  }));
});

Deno.test("oneLine() is one line, and not endless", () => {
  assert.equal(oneLine(" a\n  b\t"), "a b");
  assert.equal(oneLine("x".repeat(9_999)).length, 500);
});
