import assert from "node:assert/strict";
import { audit, type LedgerLine, readLedger } from "./support/audit.ts";
import type { JobView } from "./support/client.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { eventually, pause } from "./support/eventually.ts";
import { hasRedis } from "../tools/redis.ts";
import { RedisCluster } from "./support/redis_cluster.ts";
import { PersistentLoad } from "./support/persistent_load.ts";

/** `ORRERY_TESTS=long`: the full figures. */
const LONG = Deno.env.get("ORRERY_TESTS") === "long";
const JOBS = LONG ? 10_000 : 2_000;
const KILLS = LONG ? 20 : 1;
/** All that ran on a killed node must have been started again elsewhere within this. */
const RESTARTED_WITHIN_MS = 5_000;
/** While nodes are restarted; a machine that others overload is given some more. */
const LAG_P99_MS_MAX = LONG ? 500 : 1_500;
const NAMES = ["a", "b", "c"];
/** Without a Redis there is no cluster to test; the test command says how to get one. */
const ignore = !await hasRedis();
/** The jobs come in over about 12 s. */
const PACE_MS = LONG ? 40 : 200;

/** Nobody's promise was broken, whoever is asked. */
async function assertKept(
  rig: Pick<ClusterRig, "nodes" | "workspace">,
  load: PersistentLoad,
): Promise<{ outcomes: Readonly<Record<string, number>>; lagsMs: readonly number[] }> {
  const living = rig.nodes.at(0)?.client ?? assert.fail();
  await eventually(async () => {
    // Only the load is in this queue: what a test submits besides must not stand in for one of its jobs.
    const { queues } = await living.counts();
    return (queues["default"]?.["completed"] ?? 0) >= load.accepted.size || undefined;
  }, { what: () => "the end of all jobs", withinMs: 90_000, everyMs: 200 });
  const ledger = readLedger(await rig.workspace.ledger());
  const report = await audit({ client: living, accepted: load.accepted, ledger });
  const { missing, unfinished, notOnce, early, unwitnessed } = report;
  assert.deepEqual({ missing, unfinished, notOnce, early, unwitnessed }, {
    missing: [],
    unfinished: [],
    notOnce: [],
    early: [],
    unwitnessed: [],
  });
  return { outcomes: report.outcomes, lagsMs: lagsOf(ledger, load.accepted) };
}

/** How late jobs for later were first started, ms, ascending. */
function lagsOf(ledger: readonly LedgerLine[], accepted: ReadonlyMap<string, number>): number[] {
  const first = new Map<string, number>();
  for (const { what, jobId, atMs } of ledger) {
    if (what === "start" && !first.has(jobId)) first.set(jobId, atMs);
  }
  const lags: number[] = [];
  for (const [id, dueMs] of accepted) {
    const atMs = first.get(id);
    if (dueMs > 0 && atMs !== undefined) lags.push(atMs - dueMs);
  }
  return lags.sort((one, other) => one - other);
}

function described(lags: readonly number[]): string {
  const at = (part: number) => lags[Math.max(0, Math.ceil(lags.length * part) - 1)];
  return `lag p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`;
}

function jobOf(index: number) {
  const runAt = new Date(Date.now() + Math.random() * 5_000).toISOString();
  return { name: "ledger", payload: { ms: index % 5 }, ...(index % 5 === 0 ? { runAt } : {}) };
}

