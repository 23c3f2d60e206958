/**
 * DashboardNode: a node with something on every page of the dashboard, and with texts that would run in a page
 * that takes them for markup.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Client } from "./client.ts";
import { eventually } from "./eventually.ts";
import type { NodeProcess } from "./node_process.ts";
import { Workspace } from "./workspace.ts";

/** Sets `globalThis.hurt` wherever it becomes markup. */
export const HOSTILE = '<img src=x onerror="globalThis.hurt=1"><script>globalThis.hurt=1</script>';

/** The trace of the job "broken". */
export const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

const CONFIG = {
  dashboard: { traceUrl: "https://traces.example/trace/{traceId}" },
  queues: {
    mail: { concurrency: 2, rate: { limit: 600, per: "minute" }, perKey: { concurrency: 1 } },
  },
  alerts: {
    channels: { ops: { type: "webhook", url: "https://ops.example/hook" } },
    rules: [{ on: ["job.failed"], channels: ["ops"], group: "5m" }],
  },
};

/** It has steps, logs and progress, and fails as often as it is told to. */
const ORDER = `
export default { name: "process-order", async run(ctx, { fails = 0, ms = 0, text = "" }) {
  await ctx.step("charge the card", () => ({ receipt: "r-1187", amount: 4200 }));
  await ctx.step("reserve " + text, () => ({ warehouse: text || "north" }));
  for (let n = 1; n <= 12; n++) ctx.log("packed item " + n + " of 12 " + text);
  await ctx.progress(60);
  if (ms > 0) await new Promise((resume) => setTimeout(resume, ms));
  if (ctx.attempt <= fails) throw Object.assign(new Error("no carrier took the parcel " + text), { name: "CarrierError" });
  return { shipped: true, text };
} };`;

/** Sends a request that must succeed; `request` is a method and a path. */
export async function send(
  client: Client,
  request: string,
  body: unknown,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const [method = "", path = ""] = request.split(" ");
  const headers = { "content-type": "application/json", ...more };
  const { status, body: answer } = await client.request(path, {
    method,
    body: JSON.stringify(body),
    headers,
  });
  assert.ok(status < 300, `${request}: ${status} ${JSON.stringify(answer)}`);
}

/** Starts it. `config`: sections beside its own. */
export async function startDashboardNode(
  config: Readonly<Record<string, unknown>> = {},
): Promise<{ workspace: Workspace; node: NodeProcess; client: Client }> {
  const workspace = await Workspace.create({ config: { ...CONFIG, ...config } });
  await workspace.writeHandler("order", ORDER);
  return { workspace, ...await workspace.serve() };
}

/** Puts something on every page. */
export async function fill(client: Client): Promise<void> {
  for (let n = 0; n < 120; n++) {
    const job = { id: `echo-${n}`, name: "echo", queue: n % 3 === 0 ? "mail" : "default" };
    await send(client, "POST /job", { ...job, payload: { n }, tags: ["demo", `n:${n % 5}`] });
  }
  await send(client, "POST /job", { id: "later", name: "echo", delay: "1h", queue: "reports.eu" });
  const order = { name: "process-order", queue: "orders" };
  const retry = { attempts: 3, base: "150ms", jitter: 0 };
  const payload = { fails: 9, ms: 40 };
  const traced = { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` };
  const broken = { ...order, id: "broken", payload, retry, tags: ["eu"] };
  await send(client, "POST /job", broken, traced);
  const hostile = { fails: 2, text: HOSTILE };
  await send(client, "POST /job", {
    ...order,
    id: "hostile",
    payload: hostile,

    retry,
  });
  await send(client, "POST /job", { ...order, id: "slow", payload: { ms: 600_000 }, priority: 5 });
  for (let n = 0; n < 3; n++) {
    const sleeper = { name: "sleep", queue: "mail", payload: { ms: 600_000 } };
    await send(client, "POST /job", sleeper);
  }
  await schedules(client);
  await send(client, "POST /flow", { id: "order-7", jobs: flowJobs() });
  await eventually(async () => {
    const states = await Promise.all(
      ["broken", "hostile"].map(async (id) =>
        (await client.request<{ state: string }>(`/job/${id}`)).body.state
      ),
    );
    return states.join() === "failed,completed" ? true : undefined;
  }, { what: () => "the jobs that fail" });
}

async function schedules(client: Client): Promise<void> {
  const job = { name: "echo" };
  const berlin = { timezone: "Europe/Berlin", job };
  await send(client, "PUT /schedule/nightly", { cron: "0 2 * * *", ...berlin });
  await send(client, "PUT /schedule/every-minute-report", { every: "1m", job });
  await send(client, "POST /schedule/every-minute-report/trigger", {});
  await send(client, "PUT /schedule/month-end", { rrule: "FREQ=MONTHLY;BYDAY=-1FR", ...berlin });
  await send(client, "POST /schedule/month-end/pause", { note: `until the audit ${HOSTILE}` });
}

function flowJobs() {
  const job = { name: "echo" };
  return [
    { key: "charge", job },
    { key: "pack", job, dependsOn: ["charge"] },
    { key: "label", job, dependsOn: ["charge"] },
    { key: "invoice", job, dependsOn: ["charge"] },
    { key: "ship", job: { ...job, delay: "1h" }, dependsOn: ["pack", "label"] },
    { key: "tell-customer", job, dependsOn: ["ship", { key: "invoice", onFailure: "ignore" }] },
    { key: "refund", job, dependsOn: [{ key: "ship", onFailure: "compensate" }] },
  ];
}
