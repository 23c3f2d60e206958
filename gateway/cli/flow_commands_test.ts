import assert from "node:assert/strict";
import type { Plan } from "./command.ts";
import { planCommand } from "./commands.ts";

function planned(...args: string[]): Plan {
  const plan = planCommand(args, "http://node:1");
  if (plan.kind === "usage") assert.fail(`no plan: ${plan.problem}`);
  return plan;
}

const FLOW = {
  ...{ id: "order-7", state: "failed", createdAt: "2027-01-01T02:00:00.000Z" },
  counts: { total: 3, waiting: 0, active: 0, completed: 1, failed: 1, cancelled: 0, skipped: 1 },
  jobs: [
    { key: "a", state: "completed", name: "noop", dependsOn: [] },
    { key: "b", state: "failed", name: "noop", dependsOn: [{ key: "a", onFailure: "fail" }] },
    { key: "c", state: "skipped", name: "mail", dependsOn: [{ key: "b", onFailure: "ignore" }] },
  ],
};
const LINE = "order-7  failed  2027-01-01T02:00:00.000Z  3 jobs: 1 completed, 1 failed, 1 skipped";

Deno.test("flow create sends the request as it is, under its id and key", () => {
  const request = '{"jobs":[{"job":{"name":"noop"}}]}';
  const plan = planned("flow", "create", request, "--id", "order-7", "--idempotency-key", "k");
  assert.deepEqual([plan.method, plan.path], ["POST", "/flow"]);
  assert.deepEqual(plan.headers, { "content-type": "application/json", "idempotency-key": "k" });
  assert.deepEqual(JSON.parse(plan.body ?? ""), { ...JSON.parse(request), id: "order-7" });
  assert.equal(planned("flow", "create", request).body, request);
  assert.equal(plan.show(FLOW), LINE);
});

Deno.test("flow create refuses what is no JSON", () => {
  const plan = planCommand(["flow", "create", "{jobs}"], "http://node:1");
  assert.equal(plan.kind === "usage" && plan.problem, "REQUEST is not JSON: {jobs}");
});

Deno.test("flow get, cancel and retry name one flow", () => {
  const commands = ["get", "cancel", "retry"].map((word) => planned("flow", word, "a+b"));
  assert.deepEqual(commands.map(({ method, path }) => `${method} ${path}`), [
    ...["GET /flow/a%2Bb", "DELETE /flow/a%2Bb", "POST /flow/a%2Bb/retry"],
  ]);
  assert.equal(
    commands[0]?.show(FLOW),
    [
      LINE,
      "  a  completed  noop",
      "  b  failed     noop  after a",
      "  c  skipped    mail  after b (ignore)",
    ].join("\n"),
  );
});

Deno.test("flows lists, and says how to go on", () => {
  const plan = planned("flows", "--state", "failed", "--limit", "1");
  assert.equal(plan.path, "/flows?state=failed&limit=1");
  assert.equal(plan.show({ flows: [FLOW], cursor: "c1" }), `${LINE}\nmore: --cursor c1`);
});