Deno.test(
  "three nodes form one cluster: a job submitted on any is seen, run and cancelled on all",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES);
    const tookMs = await rig.agreed();
    console.log(`views agree ${Math.round(tookMs)} ms after the last node was ready`);
    const [a, b, c] = rig.nodes as [RigNode, RigNode, RigNode];
    const ran: JobView[] = [];
    for (let at = 0; at < 30; at++) {
      const from = rig.nodes[at % 3] as RigNode;
      const { id } = await from.client.submit({ name: "echo", payload: { at } });
      ran.push(await (rig.nodes[(at + 1) % 3] as RigNode).client.finish(id));
    }
    for (const job of ran) assert.equal(job.state, "completed", JSON.stringify(job));
    const workers = new Set(ran.map(({ attempts }) => attempts[0]?.node));
    assert.deepEqual([...workers].sort(), NAMES, "every node ran some");
    const later = await a.client.submit({ name: "noop", delay: "1h" });
    const cancelled = await b.client.request<JobView>(`/job/${later.id}`, { method: "DELETE" });
    assert.equal(cancelled.body.state, "cancelled");
    assert.equal((await c.client.request<JobView>(`/job/${later.id}`)).body.state, "cancelled");
    await a.client.request("/queue/mail", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ paused: true }),
    });
    await pause(300);
    const held = await Promise.all(
      Array.from({ length: 9 }, () => c.client.submit({ name: "noop", queue: "mail" })),
    );
    await pause(500);
    for (const { id } of held) {
      const { body } = await b.client.request<JobView>(`/job/${id}`);
      assert.deepEqual([body.state, body.waiting?.reason], ["pending", "queue-paused"]);
    }
  },
);

Deno.test(
  "attempts that find no slot on their node run where there is one",
  { ignore },
  async () => {
    const slots = 5;
    await using rig = await ClusterRig.start(NAMES, { config: { node: { slots } } });
    await rig.agreed();
    const witness = rig.nodes[0] as RigNode;
    const jobs = await Promise.all(
      Array.from(
        { length: NAMES.length * slots },
        () => witness.client.submit({ name: "sleep", payload: { ms: 6_000 }, queue: "long" }),
      ),
    );
    let places = "";
    const evenly = NAMES.flatMap((name) => Array(slots).fill(name)).join();
    await eventually(async () => {
      // An attempt that found no room where it was sent is shown there until it is placed anew.
      places = (await running(witness)).map(({ node }) => node).sort().join();
      return places === evenly || undefined;
    }, { what: () => `every slot of the cluster taken: ${places}`, withinMs: 5_000 });
    const cancelled = jobs[0]?.id ?? "";
    // A node hears at its next beat who took a shard; until then it answers 503.
    await eventually(async () => {
      const { status } = await witness.client.request(`/job/${cancelled}`, { method: "DELETE" });
      return status < 300 || undefined;
    }, { what: () => "a cancel that is taken", withinMs: 2_000 });
    assert.equal((await witness.client.finish(cancelled)).state, "cancelled");
    for (const { id } of jobs.slice(1)) {
      const job = await witness.client.finish(id);
      assert.deepEqual(
        [job.state, job.attempts.at(-1)?.outcome],
        ["completed", "ok"],
        JSON.stringify(job),
      );
    }
  },
);

Deno.test(
  `a node killed under load, ${KILLS} times: its running jobs start again elsewhere within 5 s, none lost`,
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    await rig.agreed();
    const restartsMs: number[] = [];
    const load = new PersistentLoad({
      client: rig.anyone,
      jobs: JOBS,
      job: jobOf,
      paceMs: PACE_MS,
    });
    const submitting = load.run();
    for (let kill = 0; kill < KILLS; kill++) {
      const victim = rig.nodes[1 + kill % 2] as RigNode;
      const witness = rig.nodes[0] as RigNode;
      const long = await Promise.all(
        Array.from(
          { length: 60 },
          () => witness.client.submit({ name: "sleep", payload: { ms: 15_000 }, queue: "long" }),
        ),
      );
      await eventually(async () => (await running(witness)).length === long.length || undefined, {
        what: () => "60 running jobs",
        withinMs: 10_000,
      });
      const doomed = (await running(witness)).filter(({ node }) => node === victim.name);
      assert.ok(doomed.length > 5, `${doomed.length} ran on ${victim.name}`);
      await victim.process.end("SIGKILL");
      const killedMs = performance.now();
      await eventually(async () => {
        const jobs = await running(witness);
        const again = jobs.filter(({ id, node }) =>
          node !== victim.name && doomed.some((one) => one.id === id)
        );
        return again.length === doomed.length || undefined;
      }, { what: () => `${doomed.length} jobs running again`, withinMs: 15_000, everyMs: 25 });
      restartsMs.push(Math.round(performance.now() - killedMs));
      await rig.restart(victim);
      await rig.agreed();
      for (const { id } of long) {
        await witness.client.request(`/job/${id}`, { method: "DELETE" });
      }
    }
    await submitting;
    const { lagsMs } = await assertKept(rig, load);
    console.log(`running again after ${restartsMs.join(", ")} ms; ${described(lagsMs)}`);
    assert.ok(Math.max(...restartsMs) <= RESTARTED_WITHIN_MS, `${restartsMs}`);
  },
);

