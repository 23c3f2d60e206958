import assert from "node:assert/strict";
import { readLedger } from "../support/audit.ts";
import type { JobView } from "../support/client.ts";
import { nodeSuite, type SuiteContext } from "../support/suite.ts";

const JOBS = 30;

/** Submits `count` jobs of `ms` each and waits for their ends. */
async function runAll(
  { client }: SuiteContext,
  { queue, ms, count }: { queue: string; ms: number; count: number },
): Promise<JobView[]> {
  const job = { name: "ledger", payload: { ms }, queue };
  const { body } = await client.bulk(Array.from({ length: count }, () => job));
  assert.equal(body.accepted, count);
  return await Promise.all(body.jobs.map(({ id }) => client.reach(id, "completed", 30_000)));
}

/** The most handlers of these jobs that ran at the same time, by their own word. */
async function parallelism({ workspace }: SuiteContext, jobs: readonly JobView[]): Promise<number> {
  const ids = new Set(jobs.map(({ id }) => id));
  const lines = readLedger(await workspace.ledger()).filter(({ jobId }) => ids.has(jobId));
  let running = 0;
  let most = 0;
  for (const { what } of lines) {
    running += what === "start" ? 1 : -1;
    most = Math.max(most, running);
  }
  assert.equal(running, 0);
  return most;
}

function settingsOf(queue: unknown) {
  const { name, paused, concurrency } = queue as Record<string, unknown>;
  return { name, paused, concurrency };
}

const options = { handlers: ["ledger"], config: { queues: { narrow: { concurrency: 3 } } } };

