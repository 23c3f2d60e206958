import assert from "node:assert/strict";
import { readExposition, valueOf } from "../runtime/telemetry/testing/exposition_reader.ts";
import { hasRedis } from "../tools/redis.ts";
import type { Client } from "./support/client.ts";
import { ClusterRig, SHARDS } from "./support/cluster_rig.ts";
import { eventually } from "./support/eventually.ts";
import { hasPrometheus, NO_PROMETHEUS, PrometheusProcess, promtool } from "./support/prometheus.ts";
import { Workspace } from "./support/workspace.ts";

const PROMETHEUS = await hasPrometheus();
if (!PROMETHEUS) console.log(NO_PROMETHEUS);
const DASHBOARD = new URL("../deploy/grafana/overview.json", import.meta.url);
const GOOD = 40;
const BAD = 6;
const HELD = 7;

/** Jobs that end in every way there is, and some that wait. */
async function work(client: Client): Promise<void> {
  // 503: the queue's shard is just moving.
  await eventually(
    async () => (await client.queue("held", { paused: true })).status === 200 || undefined,
    {
      what: "a pause",
    },
  );
  const tomorrow = { delay: "1d" };
  const bad = { name: "fail", payload: { message: "no", times: 9 } };
  const jobs = [
    ...Array.from({ length: GOOD }, () => ({ name: "noop", queue: "mail" })),
    ...Array.from({ length: BAD }, () => ({ ...bad, retry: { attempts: 2, base: "20ms" } })),
    ...Array.from({ length: HELD }, () => ({ name: "noop", queue: "held" })),
    { name: "noop", queue: "mail", ...tomorrow },
    { name: "noop", queue: "strict", sla: { finishWithin: "1ms" } },
  ];
  const { body: { accepted } } = await client.bulk(jobs);
  assert.equal(accepted, jobs.length);
  const cancelled = await client.submit({ name: "noop", ...tomorrow });
  await client.cancel(cancelled.id);
  let last: unknown;
  await eventually(async () => {
    const { states } = await client.counts();
    last = states;
    const settled = states.completed === GOOD + 1 && states.failed === BAD &&
      states.pending === HELD;
    return settled || undefined;
  }, { what: () => `the end of all jobs: ${JSON.stringify(last)}` });
}

