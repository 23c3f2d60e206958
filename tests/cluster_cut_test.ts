import assert from "node:assert/strict";
import { SESSION_TTL_MS } from "../runtime/limits.ts";
import { hasRedis } from "../tools/redis.ts";
import { readLedger } from "./support/audit.ts";
import { Client } from "./support/client.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { eventually, pause } from "./support/eventually.ts";
import { assertKept, assertNeverTwice, keptText, ledgerJob } from "./support/kept.ts";
import { LONG, NAMES } from "./support/length.ts";
import { PersistentLoad } from "./support/persistent_load.ts";
import { TcpProxy } from "./support/tcp_proxy.ts";
import { hasTestNetwork } from "./support/test_network.ts";
import { described, TimelyJobs } from "./support/timely_jobs.ts";

const PACE_MS = LONG ? 80 : 200;
const CUT_MS = LONG ? 60_000 : 8_000;
/** Long enough for a session to lapse and for the others to believe it. */
const STORE_CUT_MS = LONG ? 20_000 : 8_000;
const SLOW_JOB_MS = 1_500;
const ignore = !await hasRedis();

Deno.test(
  `two halves that both reach Redis, cut apart for ${CUT_MS / 1_000} s: no war over shards`,
  { ignore: ignore || !await hasTestNetwork() },
  async () => {
    const names = [...NAMES, "d"];
    await using rig = await ClusterRig.start(names, { handlers: ["ledger"], apart: true });
    await rig.balanced();
    const [one] = rig.nodes as [RigNode];
    const before = await epochs(rig, one);
    const load = new PersistentLoad({ client: rig.anyone, job: ledgerJob, paceMs: PACE_MS });
    const submitting = load.run();
    const once = new TimelyJobs({ delivery: "at-most-once", ms: SLOW_JOB_MS });
    const span = { fromMs: Date.now() - SLOW_JOB_MS, forMs: CUT_MS, everyMs: CUT_MS / 100 };
    await once.submit(one.client, { prefix: "once", ...span });
    await rig.network?.cut([0, 1], [2, 3]);
    await pause(CUT_MS);
    for (const node of rig.nodes) {
      const { nodes } = await rig.view(node);
      const living = nodes.filter(({ state }) => state === "alive").map(({ id }) => id);
      assert.equal(living.length, 2, `${node.name} sees ${living}`);
    }
    await rig.network?.heal([0, 1], [2, 3]);
    const healedMs = await rig.agreed();
    load.stop();
    await submitting;
    const kept = await assertKept(rig, load);
    const after = await epochs(rig, one);
    const rises = [...after].map(([shard, epoch]) => epoch - (before.get(shard) ?? 0));
    console.log(
      `${keptText(kept)}; ${described(kept.lagsMs)}; agreed ${Math.round(healedMs)} ms after; ` +
        `${rises.filter((rise) => rise > 0).length} shards changed their owner; ` +
        `at most once: ${JSON.stringify(await assertNeverTwice(rig, once))}`,
    );
    assert.ok(Math.max(...rises) <= 1, `owners changed up to ${Math.max(...rises)} times`);
  },
);

Deno.test(
  `a node cut off from Redis for ${
    STORE_CUT_MS / 1_000
  } s starts nothing, and does no harm when it is back`,
  { ignore },
  async () => {
    let way: TcpProxy | undefined;
    await using rig = await ClusterRig.start(NAMES, {
      handlers: ["ledger"],
      storePortOf: (name, port) => name === "c" ? (way = new TcpProxy(port)).port : port,
    });
    await using proxy = way ?? assert.fail();
    await rig.balanced();
    const [one, two, cut] = rig.nodes as [RigNode, RigNode, RigNode];
    const client = new Client(() => (Math.random() < 0.5 ? one : two).process.url);
    const load = new PersistentLoad({ client, job: ledgerJob, paceMs: PACE_MS });
    const submitting = load.run();
    const slow = new TimelyJobs({ ms: SLOW_JOB_MS });
    const once = new TimelyJobs({ delivery: "at-most-once", ms: SLOW_JOB_MS });
    const span = { fromMs: Date.now() - SLOW_JOB_MS, forMs: STORE_CUT_MS, everyMs: 100 };
    await slow.submit(one.client, { prefix: "slow", ...span });
    await once.submit(one.client, { prefix: "once", ...span });
    await running(rig, { on: cut, jobs: [slow, once] });
    proxy.cut();
    const cutMs = Date.now();
    await eventually(async () => {
      const { shards } = await rig.view(one);
      return shards.every(({ owner }) => owner !== null && owner !== cut.name) || undefined;
    }, { what: () => `the shards of ${cut.name} taken over` });
    const takenMs = Date.now() - cutMs;
    const { status } = await cut.client.post({ name: "noop", queue: "refused" });
    assert.ok(status === 503 || status === 504, `it answers ${status}`);
    await eventually(() => Date.now() > cutMs + STORE_CUT_MS || undefined, { what: "the time" });
    const healedMs = Date.now();
    proxy.heal();
    await rig.balanced();
    load.stop();
    await submitting;
    const kept = await assertKept(rig, load);
    const { outcomes } = await assertKept(rig, slow);
    console.log(
      `${keptText(kept)}; of slow ones attempts ${
        JSON.stringify(outcomes)
      }; taken over ${takenMs} ms after the cut; ` +
        `at most once: ${JSON.stringify(await assertNeverTwice(rig, once))}`,
    );
    const late = kept.ledger.filter(({ what, node, atMs }) =>
      what === "start" && node === cut.name && atMs > cutMs + SESSION_TTL_MS && atMs < healedMs
    );
    assert.deepEqual(late, []);
  },
);

/** Waits until some of each of these run on that node. */
async function running(
  rig: ClusterRig,
  { on, jobs }: { readonly on: RigNode; readonly jobs: readonly TimelyJobs[] },
): Promise<void> {
  await eventually(async () => {
    const there = readLedger(await rig.workspace.ledger()).filter(({ node }) => node === on.name);
    const all = jobs.every(({ accepted }) => there.some(({ jobId }) => accepted.has(jobId)));
    return all || undefined;
  }, { what: () => `slow jobs running on ${on.name}` });
}

/** The epoch of every shard: it rises when the shard changes its owner. */
async function epochs(rig: ClusterRig, node: RigNode): Promise<ReadonlyMap<number, number>> {
  const { shards } = await rig.view(node);
  return new Map(shards.map(({ shard, epoch }) => [shard, epoch]));
}
