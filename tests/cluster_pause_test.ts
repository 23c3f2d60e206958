import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { type LedgerLine, readLedger } from "./support/audit.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { eventually, pause } from "./support/eventually.ts";
import { assertKept, assertNeverTwice, keptText, ledgerJob } from "./support/kept.ts";
import { LONG, NAMES } from "./support/length.ts";
import { PersistentLoad } from "./support/persistent_load.ts";
import { TimelyJobs } from "./support/timely_jobs.ts";

const PAUSES = LONG ? 5 : 1;
/** Longer than a session and what it takes to notice and to take over. */
const PAUSE_MS = LONG ? 10_000 : 6_000;
const PACE_MS = LONG ? 80 : 200;
/** Running on the node when it is stopped; they end while it is. */
const LATE_JOBS = 30;
const LATE_JOB_MS = 1_500;

Deno.test(
  `a node stopped for ${
    PAUSE_MS / 1_000
  } s, ${PAUSES} times: what it reports late is refused, and it rejoins`,
  { ignore: !await hasRedis() },
  async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    await rig.balanced();
    const [witness, stopped] = rig.nodes as [RigNode, RigNode, RigNode];
    // Requests to a node that is stopped would be waited for.
    const load = new PersistentLoad({ client: witness.client, job: ledgerJob, paceMs: PACE_MS });
    const once = new TimelyJobs({ delivery: "at-most-once", ms: LATE_JOB_MS });
    const submitting = load.run();
    const late = { accepted: new Map<string, number>(), queue: "late" };
    const rejoinedMs: number[] = [];
    for (let round = 0; round < PAUSES; round++) {
      const ids = await lateJobs(rig, { owner: stopped, prefix: `late-${round}` });
      for (const id of ids) late.accepted.set(id, 0);
      const already = { fromMs: Date.now() - 1_000, forMs: PAUSE_MS, everyMs: 100 };
      await once.submit(witness.client, { prefix: `once-${round}`, ...already });
      await begun(rig, { ids, on: stopped });
      stopped.process.signal("SIGSTOP");
      await pause(PAUSE_MS);
      const { nodes, shards } = await rig.view(witness);
      assert.equal(nodes.find(({ id }) => id === stopped.name)?.state, "dead");
      assert.ok(
        shards.every(({ owner }) => owner !== stopped.name),
        "its shards have other owners",
      );
      stopped.process.signal("SIGCONT");
      const wokenMs = performance.now();
      await rig.balanced();
      rejoinedMs.push(Math.round(performance.now() - wokenMs));
    }
    load.stop();
    await submitting;
    const kept = await assertKept(rig, load);
    const { ledger, troubled } = await assertKept(rig, late);
    const twice = endedThere(ledger, { on: stopped.name, ids: troubled.map(({ id }) => id) });
    console.log(
      `${keptText(kept)}; ${twice} late reports refused; its share again after ${rejoinedMs} ms; ` +
        `at most once: ${JSON.stringify(await assertNeverTwice(rig, once))}`,
    );
    assert.ok(twice > 0, "no report came late");
    for (const { id, attempts } of troubled) {
      const accepted = attempts.filter(({ outcome }) => outcome === "ok").map(({ node }) => node);
      assert.notDeepEqual(accepted, [stopped.name], `${id}: ${JSON.stringify(attempts)}`);
    }
  },
);

/** Submits jobs that end while their node is stopped; their ids. */
async function lateJobs(
  rig: ClusterRig,
  { owner, prefix }: { readonly owner: RigNode; readonly prefix: string },
): Promise<readonly string[]> {
  const ids = await rig.idsOf(owner, { prefix, count: LATE_JOBS });
  const job = { name: "ledger", payload: { ms: LATE_JOB_MS }, queue: "late" };
  const { body } = await (rig.nodes[0] as RigNode).client.bulk(ids.map((id) => ({ id, ...job })));
  assert.equal(body.accepted, LATE_JOBS);
  return ids;
}

/** Waits until some of these jobs run there. */
async function begun(
  rig: ClusterRig,
  { ids, on }: { readonly ids: readonly string[]; readonly on: RigNode },
): Promise<void> {
  const wanted = new Set(ids);
  await eventually(async () => {
    const ledger = readLedger(await rig.workspace.ledger());
    const there = ledger.filter(({ jobId, node }) => node === on.name && wanted.has(jobId));
    return there.length >= 3 || undefined;
  }, { what: `late jobs begun on ${on.name}` });
}

/** How many of these jobs, which another node completed, ended on that one, too. */
function endedThere(
  ledger: readonly LedgerLine[],
  { on, ids }: { readonly on: string; readonly ids: readonly string[] },
): number {
  const wanted = new Set(ids);
  return ledger.filter(({ what, node, jobId }) =>
    what === "end" && node === on && wanted.has(jobId)
  ).length;
}
