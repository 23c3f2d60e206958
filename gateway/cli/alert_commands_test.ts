import assert from "node:assert/strict";
import { planCommand } from "./commands.ts";

function planned(...args: string[]) {
  const plan = planCommand(args, "http://here");
  if (plan.kind !== "plan") assert.fail(plan.problem ?? "help");
  return plan;
}

const ALERT = {
  id: "abc",
  status: "firing",
  kind: "job.failed",
  labels: { queue: "mail", name: "pay" },
  count: 3,
  last: { message: "pay failed" },
  silence: null,
};

Deno.test("alerts are listed in columns, one line each", () => {
  const plan = planned("alerts", "--status", "firing");
  assert.deepEqual([plan.method, plan.path], ["GET", "/alerts?status=firing"]);
  const silent = { ...ALERT, id: "x", silence: { until: "2027-01-01T00:00:00.000Z" } };
  assert.equal(
    plan.show({ alerts: [ALERT, silent], cursor: null }),
    [
      "abc  firing  job.failed  queue=mail name=pay  3                                         pay failed",
      "x    firing  job.failed  queue=mail name=pay  3  silent until 2027-01-01T00:00:00.000Z  pay failed",
    ].join("\n"),
  );
});

Deno.test("an incident is silenced for an hour unless told otherwise", () => {
  const plan = planned("alert", "silence", "abc", "--note", "known");
  assert.deepEqual([plan.method, plan.path], ["POST", "/alerts/abc/silence"]);
  assert.deepEqual(JSON.parse(plan.body ?? ""), { for: "1h", note: "known" });
  const back = planned("alert", "silence", "abc", "--for", "0s");
  assert.deepEqual(JSON.parse(back.body ?? ""), { for: "0s" });
  assert.equal(planned("alert", "get", "abc").path, "/alerts/abc");
});

Deno.test("a test says whether it was delivered, or why not", () => {
  const plan = planned("alert", "test", "ops");
  assert.deepEqual(JSON.parse(plan.body ?? ""), { channel: "ops" });
  assert.equal(plan.show({ delivered: true }), "delivered");
  const error = { message: "the receiver answered 403" };
  assert.equal(
    plan.show({ delivered: false, state: "failed", jobId: "j", error }),
    "not delivered; job j is failed: the receiver answered 403",
  );
});
