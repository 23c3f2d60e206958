import assert from "node:assert/strict";
import type { Plan } from "./command.ts";
import { planCommand } from "./commands.ts";

function planned(...args: string[]): Plan {
  const plan = planCommand(args, "http://node:1");
  if (plan.kind === "usage") assert.fail(`no plan: ${plan.problem}`);
  return plan;
}

function problem(...args: string[]): string | null {
  const plan = planCommand(args, "http://node:1");
  if (plan.kind === "plan") assert.fail("there is a plan");
  return plan.problem;
}

Deno.test("planCommand() makes a submission of a name, a payload and options", () => {
  const plan = planned(
    ...["submit", "mail", '{"to":"x"}', "--delay", "10m", "--priority", "9", "--attempts", "5"],
    ...["--tag", "eu", "--tag", "b7", "--idempotency-key", "k1", "--json"],
  );
  assert.deepEqual([plan.method, plan.path, plan.url, plan.json], [
    "POST",
    "/job",
    "http://node:1",
    true,
  ]);
  assert.deepEqual(JSON.parse(plan.body ?? ""), {
    name: "mail",
    payload: { to: "x" },
    delay: "10m",
    priority: 9,
    retry: { attempts: 5 },
    tags: ["eu", "b7"],
  });
  assert.deepEqual(plan.headers, { "content-type": "application/json", "idempotency-key": "k1" });
});

Deno.test("planCommand() makes a submission of a shared key and its rule", () => {
  const cases: [string[], unknown][] = [
    [["--unique", "k"], { unique: { key: "k" } }],
    [["--unique", "k", "--window", "1h", "--on-conflict", "keep"], {
      unique: { key: "k", window: "1h", onConflict: "keep" },
    }],
    [["--debounce", "k", "--wait", "5s", "--max-wait", "1m"], {
      debounce: { key: "k", wait: "5s", maxWait: "1m" },
    }],
    [["--throttle", "k", "--every", "1m"], { throttle: { key: "k", every: "1m" } }],
  ];
  for (const [options, fields] of cases) {
    const { body } = planned("submit", "mail", ...options);
    assert.deepEqual(JSON.parse(body ?? ""), { name: "mail", ...fields as object });
  }
});

Deno.test("retry takes another payload; failed lists failures with their reasons", () => {
  const retry = planned("retry", "job-1", "--payload", '{"to":"x"}');
  assert.deepEqual([retry.method, retry.path, retry.body], [
    ...["POST", "/job/job-1/retry", '{"payload":{"to":"x"}}'],
  ]);
  assert.deepEqual(retry.headers, { "content-type": "application/json" });
  assert.equal(planned("retry", "job-1").body, null);
  assert.match(problem("retry", "job-1", "--payload", "{") ?? "", /--payload is not JSON/);
  const failed = planned("failed", "--queue", "mail", "--limit", "5");
  assert.equal(failed.path, "/jobs?state=failed&queue=mail&limit=5");
  const error = { name: "TypeError", message: "no\nlist" };
  const jobs = [
    { id: "1", name: "mail", finishedAt: "2027-01-01T00:00:00.000Z", error },
    { id: "22", name: "mail", finishedAt: "2027-01-01T00:00:00.000Z", error: null },
  ];
  assert.equal(
    failed.show({ jobs, cursor: "c" }),
    "1   mail  2027-01-01T00:00:00.000Z  TypeError: no\n" +
      "22  mail  2027-01-01T00:00:00.000Z  -:\nmore: --cursor c",
  );
});

Deno.test("planCommand() encodes ids in paths", () => {
  assert.deepEqual(
    ["get", "cancel", "retry", "logs"].map((name) => {
      const { method, path } = planned(name, "order-7/charge");
      return `${method} ${path}`;
    }),
    [
      "GET /job/order-7%2Fcharge",
      "DELETE /job/order-7%2Fcharge",
      "POST /job/order-7%2Fcharge/retry",
      "GET /job/order-7%2Fcharge/logs",
    ],
  );
});

Deno.test("planCommand() turns filters into a query", () => {
  assert.equal(planned("list").path, "/jobs");
  assert.equal(
    planned("list", "--state", "failed", "--tag", "a=b").path,
    "/jobs?state=failed&tag=a%3Db",
  );
  assert.equal(planned("logs", "x", "--after", "5").path, "/job/x/logs?after=5");
  assert.equal(planned("counts", "--url", "http://other").url, "http://other");
});

Deno.test("planCommand() says what is wrong with the arguments", () => {
  assert.equal(problem(), null);
  assert.equal(problem("--help"), null);
  assert.match(problem("launch") ?? "", /unknown command: launch/);
  assert.match(problem("constructor") ?? "", /unknown command/);
  assert.match(problem("get") ?? "", /takes 1 operands/);
  assert.match(problem("get", "a", "b") ?? "", /takes 1 operands/);
  assert.match(problem("get", "a", "--tag", "x") ?? "", /get takes no --tag/);
  assert.match(problem("get", "a", "--nope") ?? "", /nope/);
  assert.match(problem("submit", "mail", "{oops") ?? "", /PAYLOAD is not JSON/);
  assert.match(problem("submit", "mail", "--priority", "high") ?? "", /--priority takes a number/);
});

Deno.test("plans show answers to people", () => {
  const job = { id: "j1", state: "pending", name: "mail", runAt: "2027-01-01T00:00:00.000Z" };
  const line = "j1  pending  mail  2027-01-01T00:00:00.000Z";
  assert.equal(planned("cancel", "j1").show(job), line);
  assert.equal(planned("list").show({ jobs: [job], cursor: "c" }), `${line}\nmore: --cursor c`);
  assert.equal(planned("list").show({ jobs: [], cursor: null }), "");
  assert.equal(planned("list").show({ jobs: [], cursor: "c" }), "more: --cursor c");
  assert.equal(planned("logs", "j1").show({ lines: [{ n: 1, text: "one" }], next: 1 }), "one");
  assert.equal(
    planned("counts").show({ queues: { default: { pending: 2, failed: 0 } }, total: 2 }),
    "default  pending 2\ntotal  2",
  );
});

Deno.test("planCommand() lists the nodes in columns, and drains one", () => {
  const load = { running: 3, slots: 100 };
  const nodes = [
    {
      id: "a",
      state: "alive",
      roles: ["gateway", "worker"],
      shards: 128,
      load,
      http: "http://127.0.0.1:8080",
      peer: "127.0.0.1:7400",
    },
    { id: "long", state: "draining", roles: ["worker"], shards: 0, load, http: null, peer: null },
  ];
  assert.equal(planned("nodes").path, "/cluster");
  assert.equal(
    planned("nodes").show({ nodes }),
    "a     alive     gateway,worker  128 shards  3/100 running  http://127.0.0.1:8080  127.0.0.1:7400\n" +
      "long  draining  worker          0 shards    3/100 running  -                      -",
  );
  const drain = planned("drain", "b/1");
  assert.deepEqual([drain.method, drain.path], ["POST", "/cluster/node/b%2F1/drain"]);
  assert.equal(drain.show({ id: "b", state: "draining" }), "b  draining");
});
