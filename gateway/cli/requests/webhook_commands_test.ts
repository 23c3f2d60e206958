import assert from "node:assert/strict";
import { planned as plannedOf } from "../testing/planned.ts";

const planned = (...args: string[]) => plannedOf(args);

const WEBHOOK = {
  ...{ id: "in", status: "failing", url: "https://example.com/in", waiting: 3, lost: 0 },
  lastError: { message: "answered 500", at: "2027-01-01T00:00:00.000Z" },
};

Deno.test("a webhook is made with filters, and its secret is printed once", () => {
  const filters = [
    "--states",
    "completed,failed",
    "--queues",
    "mail*",
    "--tag",
    "eu",
    "--tag",
    "us",
  ];
  const plan = planned("webhook", "create", "in", "https://example.com/in", ...filters);
  assert.deepEqual([plan.method, plan.path], ["POST", "/webhook"]);
  assert.deepEqual(JSON.parse(plan.body ?? ""), {
    ...{ id: "in", url: "https://example.com/in", states: ["completed", "failed"] },
    ...{ queues: ["mail*"], names: [], tags: ["eu", "us"] },
  });
  const made = plan.show({ ...WEBHOOK, lastError: null, signingSecret: "whsec_abc" });
  assert.equal(made, "in  failing  https://example.com/in  3 waiting\nwhsec_abc");
});

Deno.test("webhooks are listed with what waits, what is lost and why", () => {
  const plan = planned("webhooks");
  const shown = plan.show({ webhooks: [WEBHOOK, { ...WEBHOOK, id: "out", lost: 2 }] });
  assert.deepEqual(shown.split("\n").slice(1).map((line) => line.split(/ {2,}/).slice(3)), [
    ["3 waiting", "answered 500"],
    ["3 waiting, 2 lost", "answered 500"],
  ]);
});

Deno.test("a webhook is tried out, paused, resumed and sent for again by name", () => {
  for (const verb of ["test", "pause", "resume"]) {
    const plan = planned("webhook", verb, "in");
    assert.deepEqual([plan.method, plan.path], ["POST", `/webhook/in/${verb}`]);
  }
  const tried = planned("webhook", "test", "in");
  assert.equal(tried.show({ delivered: true, error: null }), "delivered");
  assert.equal(tried.show({ delivered: false, error: "no" }), "not delivered: no");
  const replay = planned("webhook", "replay", "in", "--sequence", "7");
  assert.deepEqual([replay.path, replay.body], ["/webhook/in/replay", '{"sequence":7}']);
});
