import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { type LedgerLine, readLedger } from "./support/audit.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { SESSION_RENEW_MS } from "../runtime/limits.ts";
import { eventually, pause } from "./support/eventually.ts";
import { assertKept, assertNeverTwice, keptText } from "./support/kept.ts";
import { LONG, NAMES } from "./support/length.ts";
import { PersistentLoad } from "./support/persistent_load.ts";
import { described, percentile, TimelyJobs } from "./support/timely_jobs.ts";

const KILLS = LONG ? 20 : 1;
/** Running on the node that is killed. */
const DOOMED = 100;
/** Waiting in the cluster, a third of them on the node that is killed. */
const BACKLOG = LONG ? 36_000 : 3_000;
/** Of the backlog at once, on each node: it lasts as long as the test and leaves room for others. */
const BACKLOG_AT_ONCE = 2;
const BACKLOG_JOB_MS = LONG ? 250 : 50;
/** Of those that are delivered at most once. */
const ONCE_JOB_MS = 1_500;
const SLOTS = 3 * DOOMED;
/** How long jobs with a due time are watched, from the kill on, ms. */
const WATCHED_MS = LONG ? 5_000 : 4_000;
/** What is promised: half of the times within the first, all within the second. A busy machine is given some more. */
const RESTARTED_MEDIAN_MS_MAX = 3_000;
const RESTARTED_MS_MAX = LONG ? 5_000 : 8_000;
/** By which a death may delay jobs of shards that its node did not own. */
const OTHERS_LAG_MS_MAX = LONG ? 1_000 : 2_000;

/** What one death did. */
interface Death {
  readonly victim: string;
  readonly killedMs: number;
  /** When each job that had run there was running again. */
  readonly againMs: readonly number[];
  readonly owners: ReadonlyMap<number, string | null>;
}

Deno.test(
  `a node killed ${KILLS} times with ${DOOMED} running jobs and its share of ${BACKLOG} pending ones`,
  { ignore: !await hasRedis() },
  async () => {
    const queues = { default: { concurrency: BACKLOG_AT_ONCE } };
    await using rig = await ClusterRig.start(NAMES, {
      handlers: ["ledger"],
      config: { node: { slots: SLOTS }, queues },
    });
    await rig.balanced();
    const backlog = new PersistentLoad({
      client: rig.anyone,
      jobs: BACKLOG,
      job: (index) => ({ name: "ledger", payload: { ms: BACKLOG_JOB_MS + index % 50 } }),
    });
    await backlog.run();
    const timely = new TimelyJobs();
    const once = new TimelyJobs({ delivery: "at-most-once", ms: ONCE_JOB_MS });
    const deaths: Death[] = [];
    for (let kill = 0; kill < KILLS; kill++) deaths.push(await killed(rig, { kill, timely, once }));
    await drain(rig);
    const kept = await assertKept(rig, backlog);
    console.log(keptText(kept));
    await assertKept(rig, timely);
    console.log(`at most once: ${JSON.stringify(await assertNeverTwice(rig, once))}`);
    judge(deaths, { timely, ledger: readLedger(await rig.workspace.ledger()) });
  },
);

