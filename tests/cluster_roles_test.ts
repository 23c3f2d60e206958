import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { type LedgerLine, readLedger } from "./support/audit.ts";
import type { JobView } from "./support/client.ts";
import { ClusterRig, type ClusterView, type RigNode, SHARDS } from "./support/cluster_rig.ts";
import { eventually } from "./support/eventually.ts";
import { readEvents, type ServerEvent } from "./support/event_source.ts";

/** Without a Redis there is no cluster to test; the test command says how to get one. */
const ignore = !await hasRedis();
const CLI = new URL("../gateway/cli.ts", import.meta.url).pathname;
const SLOTS: Readonly<Record<string, number>> = { gate: 0, light: 2, heavy: 5 };

/** A gateway, and two workers of which one weighs twice as much. */
async function start(): Promise<ClusterRig> {
  const rig = await ClusterRig.start(["gate", "light", "heavy"], {
    handlers: ["ledger"],
    args: {
      gate: ["--roles", "gateway"],
      light: ["--roles", "worker", "--slots", "2"],
      heavy: ["--roles", "worker", "--slots", "5", "--weight", "2"],
    },
  });
  await rig.agreed();
  return rig;
}

/** How many shards each node owns, by name. */
function sharesOf(nodes: ClusterView["nodes"]): Record<string, number> {
  return Object.fromEntries(nodes.map(({ id, shards }) => [id, shards]));
}

/** What `cli nodes` prints, word by word. */
async function cliNodes(url: string): Promise<string[][]> {
  const args = ["run", "--allow-all", CLI, "nodes", "--url", url];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert.equal(code, 0);
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => line.split(/\s+/));
}

/** The most attempts that ran on each node at once, as the handlers saw it. */
function mostAtOnce(jobs: readonly JobView[], ledger: readonly LedgerLine[]): Map<string, number> {
  const nodes = new Map(jobs.map(({ id, attempts }) => [id, attempts[0]?.node ?? "none"]));
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  for (const { what, jobId } of ledger) {
    const node = nodes.get(jobId) ?? "unknown";
    const now = (running.get(node) ?? 0) + (what === "start" ? 1 : -1);
    running.set(node, now);
    most.set(node, Math.max(now, most.get(node) ?? 0));
  }
  return most;
}

Deno.test(
  "a gateway owns and runs nothing, a worker answers health alone, and weights are shares",
  { ignore },
  async () => {
    await using rig = await start();
    const [gate, light, heavy] = rig.nodes as [RigNode, RigNode, RigNode];
    const nodes = await eventually(async () => {
      const { nodes } = await rig.view(gate);
      const { gate: none, light: third = 0, heavy: rest = 0 } = sharesOf(nodes);
      const fair = none === 0 && Math.abs(third - SHARDS / 3) < SHARDS / 30;
      return fair && third + rest === SHARDS ? nodes : undefined;
    }, { what: () => "shares of a third and two thirds", withinMs: 15_000, everyMs: 50 });
    const of = (name: string) => nodes.find(({ id }) => id === name) ?? assert.fail(name);
    assert.deepEqual(nodes.map(({ id, roles }) => [id, ...roles]).sort(), [
      ["gate", "gateway"],
      ["heavy", "worker"],
      ["light", "worker"],
    ]);
    assert.deepEqual([of("gate").http, of("light").http], [gate.process.url, null]);
    for (const { id, load } of nodes) assert.equal(load.slots, SLOTS[id], id);
    const rows = await cliNodes(gate.process.url);
    assert.deepEqual(rows.slice(1).map(([id, , roles]) => `${id} ${roles}`).sort(), [
      "gate gateway",
      "heavy worker",
      "light worker",
    ]);
    for (const worker of [light, heavy]) {
      const statusOf = async (path: string) => (await worker.client.request(path)).status;
      assert.deepEqual([await statusOf("/healthz"), await statusOf("/readyz")], [200, 200]);
      for (const path of ["/", "/cluster", "/jobs", "/events", "/openapi.json"]) {
        assert.equal(await statusOf(path), 404, path);
      }
      assert.equal((await worker.client.post({ name: "noop" })).status, 404);
      assert.ok((await worker.process.children()).length > 0);
    }
    assert.deepEqual(await gate.process.children(), [], "hosts of handlers on a gateway");
  },
);

Deno.test(
  "jobs that a gateway takes in run on the workers, within the slots of each",
  { ignore },
  async () => {
    await using rig = await start();
    const gate = rig.nodes[0] as RigNode;
    const jobs = Array.from({ length: 28 }, () => ({ name: "ledger", payload: { ms: 300 } }));
    const { body } = await gate.client.bulk(jobs);
    assert.equal(body.accepted, jobs.length);
    const ended = await Promise.all(body.jobs.map(({ id }) => gate.client.finish(id)));
    assert.ok(ended.every(({ state }) => state === "completed"));
    const most = mostAtOnce(ended, readLedger(await rig.workspace.ledger()));
    assert.deepEqual([...most].sort(), [["heavy", SLOTS["heavy"]], ["light", SLOTS["light"]]]);
  },
);

Deno.test(
  "a worker is drained through a gateway; a gateway that dies takes no attempt with it",
  { ignore },
  async () => {
    await using rig = await start();
    const [gate, light] = rig.nodes as [RigNode, RigNode, RigNode];
    const { status } = await gate.client.send("/cluster/node/light/drain");
    assert.equal(status, 202);
    assert.equal((await light.process.exit()).code, 0);
    const { id } = await gate.client.submit({ name: "sleep", payload: { ms: 2_000 } });
    await gate.client.reach(id, "running");
    await gate.process.end("SIGKILL");
    await rig.restart(gate);
    const { attempts } = await gate.client.finish(id);
    assert.deepEqual(attempts.map(({ node, outcome }) => [node, outcome]), [["heavy", "ok"]]);
  },
);

Deno.test(
  "a gateway takes jobs in before there is a worker; the first one runs them, and any gateway tells of it",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(["gate"], { args: { gate: ["--roles", "gateway"] } });
    const gate = rig.nodes[0] as RigNode;
    const { id } = await gate.client.submit({ name: "echo", payload: 1 });
    const url = `${gate.process.url}/job/${id}/events`;
    const over = (events: readonly ServerEvent[]) => events.at(-1)?.data.state === "completed";
    const following = readEvents(url, { enough: over, withinMs: 20_000 });
    await rig.add("late", { args: ["--roles", "worker"] });
    const events = await following;
    assert.deepEqual(events.map(({ data }) => data.state), ["pending", "running", "completed"]);
    assert.deepEqual((await gate.client.job(id)).attempts.map(({ node }) => node), ["late"]);
  },
);
