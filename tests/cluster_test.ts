import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import type { JobView } from "./support/client.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { eventually, pause } from "./support/eventually.ts";
import { NAMES } from "./support/length.ts";

/** Without a Redis there is no cluster to test; the test command says how to get one. */
const ignore = !await hasRedis();

Deno.test(
  "three nodes form one cluster: a job submitted on any is seen, run and cancelled on all",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES);
    const tookMs = await rig.agreed();
    console.log(`views agree ${Math.round(tookMs)} ms after the last node was ready`);
    const [a, b, c] = rig.nodes as [RigNode, RigNode, RigNode];
    const ran: JobView[] = [];
    for (let at = 0; at < 30; at++) {
      const from = rig.nodes[at % 3] as RigNode;
      const { id } = await from.client.submit({ name: "echo", payload: { at } });
      ran.push(await (rig.nodes[(at + 1) % 3] as RigNode).client.finish(id));
    }
    for (const job of ran) assert.equal(job.state, "completed", JSON.stringify(job));
    const workers = new Set(ran.map(({ attempts }) => attempts[0]?.node));
    assert.deepEqual([...workers].sort(), NAMES, "every node ran some");
    const later = await a.client.submit({ name: "noop", delay: "1h" });
    const cancelled = await b.client.request<JobView>(`/job/${later.id}`, { method: "DELETE" });
    assert.equal(cancelled.body.state, "cancelled");
    assert.equal((await c.client.request<JobView>(`/job/${later.id}`)).body.state, "cancelled");
    await a.client.request("/queue/mail", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ paused: true }),
    });
    await pause(300);
    const held = await Promise.all(
      Array.from({ length: 9 }, () => c.client.submit({ name: "noop", queue: "mail" })),
    );
    await pause(500);
    for (const { id } of held) {
      const { body } = await b.client.request<JobView>(`/job/${id}`);
      assert.deepEqual([body.state, body.waiting?.reason], ["pending", "queue-paused"]);
    }
  },
);

Deno.test(
  "attempts that find no slot on their node run where there is one",
  { ignore },
  async () => {
    const slots = 5;
    await using rig = await ClusterRig.start(NAMES, { config: { node: { slots } } });
    await rig.agreed();
    const witness = rig.nodes[0] as RigNode;
    const jobs = await Promise.all(
      Array.from(
        { length: NAMES.length * slots },
        () => witness.client.submit({ name: "sleep", payload: { ms: 6_000 }, queue: "long" }),
      ),
    );
    let places = "";
    const evenly = NAMES.flatMap((name) => Array(slots).fill(name)).join();
    await eventually(async () => {
      // An attempt that found no room where it was sent is shown there until it is placed anew.
      places = (await running(witness)).map(({ node }) => node).sort().join();
      return places === evenly || undefined;
    }, { what: () => `every slot of the cluster taken: ${places}`, withinMs: 5_000 });
    const cancelled = jobs[0]?.id ?? "";
    await witness.client.cancel(cancelled);
    assert.equal((await witness.client.finish(cancelled)).state, "cancelled");
    for (const { id } of jobs.slice(1)) {
      const job = await witness.client.finish(id);
      assert.deepEqual(
        [job.state, job.attempts.at(-1)?.outcome],
        ["completed", "ok"],
        JSON.stringify(job),
      );
    }
  },
);

async function running(node: RigNode): Promise<{ id: string; node: string }[]> {
  const answer = await node.client.request<{ jobs: { id: string; node: string }[] }>(
    "/jobs?state=running&queue=long&limit=200",
  );
  return [...answer.body.jobs];
}
