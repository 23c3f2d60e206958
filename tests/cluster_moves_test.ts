import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { ClusterRig, type RigNode, SHARDS } from "./support/cluster_rig.ts";
import { assertKept, type KeptReport, keptText, ledgerJob } from "./support/kept.ts";
import { LONG, NAMES } from "./support/length.ts";
import { PersistentLoad } from "./support/persistent_load.ts";
import { described, percentile } from "./support/timely_jobs.ts";

/** While nodes come and go; a machine that others overload is given some more. */
const LAG_P99_MS_MAX = LONG ? 500 : 1_500;
const PACE_MS = LONG ? 80 : 200;
const ROUNDS = LONG ? 5 : 1;
const ignore = !await hasRedis();

Deno.test(
  "a fourth node comes and goes under load: it moves its fair share and a tenth at most",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    let before = await rig.balanced();
    const [witness] = rig.nodes as [RigNode];
    const load = new PersistentLoad({ client: witness.client, job: ledgerJob, paceMs: PACE_MS });
    const submitting = load.run();
    const moves: number[] = [];
    const fourth = await rig.add("d");
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0) await rig.restart(fourth);
      const joined = await rig.balanced();
      await witness.client.request("/cluster/node/d/drain", { method: "POST" });
      assert.equal((await fourth.process.exit()).code, 0);
      const left = await rig.balanced(rig.nodes.slice(0, 3));
      moves.push(moved(before, joined), moved(joined, left));
      before = left;
    }
    load.stop();
    await submitting;
    const most = Math.floor(SHARDS / rig.nodes.length * 1.1);
    judge(
      await assertKept(rig, load),
      `moved at joins and drains in turn: ${moves}, at most ${most}`,
    );
    assert.ok(moves.every((count) => count > 0 && count <= most), `${moves}`);
  },
);

Deno.test(
  "every node restarted in turn under load: nothing lost, no attempt counted as a failure",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    await rig.balanced();
    const load = new PersistentLoad({ client: rig.anyone, job: ledgerJob, paceMs: PACE_MS });
    const submitting = load.run();
    for (let round = 0; round < ROUNDS; round++) {
      for (const node of rig.nodes) {
        assert.equal((await node.process.end("SIGTERM")).code, 0);
        await rig.restart(node);
        await rig.balanced();
      }
    }
    load.stop();
    await submitting;
    judge(await assertKept(rig, load), `${ROUNDS} rounds`);
  },
);

/** Shards whose owner is another one. */
function moved(before: ReadonlyMap<number, string>, after: ReadonlyMap<number, string>): number {
  return [...after].filter(([shard, owner]) => before.get(shard) !== owner).length;
}

/** No attempt failed, and jobs for later were started in time. */
function judge(kept: KeptReport, text: string): void {
  const { outcomes, lagsMs, troubled } = kept;
  console.log(`${text}; ${keptText(kept)}; ${described(lagsMs)}`);
  const { error = 0, timeout = 0, lost = 0 } = outcomes;
  assert.equal(error + timeout + lost, 0, JSON.stringify(troubled));
  assert.ok(percentile(lagsMs, 0.99) <= LAG_P99_MS_MAX, described(lagsMs));
}
