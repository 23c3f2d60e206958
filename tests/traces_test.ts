import assert from "node:assert/strict";
import type { Client, JobView } from "./support/client.ts";
import { OtlpCollector, type ReceivedSpan } from "./support/otlp_collector.ts";
import { Receiver } from "./support/receiver.ts";
import { spanNamed, treeOf } from "./support/traces.ts";
import { Workspace, type WorkspaceOptions } from "./support/workspace.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CLIENT_SPAN = "b7ad6b7169203331";
/** The status of an error, as the protocol numbers it. */
const ERROR = 2;

/** A job that the API shows with its trace. */
type Traced = JobView & { readonly traceId: string | null };

/** A node whose spans come to `collector`; `env`: more of its environment. */
async function start(
  { env = {}, ...options }: WorkspaceOptions & { readonly env?: Record<string, string> } = {},
) {
  const collector = OtlpCollector.start();
  const workspace = await Workspace.create(options);
  const { client, node } = await workspace.serve({
    args: ["--id", "a"],
    env: { ...collector.env("a"), ...env },
  });
  return {
    collector,
    client,
    process: node,
    async [Symbol.asyncDispose]() {
      await workspace[Symbol.asyncDispose]();
      await collector[Symbol.asyncDispose]();
    },
  };
}

/** Sends `body` as part of a trace of the client's. */
async function post<Body>(
  client: Client,
  path: string,
  { body, trace = TRACE, flags = "01" }: {
    readonly body: unknown;
    readonly trace?: string;
    readonly flags?: string;
  },
): Promise<Body> {
  const answer = await client.request<Body>(path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      traceparent: `00-${trace}-${CLIENT_SPAN}-${flags}`,
    },
    body: JSON.stringify(body),
  });
  return answer.body;
}

const isIn = (trace: string) => ({ traceId }: ReceivedSpan) => traceId === trace;

Deno.test("a job is one trace from its request to its last attempt, the failed ones errors", async () => {
  await using node = await start({ handlers: ["flaky"] });
  const plan = ["one", "two"].map((message) => ({ name: "RangeError", message }));
  const body = { name: "flaky", payload: { plan }, retry: { attempts: 2, base: 10 } };
  const job = await post<Traced>(node.client, "/job", { body });
  assert.equal(job.traceId, TRACE);
  const spans = await node.collector.until(5, isIn(TRACE));
  assert.deepEqual(treeOf(spans), [
    "POST /job @a",
    "  submit default @a",
    "    process default @a error: one",
    "    process default @a error: two",
    "    settle default @a error: two",
  ]);
  const { attributes } = spanNamed(spans, "settle default");
  assert.deepEqual(
    [attributes["orrery.job.state"], attributes["orrery.job.attempts"]],
    ["failed", 2],
  );
});

Deno.test("a job of a request that is not sampled makes no spans and keeps its trace id", async () => {
  await using node = await start();
  const unseen = TRACE.replace("0af", "1af");
  const body = { name: "noop" };
  const job = await post<Traced>(node.client, "/job", { body, trace: unseen, flags: "00" });
  assert.equal(job.traceId, unseen);
  await node.client.finish(job.id);
  await post(node.client, "/job", { body });
  await node.collector.until(3, isIn(TRACE));
  assert.deepEqual(node.collector.spans.filter(isIn(unseen)), []);
});

Deno.test("jobs that are sent together are part of their request", async () => {
  await using node = await start();
  const body = [{ name: "noop" }, { name: "noop", queue: "mail" }];
  await post(node.client, "/jobs", { body });
  const spans = await node.collector.until(3, isIn(TRACE));
  assert.deepEqual(treeOf(spans).toSorted(), [
    "  process default @a",
    "  process mail @a",
    "POST /jobs @a",
  ]);
});

