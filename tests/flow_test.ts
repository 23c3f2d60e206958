import assert from "node:assert/strict";
import { type Case, caseOf, expected, walk } from "../actors/flow/testing/model.ts";
import { NODE_STATES, type NodeStatus } from "../actors/flow/state.ts";
import { Client, type JobView } from "./support/client.ts";
import { eventually, pause } from "./support/eventually.ts";
import type { NodeProcess } from "./support/node_process.ts";
import { nodeSuite } from "./support/suite.ts";
import { Workspace } from "./support/workspace.ts";

/** A flow, as the API shows it. */
interface FlowView {
  readonly id: string;
  readonly state: string;
  readonly run: number;
  readonly callbackJobId: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly { readonly key: string; readonly state: string }[];
}

const NODES_MIN = 1_000;
const KILLS = 3;
const ENDED_WITHIN_MS = 120_000;

async function ask(client: Client, request: string, body?: unknown) {
  const [method = "GET", path = ""] = request.split(" ");
  return await client.request<FlowView>(path, {
    method,
    ...(body !== undefined &&
      { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
}

/** Waits until the flow is in one of these states. */
function reach(client: Client, id: string, ...states: string[]): Promise<FlowView> {
  let latest: FlowView | undefined;
  return eventually(async () => {
    latest = (await ask(client, `GET /flow/${id}`)).body;
    return states.includes(latest.state) ? latest : undefined;
  }, {
    what: () => `${states} of ${id}: ${latest?.state} ${JSON.stringify(latest?.counts)}`,
    withinMs: ENDED_WITHIN_MS,
    everyMs: 100,
  });
}

async function jobOf(client: Client, id: string): Promise<JobView> {
  return (await client.request<JobView>(`/job/${encodeURIComponent(id)}`)).body;
}

/** A random flow of at least so many nodes, some of which fail. */
function largeCase(): Case {
  for (let seed = 1;; seed++) {
    const pick = walk(seed);
    const { plan, endings } = caseOf(pick, 1_400);
    if (plan.nodes.length < NODES_MIN) continue;
    return { plan, endings: endings.map((ending) => ending === "cancel" ? "ok" : ending) };
  }
}

function requestOf({ plan, endings }: Case) {
  const keys = plan.nodes.map(({ key }) => key);
  return {
    onFailure: plan.onFailure,
    jobs: plan.nodes.map(({ key, edges }, at) => ({
      key,
      job: {
        name: "errand",
        payload: { ms: at % 10, fail: endings[at] === "fail" },
        retry: { attempts: 1 },
      },
      dependsOn: edges.map(({ parent, policy }) => ({ key: keys[parent], onFailure: policy })),
    })),
    callback: { name: "errand" },
  };
}

/** Keys in the order in which the ledger has `what` of them. */
function noted(lines: readonly string[], { what, flow }: { what: string; flow: string }): string[] {
  return lines.flatMap((line) => {
    const [word, job = ""] = line.split(" ");
    return word === what && job.startsWith(`${flow}/`) ? [job.slice(flow.length + 1)] : [];
  });
}

/** Kills the node at moments that are spread over the flow. */
async function killAlong(
  workspace: Workspace,
  cluster: { node: NodeProcess },
  { client, id, jobs }: { readonly client: Client; readonly id: string; readonly jobs: number },
): Promise<void> {
  for (let kill = 1; kill <= KILLS; kill++) {
    await eventually(async () => {
      const { counts } = (await ask(client, `GET /flow/${id}`)).body;
      const over = counts["completed"]! + counts["failed"]!;
      return over >= jobs * kill / (KILLS + 1) || undefined;
    }, { what: `part ${kill} of the flow`, withinMs: ENDED_WITHIN_MS });
    await pause(Math.random() * 50);
    await cluster.node.end("SIGKILL");
    cluster.node = await workspace.start();
  }
}

Deno.test(`a flow of ${NODES_MIN} nodes over ${KILLS} kills -9: order respected, each job completed once, the end as its policies say`, async () => {
  await using workspace = await Workspace.create({ handlers: ["errand"] });
  const cluster = { node: await workspace.start() };
  const client = new Client(() => cluster.node.url);
  const one = largeCase();
  const id = "large";
  const begun = performance.now();
  const made = await ask(client, "POST /flow", { ...requestOf(one), id });
  assert.equal(made.status, 202);
  const { nodes, state } = expected(one);
  const runs = nodes.replaceAll("s", "").length;
  await killAlong(workspace, cluster, { client, id, jobs: runs });
  const flow = await reach(client, id, "completed", "failed");
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  console.log(`${nodes.length} nodes, ${runs} jobs, ${KILLS} kills: ${state} after ${seconds} s`);
  assert.equal(flow.state, state);
  assert.deepEqual(
    flow.jobs.map(({ state }) => state),
    [...nodes].map((status) => NODE_STATES[status as NodeStatus]),
  );
  await ranInOrder(workspace, one, id);
  for (const { key, state } of flow.jobs) {
    if (state !== "completed") continue;
    const { attempts } = await jobOf(client, `${id}/${key}`);
    assert.equal(attempts.filter(({ outcome }) => outcome === "ok").length, 1, key);
  }
  await client.reach(flow.callbackJobId ?? "", "completed");
  const lines = await workspace.ledger();
  assert.deepEqual([...new Set(noted(lines, { what: state, flow: id }))], ["~callback"]);
});

/** No job's handler began before those of all its parents had ended for good. */
async function ranInOrder(workspace: Workspace, { plan, endings }: Case, flow: string) {
  const lines = (await workspace.ledger()).filter((line) => line.includes(`${flow}/n`));
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  lines.forEach((line, at) => {
    const key = line.split("/")[1]!;
    if (!first.has(key)) first.set(key, at);
    last.set(key, at);
  });
  for (const { key, edges } of plan.nodes) {
    for (const { parent } of edges) {
      const began = first.get(key);
      const ended = last.get(plan.nodes[parent]!.key);
      if (began === undefined || ended === undefined) continue;
      assert.ok(ended < began, `${key} began before ${plan.nodes[parent]!.key} had ended`);
    }
  }
  const skipped = [...expected({ plan, endings }).nodes].map((end) => end === "s");
  assert.deepEqual(plan.nodes.map(({ key }) => !first.has(key)), skipped);
}

const errand = (payload: unknown = {}) => ({ name: "errand", payload, retry: { attempts: 1 } });

nodeSuite("flows", { handlers: ["errand"] }, {
  "a handler in a worker is told what its parents left, and jobs are found by their flow": async (
    { client },
  ) => {
    await ask(client, "POST /flow", {
      id: "told",
      jobs: [
        { key: "echo", job: { name: "echo", payload: { n: 7 } } },
        { key: "fail", job: errand({ fail: true }) },
        {
          key: "last",
          job: errand(),
          dependsOn: ["echo", { key: "fail", onFailure: "ignore" }],
        },
      ],
    });
    const flow = await reach(client, "told", "completed", "failed");
    assert.equal(flow.state, "completed");
    const { result } = await jobOf(client, "told/last");
    assert.deepEqual(result, {
      parents: {
        echo: { state: "completed", result: { n: 7 } },
        fail: { state: "failed", error: { name: "Error", message: "it was told to fail" } },
      },
    });
    const list = await client.request<{ jobs: JobView[] }>("/jobs?flowId=told");
    assert.equal(list.body.jobs.length, 3);
  },

  "a cancel stops what runs and gives up what waits": async ({ client, workspace }) => {
    await ask(client, "POST /flow", {
      id: "stopped",
      jobs: [
        { key: "long", job: errand({ ms: 60_000 }) },
        { key: "after", job: errand(), dependsOn: [{ key: "long", onFailure: "ignore" }] },
      ],
    });
    await eventually(
      async () => (await workspace.ledger()).includes("start stopped/long") || undefined,
      {
        what: "the start",
      },
    );
    assert.equal((await ask(client, "DELETE /flow/stopped")).status, 202);
    const flow = await reach(client, "stopped", "cancelled");
    assert.deepEqual(flow.jobs.map(({ state }) => state), ["cancelled", "cancelled"]);
    assert.equal((await jobOf(client, "stopped/long")).state, "cancelled");
  },

  "a retry runs what failed again and then what was skipped": async ({ client, workspace }) => {
    const jobs = [
      { key: "charge", job: errand() },
      { key: "ship", job: errand({ fail: true }), dependsOn: ["charge"] },
      { key: "thank", job: errand(), dependsOn: ["ship"] },
    ];
    await ask(client, "POST /flow", { id: "again", jobs, callback: { name: "errand" } });
    assert.equal((await reach(client, "again", "failed")).counts["skipped"], 1);
    await Deno.writeTextFile(workspace.path("mended"), "yes");
    assert.equal((await ask(client, "POST /flow/again/retry")).status, 200);
    const flow = await reach(client, "again", "completed");
    assert.equal(flow.run, 2);
    await client.reach(flow.callbackJobId ?? "", "completed");
    const lines = await workspace.ledger();
    assert.deepEqual(noted(lines, { what: "start", flow: "again" }), [
      ...["charge", "ship", "ship", "thank"],
    ]);
    assert.deepEqual(noted(lines, { what: "failed", flow: "again" }), ["~callback"]);
    assert.deepEqual(noted(lines, { what: "completed", flow: "again" }), ["~callback-2"]);
  },
});
