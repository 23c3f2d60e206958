import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { pause } from "./support/eventually.ts";
import { assertKept, ledgerJob } from "./support/kept.ts";
import { LONG, NAMES } from "./support/length.ts";
import { PersistentLoad } from "./support/persistent_load.ts";
import { RedisCluster } from "./support/redis_cluster.ts";

const JOBS = LONG ? 10_000 : 2_000;
/** The jobs come in over about 12 s. */
const PACE_MS = LONG ? 40 : 200;
/** Without a Redis there is no cluster to test; the test command says how to get one. */
const ignore = !await hasRedis();

Deno.test(
  "a Redis Cluster of three primaries: a node killed and a primary restarted under load lose nothing",
  { ignore },
  async () => {
    const options = { handlers: ["ledger"], config: { store: { groups: 3 } } };
    await using rig = await ClusterRig.on(await RedisCluster.start(3), NAMES, options);
    await rig.agreed();
    const load = new PersistentLoad({
      client: rig.anyone,
      jobs: JOBS,
      job: ledgerJob,
      paceMs: PACE_MS,
    });
    const submitting = load.run();
    await pause(1_000);
    const [, b] = rig.nodes as [RigNode, RigNode, RigNode];
    await b.process.end("SIGKILL");
    await rig.restart(b);
    const primary = rig.redis.primaries[1];
    await primary?.kill();
    await pause(1_000);
    await primary?.restart();
    await rig.redis.calm();
    await submitting;
    await rig.agreed();
    await assertKept(rig, load);
    const jobs = await rig.redis.each(async (client) => (await client.keys("*}a:*")).length);
    assert.ok(jobs.every((count) => count > JOBS / 6), `each primary has its part: ${jobs}`);
  },
);