async function running(node: RigNode): Promise<{ id: string; node: string }[]> {
  const answer = await node.client.request<{ jobs: { id: string; node: string }[] }>(
    "/jobs?state=running&queue=long&limit=200",
  );
  return [...answer.body.jobs];
}

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
      job: jobOf,
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

Deno.test(
  "a node that is stopped for longer than its session does no harm when it wakes, and rejoins",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    await rig.agreed();
    const [a, b, c] = rig.nodes as [RigNode, RigNode, RigNode];
    const load = new PersistentLoad({ client: a.client, jobs: JOBS, job: jobOf, paceMs: PACE_MS });
    const submitting = load.run();
    await pause(300);
    b.process.signal("SIGSTOP");
    await pause(LONG ? 10_000 : 6_000);
    const away = await rig.view(a);
    assert.equal(away.nodes.find(({ id }) => id === "b")?.state, "dead");
    assert.ok(away.shards.every(({ owner }) => owner !== "b"), "its shards have other owners");
    b.process.signal("SIGCONT");
    await submitting;
    await rig.agreed();
    await assertKept(rig, load);
    assert.ok(b.process.lines.length > 0 && c.process.lines.length > 0);
  },
);

Deno.test(
  "every node restarted in turn under load: nothing lost, no attempt counted as a failure",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    await rig.agreed();
    const load = new PersistentLoad({
      client: rig.anyone,
      jobs: JOBS,
      job: jobOf,
      paceMs: PACE_MS,
    });
    const submitting = load.run();
    for (const node of rig.nodes) {
      const { code } = await node.process.end("SIGTERM");
      assert.equal(code, 0);
      await rig.restart(node);
      await rig.agreed();
    }
    await submitting;
    const { outcomes, lagsMs } = await assertKept(rig, load);
    console.log(`attempts ${JSON.stringify(outcomes)}; ${described(lagsMs)}`);
    const p99Ms = lagsMs[Math.ceil(lagsMs.length * 0.99) - 1] ?? 0;
    assert.ok(p99Ms <= LAG_P99_MS_MAX, described(lagsMs));
    assert.deepEqual([outcomes["error"] ?? 0, outcomes["timeout"] ?? 0, outcomes["lost"] ?? 0], [
      0,
      0,
      0,
    ]);
  },
);

Deno.test(
  "Redis killed under load and started again: submissions get 503 meanwhile, nothing accepted is lost",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    await rig.agreed();
    const load = new PersistentLoad({
      client: rig.anyone,
      jobs: JOBS,
      job: jobOf,
      paceMs: PACE_MS,
    });
    const submitting = load.run();
    await eventually(() => load.accepted.size > JOBS / 10 || undefined, {
      what: () => "a tenth of the jobs",
      withinMs: 20_000,
    });
    await rig.redis.kill();
    await pause(LONG ? 5_000 : 2_000);
    const refused = await rig.nodes[0]!.client.post({ name: "noop" });
    assert.deepEqual([refused.status, refused.headers.has("retry-after")], [503, true]);
    await rig.redis.restart();
    const backMs = performance.now();
    await eventually(
      async () =>
        (await rig.nodes[0]!.client.post({ name: "noop", queue: "after" })).status === 202 ||
        undefined,
      {
        what: () => "submissions accepted again",
        withinMs: 10_000,
        everyMs: 20,
      },
    );
    console.log(
      `submissions accepted ${Math.round(performance.now() - backMs)} ms after Redis was back`,
    );
    await submitting;
    await rig.agreed();
    await assertKept(rig, load);
  },
);