/** Kills a node that holds {@link DOOMED} running jobs, waits until they run elsewhere, and starts it again. */
async function killed(
  rig: ClusterRig,
  { kill, timely, once }: {
    readonly kill: number;
    readonly timely: TimelyJobs;
    readonly once: TimelyJobs;
  },
): Promise<Death> {
  const victim = rig.nodes[1 + kill % 2] as RigNode;
  const witness = rig.nodes[0] as RigNode;
  const ids = await rig.idsOf(victim, { prefix: `doomed-${kill}`, count: DOOMED });
  const sleepers = ids.map((id) => ({
    id,
    name: "sleep",
    payload: { ms: 60_000 },
    queue: "long",
  }));
  assert.equal((await witness.client.bulk(sleepers)).body.accepted, DOOMED);
  await eventually(
    async () => (await runningOn(witness, victim.name)).length === DOOMED || undefined,
    {
      what: () => `${DOOMED} jobs running on ${victim.name}`,
      withinMs: 10_000,
      everyMs: 200,
    },
  );
  const { shards } = await rig.view(witness);
  const span = { fromMs: Date.now() + 500, forMs: WATCHED_MS + SESSION_RENEW_MS, everyMs: 20 };
  await timely.submit(witness.client, { prefix: `timely-${kill}`, ...span });
  const already = { ...span, fromMs: span.fromMs - ONCE_JOB_MS, everyMs: 100 };
  await once.submit(witness.client, { prefix: `once-${kill}`, ...already });
  // At any moment between two renewals of its session.
  await pause(Math.random() * SESSION_RENEW_MS);
  await victim.process.end("SIGKILL");
  const killedMs = Date.now();
  await eventually(async () => {
    const jobs = await running(witness);
    return jobs.filter(({ node }) => node !== victim.name).length === DOOMED || undefined;
  }, { what: () => `${DOOMED} jobs running again`, withinMs: 15_000, everyMs: 500 });
  const againMs = (await running(witness)).map(({ startedAt }) => Date.parse(startedAt) - killedMs);
  await eventually(() => Date.now() > killedMs + WATCHED_MS || undefined, {
    what: "the time that is watched",
    everyMs: 100,
  });
  await rig.restart(victim);
  await rig.balanced();
  await Promise.all(ids.map((id) => witness.client.cancel(id)));
  let left: readonly Running[] = [];
  await eventually(async () => (left = await running(witness)).length === 0 || undefined, {
    what: () => `the end of the cancelled jobs; left: ${JSON.stringify(left.slice(0, 3))}`,
    everyMs: 200,
  });
  const owners = new Map(shards.map(({ shard, owner }) => [shard, owner]));
  return { victim: victim.name, killedMs, againMs, owners };
}

interface Running {
  readonly id: string;
  readonly node: string;
  readonly startedAt: string;
}

async function running({ client }: RigNode): Promise<readonly Running[]> {
  const query = `state=running&queue=long&limit=${2 * DOOMED}`;
  return (await client.request<{ jobs: readonly Running[] }>(`/jobs?${query}`)).body.jobs;
}

async function runningOn(witness: RigNode, name: string): Promise<readonly Running[]> {
  return (await running(witness)).filter(({ node }) => node === name);
}

/** Lets the rest of the backlog run as fast as it can. */
async function drain(rig: ClusterRig): Promise<void> {
  await (rig.nodes[0] as RigNode).client.queue("default", { concurrency: null });
}

/** Prints what the deaths did and asserts that it is within what is promised. */
function judge(
  deaths: readonly Death[],
  { timely, ledger }: { readonly timely: TimelyJobs; readonly ledger: readonly LedgerLine[] },
): void {
  const restartsMs = deaths.map(({ againMs }) => Math.max(...againMs));
  const others: number[] = [];
  const own: number[] = [];
  for (const { victim, killedMs, owners } of deaths) {
    for (const { shard, lagMs } of timely.lags(ledger, [killedMs, killedMs + WATCHED_MS])) {
      (owners.get(shard) === victim ? own : others).push(lagMs);
    }
  }
  const medianMs = percentile(restartsMs, 0.5);
  console.log(
    `all ${DOOMED} running again after ${restartsMs.join(", ")} ms, median ${medianMs}\n` +
      `jobs of other shards: ${described(others)}\njobs of the dead node's: ${described(own)}`,
  );
  assert.ok(Math.max(...restartsMs) <= RESTARTED_MS_MAX, `${restartsMs}`);
  if (LONG) assert.ok(medianMs <= RESTARTED_MEDIAN_MS_MAX, `${restartsMs}`);
  assert.ok(others.length > 100 * deaths.length, `${others.length} jobs of others were watched`);
  assert.ok(Math.max(...others) <= OTHERS_LAG_MS_MAX, described(others));
}