nodeSuite("a queue", options, {
  "runs at most as many jobs at once as its configuration says": async (context) => {
    const jobs = await runAll(context, { queue: "narrow", ms: 60, count: JOBS });
    assert.equal(await parallelism(context, jobs), 3);
  },

  "runs as many as there are, without a limit": async (context) => {
    const jobs = await runAll(context, { queue: "wide", ms: 400, count: JOBS });
    assert.ok(await parallelism(context, jobs) > JOBS / 2);
  },

  "can be narrowed and widened while it works": async (context) => {
    const { client } = context;
    await client.queue("moving", { concurrency: 1 });
    const narrow = await runAll(context, { queue: "moving", ms: 30, count: 10 });
    assert.equal(await parallelism(context, narrow), 1);
    await client.queue("moving", { concurrency: 5 });
    const wider = await runAll(context, { queue: "moving", ms: 100, count: JOBS });
    assert.equal(await parallelism(context, wider), 5);
    await client.queue("moving", { concurrency: null });
    const { body } = await client.request("/queue/moving");
    assert.deepEqual(settingsOf(body), { name: "moving", paused: false, concurrency: null });
  },

  "starts the higher priority first, and equal ones in order": async ({ client, workspace }) => {
    await client.queue("ranked", { concurrency: 1, paused: true });
    const priorities = [0, 9, 4, 9, 0, 5];
    const ids: string[] = [];
    for (const priority of priorities) {
      ids.push((await client.submit({ name: "ledger", queue: "ranked", priority })).id);
    }
    await client.queue("ranked", { paused: false });
    for (const id of ids) await client.reach(id, "completed");
    const order = readLedger(await workspace.ledger())
      .filter(({ what, jobId }) => what === "start" && ids.includes(jobId))
      .map(({ jobId }) => ids.indexOf(jobId));
    assert.deepEqual(order, [1, 3, 5, 2, 0, 4]);
  },

  "does not hold up other queues when it is full or paused": async (context) => {
    const { client } = context;
    await client.queue("stuck", { concurrency: 1 });
    const { body } = await client.bulk(
      Array.from(
        { length: 300 },
        () => ({ name: "sleep", payload: { ms: 5_000 }, queue: "stuck" }),
      ),
    );
    assert.equal(body.accepted, 300);
    const jobs = await runAll(context, { queue: "free", ms: 0, count: JOBS });
    assert.equal(jobs.length, JOBS);
    const waiting = await client.until(body.jobs[5]?.id ?? "", ({ waiting }) => waiting !== null, {
      what: "says why it waits",
    });
    assert.equal(waiting.state, "pending");
    assert.equal(waiting.waiting?.reason, "concurrency-limit");
    await client.send("/jobs/cancel", { json: { queue: "stuck" } });
  },

  "runs no more of each key at once than it may": async (context) => {
    const { client } = context;
    await client.send("/queue/keyed", { method: "PUT", json: { perKey: { concurrency: 2 } } });
    const job = { name: "ledger", payload: { ms: 50 }, queue: "keyed" };
    const { body } = await client.bulk(
      Array.from({ length: JOBS }, (_, at) => ({ ...job, concurrencyKey: `k${at % 3}` })),
    );
    const jobs = await Promise.all(body.jobs.map(({ id }) => client.reach(id, "completed")));
    for (const key of [0, 1, 2]) {
      const some = jobs.filter((_, at) => at % 3 === key);
      assert.equal(await parallelism(context, some), 2);
    }
  },

  "starts jobs no faster than its rate, and says that they wait for it": async (context) => {
    const { client } = context;
    const json = { rate: { limit: 20, per: "second" } };
    await client.send("/queue/paced", { method: "PUT", json });
    const { body } = await client.bulk(
      Array.from({ length: 60 }, () => ({ name: "ledger", queue: "paced" })),
    );
    const last = body.jobs.at(-1)!.id;
    const waiting = await client.until(last, ({ waiting }) => waiting !== null, {
      what: "says why it waits",
    });
    assert.equal(waiting.waiting?.reason, "rate-limit");
    const jobs = await Promise.all(body.jobs.map(({ id }) => client.reach(id, "completed")));
    const starts = jobs.map(({ startedAt }) => Date.parse(startedAt ?? "")).sort((a, b) => a - b);
    const tookMs = starts.at(-1)! - starts[0]!;
    // Two spans are full when the last one begins.
    assert.ok(tookMs >= 1_800 && tookMs < 4_000, `${tookMs} ms`);
    const { body: queue } = await client.request<{ inUse: { starts: number } }>("/queue/paced");
    assert.ok(queue.inUse.starts <= 20);
  },

  "stays paused, and narrow, over a restart and a kill": async ({ client, restart }) => {
    await client.queue("night", { paused: true, concurrency: 2 });
    const { id } = await client.submit({ name: "ledger", queue: "night" });
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await restart(signal);
      const { body } = await client.request("/queue/night");
      assert.deepEqual(settingsOf(body), { name: "night", paused: true, concurrency: 2 });
      const other = await client.submit({ name: "ledger", queue: "day" });
      await client.reach(other.id, "completed");
      const job = await client.job(id);
      assert.deepEqual([job.state, job.waiting?.reason], ["pending", "queue-paused"]);
    }
    await client.queue("night", { paused: false });
    await client.reach(id, "completed");
  },

  "lets running jobs end when it is paused": async ({ client }) => {
    const running = await client.submit({ name: "ledger", payload: { ms: 500 }, queue: "ending" });
    await client.reach(running.id, "running");
    await client.queue("ending", { paused: true });
    const waiting = await client.submit({ name: "ledger", queue: "ending" });
    await client.reach(running.id, "completed");
    assert.equal((await client.job(waiting.id)).state, "pending");
    await client.queue("ending", { paused: false });
    await client.reach(waiting.id, "completed");
  },

  "counts its jobs as the lists do": async ({ client }) => {
    const { states, queues, total } = await client.counts();
    const listed = await client.list();
    assert.equal(total, listed.length);
    for (const [state, count] of Object.entries(states)) {
      assert.equal((await client.list(`state=${state}`)).length, count, state);
    }
    for (const [queue, byState] of Object.entries(queues)) {
      const count = Object.values(byState).reduce((sum, one) => sum + one, 0);
      assert.equal((await client.list(`queue=${queue}`)).length, count, queue);
    }
  },
});
