import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { pause } from "./support/eventually.ts";
import { assertKept, keptText, ledgerJob } from "./support/kept.ts";
import { LONG } from "./support/length.ts";
import { PersistentLoad } from "./support/persistent_load.ts";
import { described } from "./support/timely_jobs.ts";

const NODES = 9;
const WATCHED_MS = LONG ? 120_000 : 3_000;
/** All nodes share this machine's cores. */
const CONVERGED_WITHIN_MS = LONG ? 10_000 : 30_000;

Deno.test(
  `${NODES} nodes on one machine find each other, share the shards, and none is taken for dead`,
  { ignore: !await hasRedis() },
  async () => {
    const names = Array.from({ length: NODES }, (_, at) => `n${at + 1}`);
    await using rig = await ClusterRig.start(names, { handlers: ["ledger"] });
    const readyMs = performance.now();
    await rig.balanced();
    const tookMs = Math.round(performance.now() - readyMs);
    const load = new PersistentLoad({ client: rig.anyone, job: ledgerJob, paceMs: 400 });
    const submitting = load.run();
    await pause(WATCHED_MS);
    load.stop();
    await submitting;
    const kept = await assertKept(rig, load);
    const suspected = rig.nodes.flatMap((node) => seenAs(node, "suspect"));
    const dead = rig.nodes.flatMap((node) => seenAs(node, "dead"));
    console.log(
      `one view and even shares ${tookMs} ms after all were ready; ${keptText(kept)}; ` +
        `${described(kept.lagsMs)}; ${suspected.length} suspicions, ${dead.length} deaths`,
    );
    assert.deepEqual(dead, []);
    assert.ok(tookMs <= CONVERGED_WITHIN_MS, `${tookMs} ms`);
  },
);

/** Of whom this node's log says so. */
function seenAs({ name, process }: RigNode, state: string): string[] {
  return process.lines
    .filter(({ event, to }) => event === "member.changed" && to === state)
    .map(({ node }) => `${node} by ${name}`);
}