Deno.test("a node that is drained sends the spans that it has", async () => {
  const never = "3600000";
  await using node = await start({ env: { OTEL_BSP_SCHEDULE_DELAY: never } });
  const { id } = await post<Traced>(node.client, "/job", { body: { name: "noop" } });
  await node.client.finish(id);
  assert.deepEqual(node.collector.spans, []);
  await node.process.end("SIGTERM");
  const spans = await node.collector.until(3, isIn(TRACE));
  assert.deepEqual(treeOf(spans), [
    "POST /job @a",
    "  submit default @a",
    "    process default @a",
  ]);
});

Deno.test("requests that inline handlers send are part of their own attempts", async () => {
  await using receiver = Receiver.start();
  await using node = await start({ config: { executors: { http: { allowPrivate: true } } } });
  await post(node.client, "/job", { body: { name: "http", payload: { url: receiver.url } } });
  const spans = await node.collector.until(4, isIn(TRACE));
  assert.deepEqual(treeOf(spans), [
    "POST /job @a",
    "  submit default @a",
    "    process default @a",
    "      GET @a",
  ]);
  const [request] = await receiver.took(1);
  const sent = request?.headers.get("traceparent");
  assert.equal(sent, `00-${TRACE}-${spanNamed(spans, "GET").spanId}-01`);
});

Deno.test("all jobs of a flow, its callback too, belong to the trace of its submission", async () => {
  await using node = await start();
  const noop = { name: "noop" };
  const jobs = [
    { key: "first", job: noop },
    { key: "then", job: { ...noop, queue: "later" }, dependsOn: ["first"] },
  ];
  await post(node.client, "/flow", { body: { jobs, callback: { ...noop, queue: "last" } } });
  const spans = await node.collector.until(5, isIn(TRACE));
  assert.deepEqual(treeOf(spans), [
    "POST /flow @a",
    "  submit flow @a",
    "    process default @a",
    "    process later @a",
    "    process last @a",
  ]);
});

Deno.test("each fire of a schedule is a trace of its own, linked to the request that made the schedule", async () => {
  await using node = await start();
  const body = { id: "often", every: "1s", job: { name: "noop", queue: "cron" } };
  await post(node.client, "/schedule", { body });
  const fires = await node.collector.until(2, ({ name }) => name === "fire cron");
  const [made] = await node.collector.until(1, ({ name }) => name === "POST /schedule");
  const [first, second] = fires as [ReceivedSpan, ReceivedSpan];
  assert.notEqual(first.traceId, second.traceId);
  for (const fire of [first, second]) {
    assert.deepEqual([fire.parentId, fire.links], [
      "",
      [{ traceId: TRACE, spanId: made?.spanId }],
    ]);
    const trace = await node.collector.until(2, isIn(fire.traceId));
    assert.deepEqual(treeOf(trace), ["fire cron @a", "  process cron @a"]);
    const id = String(fire.attributes["messaging.message.id"]);
    const { body } = await node.client.request<Traced>(`/job/${encodeURIComponent(id)}`);
    assert.equal(body.traceId, fire.traceId);
  }
});

Deno.test("what tells a channel of a failure is a trace of its own, linked to the job that failed", async () => {
  await using receiver = Receiver.start();
  const channels = { ops: { type: "webhook", url: receiver.url, allowPrivate: true } };
  const rules = [{ on: ["job.failed"], channels: ["ops"], group: 10 }];
  await using node = await start({ config: { alerts: { channels, rules } } });
  await post(node.client, "/job", { body: { name: "fail", retry: { attempts: 1 } } });
  const [alert] = await node.collector.until(1, ({ name }) => name === "alert orrery.alerts");
  const failed = await node.collector.until(4, isIn(TRACE));
  const { spanId } = spanNamed(failed, "submit default");
  assert.deepEqual(alert?.links, [{ traceId: TRACE, spanId }]);
  const spans = await node.collector.until(2, isIn(alert?.traceId ?? ""));
  assert.deepEqual(treeOf(spans).slice(0, 2), [
    "alert orrery.alerts @a",
    "  process orrery.alerts @a",
  ]);
  assert.equal(spanNamed(failed, "process default").status.code, ERROR);
  await receiver.took(1);
});
