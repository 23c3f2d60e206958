import assert from "node:assert/strict";
import fc from "fast-check";
import { ANYONE, covers, NOBODY, permit, type Principal, type Scope, SCOPES } from "./access.ts";

const NAME = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,20}$/);

const holder = (scopes: readonly Scope[], namespaces: readonly string[] | null): Principal => ({
  ...ANYONE,
  scopes: new Set(scopes),
  namespaces,
});

Deno.test("covers() gives a namespace its own queue and those below it at a dot", () => {
  for (const queue of ["billing", "billing.eu", "billing.eu.1"]) {
    assert.ok(covers(["billing"], queue), queue);
  }
  const others = [
    "billings",
    "billing-eu",
    "billing:eu",
    "Billing",
    "bill",
    "eu.billing",
    "default",
  ];
  for (const queue of others) assert.ok(!covers(["billing"], queue), queue);
  assert.ok(covers(["mail", "billing"], "billing.eu"));
  assert.ok(!covers([], "default"));
  assert.ok(covers(null, "default"));
});

Deno.test("covers() holds for whatever names: a namespace is never a mere prefix", () => {
  fc.assert(fc.property(NAME, NAME, (namespace, queue) => {
    const below = queue === namespace || queue.startsWith(namespace + ".");
    assert.equal(covers([namespace], queue), below);
    assert.ok(covers([namespace], `${namespace}.${queue}`));
    assert.ok(!covers([`${namespace}.${queue}`], namespace));
  }));
});

Deno.test("permit() asks for the very scope: none contains another (A1)", () => {
  for (const scope of SCOPES) {
    for (const held of SCOPES) {
      const problem = permit(holder([held], null), { scope, over: "queues" });
      assert.equal(problem === null, scope === held, `${held} for ${scope}`);
      if (problem === null) continue;
      assert.equal(problem.status, 403);
      assert.match(
        problem.more.headers?.["www-authenticate"] ?? "",
        new RegExp(`scope="${scope}"`),
      );
    }
  }
});

Deno.test("permit() keeps keys with namespaces from what belongs to all (A2)", () => {
  const all = holder(SCOPES, ["billing"]);
  assert.equal(permit(all, { scope: "read", over: "cluster" })?.kind, "forbidden");
  assert.equal(permit(all, { scope: "read", over: "queues" }), null);
  assert.equal(permit(holder(SCOPES, null), { scope: "admin", over: "cluster" }), null);
});

Deno.test("permit() lets nobody do nothing but what is open", () => {
  assert.equal(permit(NOBODY, "open"), null);
  for (const scope of SCOPES) {
    assert.equal(permit(NOBODY, { scope, over: "queues" })?.kind, "forbidden");
  }
});