async function scrape(client: Client) {
  const { status, headers, body } = await client.request<string>("/metrics");
  assert.equal(status, 200);
  assert.equal(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return { text: body, metrics: readExposition(body) };
}

Deno.test("a node's metrics say what happened, and of the store what /jobs/counts says", async () => {
  await using workspace = await Workspace.create();
  const { client } = await workspace.serve();
  await work(client);
  assert.equal((await client.queue("held", { paused: true, concurrency: 3 })).status, 200);
  const schedule = { every: "1d", job: { name: "noop", queue: "scheduled" } };
  await client.send("/schedule/daily", { method: "PUT", json: schedule });
  assert.equal((await client.send("/schedule/daily/trigger")).status, 202);
  await eventually(async () => {
    const { queues: { scheduled } } = await client.counts();
    return scheduled?.completed === 1 || undefined;
  }, { what: "the end of the schedule's job" });
  const { queues } = await client.counts();
  const { metrics } = await eventually(async () => {
    const scraped = await scrape(client);
    const labels = { queue: "held", state: "pending" };
    return valueOf(scraped.metrics, "orrery_jobs", labels) === HELD ? scraped : undefined;
  }, { what: "a reading of the end" });
  for (const [queue, states] of Object.entries(queues)) {
    for (const [state, count] of Object.entries(states)) {
      assert.equal(valueOf(metrics, "orrery_jobs", { queue, state }), count, `${queue} ${state}`);
    }
  }
  const value = (name: string, labels = {}) => valueOf(metrics, `orrery_${name}`, labels);
  const mail = { queue: "mail", name: "noop" };
  const bad = { queue: "default", name: "fail" };
  assert.equal(value("jobs_created_total", { ...mail, origin: "request" }), GOOD + 1);
  assert.equal(value("job_transitions_total", { ...mail, state: "completed" }), GOOD);
  assert.equal(value("job_retries_total", { ...bad, cause: "error" }), BAD);
  assert.equal(value("job_failures_total", { ...bad, cause: "error" }), BAD);
  assert.equal(value("job_run_seconds_count", { ...mail, outcome: "ok" }), GOOD);
  assert.equal(value("job_run_seconds_count", { ...bad, outcome: "error" }), 2 * BAD);
  assert.equal(value("job_start_lag_seconds_count", { queue: "mail" }), GOOD);
  const late = { queue: "strict", name: "noop", level: "finish" };
  assert.equal(value("job_sla_breaches_total", late), 1);
  assert.equal(value("queue_depth", { queue: "held" }), HELD);
  assert.equal(value("queue_paused", { queue: "held" }), 1);
  assert.ok(value("queue_oldest_age_seconds", { queue: "held" }) > 0);
  assert.equal(value("queue_oldest_age_seconds", { queue: "mail" }), 0);
  assert.equal(value("store_writes_total", { outcome: "fenced" }), 0);
  assert.ok(value("commit_writes_sum") >= value("store_writes_total", { outcome: "applied" }));
  assert.equal(value("shards_owned"), value("shards"));
  assert.equal(value("queue_concurrency_limit", { queue: "held" }), 3);
  assert.equal(value("slots_taken", { queue: "held" }), 0);
  assert.equal(value("schedule_occurrences_total", { decision: "triggered" }), 1);
  assert.equal(value("schedule_occurrences_total", { decision: "misfired" }), 0);
});

Deno.test("a node that measures nothing has no metrics", async () => {
  await using workspace = await Workspace.create({ config: { telemetry: { metrics: false } } });
  const { client } = await workspace.serve();
  const { id } = await client.submit({ name: "noop" });
  await client.finish(id);
  assert.equal((await client.request("/metrics")).status, 404);
});

Deno.test({
  name: "promtool is content with the configuration, the rules, their tests and a node's metrics",
  ignore: !PROMETHEUS,
  fn: async () => {
    await promtool(["check", "config", "prometheus.yml"]);
    await promtool(["check", "rules", "rules.yml"]);
    await promtool(["test", "rules", "rules_test.yml"]);
    await using workspace = await Workspace.create();
    const { client } = await workspace.serve();
    await promtool(["check", "metrics"], (await scrape(client)).text);
    await work(client);
    await promtool(["check", "metrics"], (await scrape(client)).text);
  },
});

Deno.test({
  name: "Prometheus scrapes two nodes, and says what /jobs/counts says",
  ignore: !PROMETHEUS || !await hasRedis(),
  fn: async () => {
    await using rig = await ClusterRig.start(["a", "b"], { args: { b: ["--roles", "worker"] } });
    await rig.balanced();
    const [gateway, worker] = rig.nodes;
    assert.ok(gateway !== undefined && worker !== undefined);
    const targets = rig.nodes.map(({ process }) => new URL(process.url).host);
    await using prometheus = await PrometheusProcess.start(targets);
    await work(gateway.client);
    const { states, queues, total } = await gateway.client.counts();
    const one = async (expression: string) => (await prometheus.query(expression))[0]?.value;

    await eventually(async () => {
      const [up, counted] = [await one('sum(up{job="orrery"})'), await one("sum(orrery_jobs)")];
      const done = await one('sum(orrery_job_run_seconds_count{outcome="ok"})');
      return up === 2 && counted === 2 * total && done === states.completed || undefined;
    }, { what: "scrapes of both nodes", everyMs: 250 });

    for (const side of ["min", "max"]) {
      const samples = await prometheus.query(`${side} by (queue, state) (orrery_jobs)`);
      const told: Record<string, Record<string, number>> = {};
      for (const { labels: { queue = "", state = "" }, value } of samples) {
        (told[queue] ??= {})[state] = value;
      }
      for (const [queue, counts] of Object.entries(queues)) assert.deepEqual(told[queue], counts);
    }
    const sums: [string, number | undefined][] = [
      ["orrery_jobs_created_total", total],
      ['orrery_job_transitions_total{state="completed"}', states.completed],
      ['orrery_job_transitions_total{state="cancelled"}', states.cancelled],
      ["orrery_job_failures_total", states.failed],
      ["orrery_job_retries_total", BAD],
      ['orrery_job_run_seconds_count{outcome="error"}', 2 * BAD],
      ["orrery_shards_owned", SHARDS],
      ['orrery_members{state="alive"}', 4],
      ["orrery_ready", 2],
      ["orrery_shards_ownerless", 0],
    ];
    for (const [metric, sum] of sums) assert.equal(await one(`sum(${metric})`), sum, metric);
    const { host } = new URL(worker.process.url);
    const ofWorker = await one(`orrery_shards_owned{instance="${host}"}`);
    assert.ok(ofWorker !== undefined && ofWorker > 0);
    for (const { client } of rig.nodes) {
      await promtool(["check", "metrics"], (await scrape(client)).text);
    }
    await assertRulesLoaded(prometheus);
    await assertDashboardAnswered(prometheus);
    await worker.process.end("SIGKILL");
    await eventually(
      async () => await one("sum(orrery_shard_takeovers_total)") === ofWorker || undefined,
      { what: `a takeover of ${ofWorker} shards`, withinMs: 20_000, everyMs: 250 },
    );
  },
});

async function assertRulesLoaded(prometheus: PrometheusProcess): Promise<void> {
  interface Rules {
    readonly groups: readonly {
      readonly rules: readonly { name: string; health: string; lastError?: string }[];
    }[];
  }
  const rules = await eventually(async () => {
    const { groups } = await prometheus.get<Rules>("rules");
    const all = groups.flatMap((group) => group.rules);
    return all.every(({ health }) => health !== "unknown") ? all : undefined;
  }, { what: "an evaluation of every rule", everyMs: 250 });
  assert.ok(rules.length > 20);
  for (const { name, health, lastError } of rules) {
    assert.equal(health, "ok", `${name} ${lastError}`);
  }
}

/** Every query of the dashboard is understood, and those of the first row have an answer. */
async function assertDashboardAnswered(prometheus: PrometheusProcess): Promise<void> {
  const { panels } = JSON.parse(await Deno.readTextFile(DASHBOARD)) as {
    panels: { type: string; title: string; targets?: { expr: string }[] }[];
  };
  for (const { type, title, targets = [] } of panels) {
    for (const { expr } of targets) {
      const expression = expr.replaceAll("$__rate_interval", "30s").replace(/\$\w+/g, ".*");
      const samples = await prometheus.query(expression);
      if (type === "stat") assert.ok(samples.length === 1, `${title}: ${expression}`);
    }
  }
}
