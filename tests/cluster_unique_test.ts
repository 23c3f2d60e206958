import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import type { JobView } from "./support/client.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { eventually } from "./support/eventually.ts";

const ignore = !await hasRedis();
const KEYS = 12;
const ROUNDS = 40;

Deno.test("a unique key has one job at a time, whichever nodes are asked and killed", {
  ignore,
}, async () => {
  await using rig = await ClusterRig.start(["a", "b", "c"], { handlers: ["ledger"] });
  await rig.agreed();
  const [a, b, c] = rig.nodes as [RigNode, RigNode, RigNode];
  const job = (key: number) => ({
    ...{ name: "ledger", delay: "1h", tags: [`key-${key}`] },
    unique: { key: `key-${key}` },
  });
  const accepted = new Map<number, Set<string>>();
  /** Submits each key in turn; whoever does not answer is asked no more in this round. */
  const crowd = async (node: RigNode) => {
    for (let round = 0; round < ROUNDS; round++) {
      for (let key = 0; key < KEYS; key++) {
        const { status, body } = await node.client.post(job(key)).catch(() => ({
          ...{ status: 0, body: { id: "" } },
        }));
        if (status === 202) accepted.set(key, (accepted.get(key) ?? new Set()).add(body.id));
        if (status !== 202 && status !== 409) break;
      }
    }
  };
  const crowds = Promise.all([crowd(a), crowd(b), crowd(c), crowd(a), crowd(b)]);
  await eventually(() => Promise.resolve(accepted.size >= KEYS / 3 || undefined), {
    ...{ what: "some accepted jobs", everyMs: 1 },
  });
  await c.process.end("SIGKILL");
  await crowds;
  await rig.agreed([a, b]);
  await crowd(a);
  for (let key = 0; key < KEYS; key++) {
    const jobs = await b.client.list(`tag=key-${key}`);
    assert.equal(jobs.length, 1, `key ${key} has ${jobs.length} jobs`);
    for (const id of accepted.get(key) ?? []) assert.equal(id, jobs[0]?.id);
  }
});

Deno.test("a job is debounced and replaced across nodes, and found by what it is then", {
  ignore,
}, async () => {
  await using rig = await ClusterRig.start(["a", "b"], { handlers: ["ledger"] });
  await rig.agreed();
  const nodes = rig.nodes as [RigNode, RigNode];
  let last: JobView | undefined;
  const ids = new Set<string>();
  for (let n = 0; n < 40; n++) {
    const queue = n % 3 === 0 ? "one" : "other";
    last = await nodes[n % 2]!.client.submit({
      ...{ name: "ledger", payload: { n }, queue, tags: [`n-${n}`] },
      debounce: { key: "page-1", wait: "1500ms" },
    });
    ids.add(last.id);
  }
  const ended = await nodes[0].client.reach(last!.id, "completed");
  assert.deepEqual([ended.payload, ended.queue], [{ n: 39 }, "one"]);
  assert.deepEqual((await nodes[1].client.list("tag=n-39")).map(({ id }) => id), [last!.id]);
  assert.equal((await nodes[1].client.list("name=ledger&state=completed")).length, ids.size);
  const { queues } = await nodes[1].client.counts();
  const total = Object.values(queues).flatMap((states) => Object.values(states));
  assert.equal(total.reduce((sum, count) => sum + count, 0), ids.size);
});
