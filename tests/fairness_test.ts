/**
 * Fairness: one tenant's backlog must not keep another's few jobs waiting, on one node and on three.
 * @module
 */
import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import type { Client } from "./support/client.ts";
import { ClusterRig } from "./support/cluster_rig.ts";
import { Workspace } from "./support/workspace.ts";

/** `ORRERY_TESTS=long`: the full figures. */
const LONG = Deno.env.get("ORRERY_TESTS") === "long";
const BACKLOG = LONG ? 100_000 : 20_000;
const STARTED_WITHIN_MS = 1_000;
const PAGE = 1_000;
/** Twenty a second and slot: the backlog lasts for minutes. */
const JOB = { name: "sleep", payload: { ms: 50 }, queue: "shared" };
const SLOTS = ["--slots", "10"];
const ignore = !await hasRedis();

/** A backlog of one key, then ten jobs of another: how long each of these waited, ms. */
async function waitsBehindBacklog(client: Client): Promise<number[]> {
  for (let at = 0; at < BACKLOG; at += PAGE) {
    const { status, body } = await client.bulk(
      Array.from({ length: PAGE }, () => ({ ...JOB, concurrencyKey: "busy" })),
    );
    assert.deepEqual([status, body.rejected], [202, 0]);
  }
  const { body } = await client.bulk(
    Array.from({ length: 10 }, () => ({ ...JOB, concurrencyKey: "rare" })),
  );
  const waits: number[] = [];
  for (const { id } of body.jobs) {
    const job = await client.reach(id, "completed");
    waits.push(Date.parse(job.startedAt ?? "") - Date.parse(job.runAt));
  }
  const { queues } = await client.counts();
  assert.ok((queues["shared"]?.["pending"] ?? 0) > BACKLOG / 10, "there was no backlog any more");
  return waits.sort((one, other) => one - other);
}

Deno.test("ten jobs of a key start within a second behind another key's backlog", async () => {
  await using workspace = await Workspace.create();
  const { client } = await workspace.serve({ args: SLOTS });
  const waits = await waitsBehindBacklog(client);
  console.log(`waited behind ${BACKLOG} of another key: ${waits.join(" ")} ms`);
  assert.ok(waits.at(-1)! <= STARTED_WITHIN_MS);
});

Deno.test("the same on three nodes", { ignore }, async () => {
  const args = { a: SLOTS, b: SLOTS, c: SLOTS };
  await using rig = await ClusterRig.start(["a", "b", "c"], { args });
  await rig.agreed();
  const waits = await waitsBehindBacklog(rig.nodes[0]!.client);
  console.log(`waited behind ${BACKLOG} of another key on three nodes: ${waits.join(" ")} ms`);
  assert.ok(waits.at(-1)! <= STARTED_WITHIN_MS);
});
