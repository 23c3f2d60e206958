import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import type { JobView } from "./support/client.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { eventually } from "./support/eventually.ts";
import { readEvents } from "./support/event_source.ts";
import { Receiver } from "./support/receiver.ts";
import { Workspace } from "./support/workspace.ts";

/** A job with what this file is about. */
type SlaView = JobView & {
  readonly sla: { readonly startBy: string; readonly breached: readonly string[] };
};

Deno.test("a job that nobody runs is told that it is late when its deadline passes, and once", async () => {
  await using workspace = await Workspace.create();
  const { client, node } = await workspace.serve();
  await client.queue("quiet", { paused: true });
  const { id, version } = await client.submit({
    name: "noop",
    queue: "quiet",
    sla: { startWithin: 300, finishWithin: 900 },
  });
  const events = await readEvents(`${node.url}/job/${id}/events`, {
    enough: (events) => events.at(-1)?.data.version === version + 2,
    withinMs: 10_000,
  });
  const job = await client.job(id) as SlaView;
  assert.deepEqual([job.state, ...job.sla.breached], ["pending", "start", "finish"]);
  const lateMs = events.slice(-2).map(({ data }) =>
    Date.parse(String(data.at)) - Date.parse(job.createdAt)
  );
  assert.ok(lateMs[0]! >= 300 && lateMs[0]! < 800, `start noted after ${lateMs[0]} ms`);
  assert.ok(lateMs[1]! >= 900 && lateMs[1]! < 1_400, `end noted after ${lateMs[1]} ms`);
});

Deno.test("a deadline that passes while the node is killed is told at its next start", async () => {
  await using workspace = await Workspace.create();
  const { client, node } = await workspace.serve();
  await client.queue("quiet", { paused: true });
  const job = { name: "noop", queue: "quiet", sla: { succeedWithin: 400 } };
  const { id } = await client.submit(job);
  await node.end("SIGKILL");
  const next = await workspace.serve();
  await eventually(async () => {
    const { version, sla } = await next.client.job(id) as SlaView;
    // Committed, not only reckoned for the reader.
    return version > 1 && sla.breached.includes("success") ? true : undefined;
  }, { what: "a breach in the store" });
});

Deno.test(
  "with every worker dead, the node that is left tells of a missed start within 2 s of the deadline",
  { ignore: !await hasRedis() },
  async () => {
    await using receiver = Receiver.start();
    await using rig = await ClusterRig.start(["gate", "one", "two"], {
      config: {
        alerts: {
          channels: { ops: { type: "webhook", url: `${receiver.url}/ops`, allowPrivate: true } },
          rules: [{ on: ["sla.start"], channels: ["ops"] }],
        },
      },
      args: {
        gate: ["--roles", "gateway"],
        one: ["--roles", "worker"],
        two: ["--roles", "worker"],
      },
    });
    await rig.agreed();
    const [gate, ...workers] = rig.nodes as [RigNode, RigNode, RigNode];
    for (const worker of workers) worker.process.signal("SIGKILL");
    // Longer than it takes to find them dead and to take over: what is due then is due on the node that is left.
    const { id, createdAt } = await gate.client.submit({
      name: "noop",
      sla: { startWithin: "10s" },
    });
    const [notice] = await receiver.took(1, 20_000);
    const lateMs = notice!.atMs - (Date.parse(createdAt) + 10_000);
    assert.ok(lateMs >= 0 && lateMs <= 2_000, `told ${lateMs} ms after the deadline`);
    const { kind, subjects } = notice!.body["data"] as Record<string, unknown>;
    assert.deepEqual([kind, subjects], ["sla.start", [id]]);
    const { state, sla } = await gate.client.job(id) as SlaView;
    assert.deepEqual([state, sla.breached], ["pending", ["start"]]);
    // The first worker that comes runs it, and the incident is over.
    await rig.add("late", { args: ["--roles", "worker"] });
    await gate.client.finish(id);
    const [, over] = await receiver.took(2);
    assert.equal((over!.body["data"] as Record<string, unknown>)["status"], "resolved");
  },
);

Deno.test("with every slot taken, a missed start is told in time, by room that slots do not take", async () => {
  await using receiver = Receiver.start();
  await using workspace = await Workspace.create({
    config: {
      alerts: {
        channels: { ops: { type: "webhook", url: `${receiver.url}/ops`, allowPrivate: true } },
        rules: [{ on: ["sla.start"], channels: ["ops"] }],
      },
    },
  });
  const { client } = await workspace.serve({ args: ["--slots", "1"] });
  await client.submit({ name: "sleep", payload: { ms: 6_000 } });
  const { createdAt } = await client.submit({ name: "noop", sla: { startWithin: "1s" } });
  const [notice] = await receiver.took(1);
  const lateMs = notice!.atMs - (Date.parse(createdAt) + 1_000);
  assert.ok(lateMs >= 0 && lateMs <= 2_000, `told ${lateMs} ms after the deadline`);
});
