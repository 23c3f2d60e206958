import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { ClusterRig, type RigNode, SHARDS } from "./support/cluster_rig.ts";
import { assertKept, keptText, ledgerJob } from "./support/kept.ts";
import { LONG, NAMES } from "./support/length.ts";
import { PersistentLoad } from "./support/persistent_load.ts";
import { described, percentile } from "./support/timely_jobs.ts";

/** While nodes come and go; a machine that others overload is given some more. */
const LAG_P99_MS_MAX = LONG ? 500 : 2_500;
const PACE_MS = LONG ? 80 : 200;
const ROUNDS = LONG ? 5 : 1;

Deno.test(
  "a node comes and goes, and all are restarted in turn, under load: few shards move, no attempt fails",
  { ignore: !await hasRedis() },
  async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    await rig.balanced();
    const load = new PersistentLoad({ client: rig.anyone, job: ledgerJob, paceMs: PACE_MS });
    const submitting = load.run();
    const moves: number[] = [];
    for (let round = 0; round < ROUNDS; round++) moves.push(...await comeAndGo(rig));
    for (let round = 0; round < ROUNDS; round++) {
      for (const node of rig.nodes) {
        assert.equal((await node.process.end("SIGTERM")).code, 0);
        await rig.restart(node);
        await rig.balanced();
      }
    }
    load.stop();
    await submitting;
    const kept = await assertKept(rig, load);
    const { outcomes, lagsMs, troubled } = kept;
    const most = Math.floor(SHARDS / (NAMES.length + 1) * 1.1);
    console.log(
      `moved at joins and drains in turn: ${moves}, at most ${most}; ` +
        `${keptText(kept)}; ${described(lagsMs)}`,
    );
    assert.ok(moves.every((count) => count > 0 && count <= most), `${moves}`);
    const { error = 0, timeout = 0, lost = 0 } = outcomes;
    assert.equal(error + timeout + lost, 0, JSON.stringify(troubled));
    assert.ok(percentile(lagsMs, 0.99) <= LAG_P99_MS_MAX, described(lagsMs));
  },
);

/** A fourth node joins and is drained; the shards that either moved. */
async function comeAndGo(rig: ClusterRig): Promise<readonly [number, number]> {
  const before = await rig.balanced();
  const fourth = await rig.add("d");
  const joined = await rig.balanced();
  const [{ client }] = rig.nodes as [RigNode];
  await client.request(`/cluster/node/${fourth.name}/drain`, { method: "POST" });
  assert.equal((await fourth.process.exit()).code, 0);
  rig.forget(fourth);
  return [moved(before, joined), moved(joined, await rig.balanced())];
}

/** Shards whose owner is another one. */
function moved(before: ReadonlyMap<number, string>, after: ReadonlyMap<number, string>): number {
  return [...after].filter(([shard, owner]) => before.get(shard) !== owner).length;
}
