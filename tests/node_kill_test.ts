import assert from "node:assert/strict";
import { audit, readLedger } from "./support/audit.ts";
import { Client } from "./support/client.ts";
import { eventually, pause } from "./support/eventually.ts";
import { isAlive, type NodeProcess } from "./support/node_process.ts";
import { PersistentLoad } from "./support/persistent_load.ts";
import { Workspace } from "./support/workspace.ts";

/** `ORRERY_TESTS=long`: the full figures. */
const LONG = Deno.env.get("ORRERY_TESTS") === "long";
const JOBS = LONG ? 20_000 : 4_000;
const KILLS = LONG ? 10 : 4;
const DRAINED_WITHIN_MS = LONG ? 240_000 : 90_000;
/** A fifth of the jobs are for later, so that scheduled ones live through deaths, too. */
const LATER_MS_MAX = 10_000;
/** Run time of the longest jobs, ms. */
const LONG_JOB_MS = 1_500;
/** A job that is lost more often than three times fails, so every so many kills what runs may end. */
const KILLS_IN_A_ROW = 3;

Deno.test(`${JOBS} jobs accepted while the node is killed ${KILLS} times: none lost, none doubled`, async () => {
  await using workspace = await Workspace.create({ handlers: ["ledger"] });
  const cluster: { node: NodeProcess } = { node: await workspace.start() };
  const client = new Client(() => cluster.node.url);
  const load = new PersistentLoad({ client, jobs: JOBS, job: jobOf });
  const submitting = load.run();
  const kills = killAtRandom(workspace, cluster, () => load.accepted.size);
  const [, deaths] = await Promise.all([submitting, kills]);
  assert.equal(load.accepted.size, JOBS);
  await drained(client);

  const ledger = readLedger(await workspace.ledger());
  const report = await audit({ client, accepted: load.accepted, ledger });
  console.log(
    `${report.jobs} accepted, ${KILLS} kills, ${load.repeated} requests repeated, ` +
      `${load.replayed} found accepted; attempts ${JSON.stringify(report.outcomes)}, ` +
      `${report.repeatedStarts} handler starts repeated; back after ${deaths.join(", ")} ms`,
  );
  const { missing, unfinished, notOnce, early, unwitnessed, strangers } = report;
  assert.deepEqual(
    { missing, unfinished, notOnce, early, unwitnessed, strangers },
    { missing: [], unfinished: [], notOnce: [], early: [], unwitnessed: [], strangers: [] },
  );
  assert.ok((report.outcomes["lost"] ?? 0) > 0, "no attempt was under way at any kill");
  const counts = await client.counts();
  assert.equal(counts.total, JOBS);
  assert.equal(counts.states["completed"], JOBS);
});

/** Most jobs are short; some last long enough to be under way whenever the node dies. */
function jobOf(index: number) {
  const ms = index % 50 === 0 ? LONG_JOB_MS : index % 5;
  const runAt = new Date(Date.now() + Math.random() * LATER_MS_MAX).toISOString();
  return { name: "ledger", payload: { ms }, ...(index % 5 === 0 ? { runAt } : {}) };
}

/**
 * Kills the node at random moments, spread over the whole submission, and starts it again; resolves
 * with the times from launch to ready.
 */
async function killAtRandom(
  workspace: Workspace,
  cluster: { node: NodeProcess },
  accepted: () => number,
): Promise<number[]> {
  const readyMs: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const due = (kill + Math.random()) * (JOBS / KILLS);
    await eventually(() => accepted() >= Math.min(due, JOBS - 1) || undefined, {
      what: () => `${due} accepted jobs; there are ${accepted()}`,
      withinMs: 60_000,
    });
    await pause(Math.random() * 200 + (kill % KILLS_IN_A_ROW === 2 ? LONG_JOB_MS + 500 : 0));
    const hosts = await cluster.node.children();
    await cluster.node.end("SIGKILL");
    const fresh = workspace.launch();
    await fresh.ready();
    readyMs.push(Math.round(fresh.readyMs));
    cluster.node = fresh;
    const orphans = (await Promise.all(hosts.map(isAlive))).filter((alive) => alive);
    assert.equal(orphans.length, 0, "executor-hosts outlived their node");
  }
  return readyMs;
}

function drained(client: Client): Promise<true> {
  let latest = {};
  return eventually(async () => {
    const { states } = latest = await client.counts();
    const open = ["scheduled", "pending", "running", "retrying"];
    return open.every((state) => (states[state] ?? 0) === 0) || undefined;
  }, { what: () => `the end of all jobs: ${JSON.stringify(latest)}`, withinMs: DRAINED_WITHIN_MS });
}
