import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { nodeSuite, type SuiteContext } from "../support/suite.ts";

/** Submits a job and waits until its handler has really begun. */
async function begin({ client, workspace }: SuiteContext, job: Record<string, unknown>) {
  const { id } = await client.submit(job);
  await eventually(async () => {
    const lines = await workspace.ledger();
    return lines.some((line) => line.includes(id)) || undefined;
  }, { what: `the start of ${id}` });
  return id;
}

const handlers = ["ledger", "obedient", "flaky"];

nodeSuite("a time-out", { handlers }, {
  "aborts the signal, and the attempt ends as timeout": async (context) => {
    const { client, workspace } = context;
    const id = await begin(context, { name: "obedient", timeout: "300ms", retry: { attempts: 1 } });
    const failed = await client.reach(id, "failed");
    assert.deepEqual(failed.attempts.map(({ outcome }) => outcome), ["timeout"]);
    assert.equal(failed.error?.name, "TimeoutError");
    assert.match(failed.error?.message ?? "", /300 ms/);
    assert.ok((await workspace.ledger()).includes(`aborted ${id}`));
  },

  "ends an attempt that ignores the signal, and its later work is not heard": async (context) => {
    const { client, workspace } = context;
    const job = { name: "ledger", payload: { ms: 3_000 }, timeout: "300ms" };
    const id = await begin(context, { ...job, retry: { attempts: 1 } });
    const failed = await client.reach(id, "failed", 5_000);
    assert.deepEqual(failed.attempts.map(({ outcome }) => outcome), ["timeout"]);
    const ranMs = Date.parse(failed.finishedAt ?? "") - Date.parse(failed.startedAt ?? "");
    assert.ok(ranMs < 2_500, `ended after ${ranMs} ms`);
    assert.ok(!(await workspace.ledger()).some((line) => line.startsWith(`end ${id}`)));
  },

  "is retried like any error, and can be excluded by its name": async (context) => {
    const { client } = context;
    const job = { name: "obedient", timeout: "100ms" };
    const repeated = await client.submit({ ...job, retry: { attempts: 2, base: 10 } });
    const excluded = await client.submit({ ...job, retry: { notOn: ["TimeoutError"] } });
    assert.equal((await client.finish(repeated.id)).attempts.length, 2);
    assert.equal((await client.finish(excluded.id)).attempts.length, 1);
  },
});

nodeSuite("a cancel", { handlers }, {
  "ends a scheduled job, which never starts": async ({ client, workspace }) => {
    const { id } = await client.submit({ name: "ledger", delay: "500ms" });
    const { status, body } = await client.send<{ state: string }>(`/job/${id}`, {
      method: "DELETE",
    });
    assert.deepEqual([status, body.state], [200, "cancelled"]);
    const later = await client.submit({ name: "ledger", delay: "700ms" });
    await client.reach(later.id, "completed");
    assert.ok(!(await workspace.ledger()).some((line) => line.includes(id)));
    assert.equal((await client.job(id)).state, "cancelled");
  },

  "ends a pending job of a paused queue": async ({ client }) => {
    await client.queue("held", { paused: true });
    const { id } = await client.submit({ name: "ledger", queue: "held" });
    await client.until(id, ({ waiting }) => waiting?.reason === "queue-paused", { what: "waits" });
    assert.equal((await client.send(`/job/${id}`, { method: "DELETE" })).status, 200);
    await client.queue("held", { paused: false });
    const next = await client.submit({ name: "ledger", queue: "held" });
    await client.reach(next.id, "completed");
    assert.equal((await client.job(id)).state, "cancelled");
  },

  "stops a running job that obeys its signal": async (context) => {
    const { client, workspace } = context;
    const id = await begin(context, { name: "obedient" });
    const { status } = await client.send(`/job/${id}`, { method: "DELETE" });
    assert.equal(status, 202);
    const cancelled = await client.reach(id, "cancelled");
    assert.deepEqual(cancelled.attempts.map(({ outcome }) => outcome), ["cancelled"]);
    assert.ok((await workspace.ledger()).includes(`aborted ${id}`));
  },

  "ends a running job that ignores its signal": async (context) => {
    const { client, workspace } = context;
    const id = await begin(context, { name: "ledger", payload: { ms: 4_000 } });
    assert.equal((await client.send(`/job/${id}`, { method: "DELETE" })).status, 202);
    const cancelled = await client.reach(id, "cancelled", 3_000);
    assert.deepEqual(cancelled.attempts.map(({ outcome }) => outcome), ["cancelled"]);
    assert.ok(!(await workspace.ledger()).some((line) => line.startsWith(`end ${id}`)));
  },

  "ends a job between two attempts": async ({ client }) => {
    const payload = { plan: [{ name: "OnceError" }] };
    const { id } = await client.submit({ name: "flaky", payload, retry: { base: "1h" } });
    await client.reach(id, "retrying");
    assert.equal((await client.send(`/job/${id}`, { method: "DELETE" })).status, 200);
    assert.equal((await client.job(id)).state, "cancelled");
  },

  "is refused with 409 once a job is over, and with 404 for none": async ({ client }) => {
    const { id } = await client.submit({ name: "noop" });
    await client.reach(id, "completed");
    const refused = await client.send<{ state: string }>(`/job/${id}`, { method: "DELETE" });
    assert.deepEqual([refused.status, refused.body.state], [409, "completed"]);
    assert.match(refused.headers.get("content-type") ?? "", /problem\+json/);
    assert.equal((await client.send("/job/nobody", { method: "DELETE" })).status, 404);
  },

  "can be taken back: a cancelled job is retried": async ({ client }) => {
    const { id } = await client.submit({ name: "ledger", delay: "1h" });
    await client.send(`/job/${id}`, { method: "DELETE" });
    assert.equal((await client.send(`/job/${id}/retry`)).status, 200);
    assert.equal((await client.reach(id, "completed")).state, "completed");
  },

  "works by filter": async ({ client }) => {
    const job = { name: "ledger", delay: "1h", tags: ["batch-c"] };
    await client.bulk([job, job, job, job]);
    const done = await client.send("/jobs/cancel", { json: { tag: "batch-c" } });
    assert.deepEqual(done.body, { matched: 4, done: 4, refused: 0, cursor: null });
    const states = (await client.list("tag=batch-c")).map(({ state }) => state);
    assert.deepEqual(states, Array.from({ length: 4 }, () => "cancelled"));
  },
});
