import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { nodeSuite, type SuiteContext } from "../support/suite.ts";

/** Lines of the ledger about a job. */
async function notes({ workspace }: SuiteContext, id: string): Promise<string[]> {
  return (await workspace.ledger()).filter((line) => line.includes(id)).map((line) =>
    line.split(" ")[0] ?? ""
  );
}

/** Waits until a job's handler has noted `what`. */
async function noted(context: SuiteContext, id: string, what: string): Promise<void> {
  await eventually(async () => (await notes(context, id)).includes(what) || undefined, {
    what: `${what} of ${id}`,
  });
}

nodeSuite("over a kill -9", { handlers: ["ledger", "stepwise", "obedient"] }, {
  "an at-least-once job runs again, its lost attempt recorded and not counted": async (context) => {
    const { client, restart } = context;
    const job = { name: "ledger", payload: { ms: 2_000 }, retry: { attempts: 1 } };
    const { id } = await client.submit(job);
    await noted(context, id, "start");
    await restart("SIGKILL");
    const done = await client.reach(id, "completed");
    assert.deepEqual(
      done.attempts.map(({ number, outcome }) => [number, outcome]),
      [[1, "lost"], [1, "ok"]],
    );
    assert.match(done.attempts[0]?.error?.message ?? "", /node a went away/);
  },

  "an at-most-once job is never run a second time": async (context) => {
    const { client, restart } = context;
    const job = { name: "ledger", payload: { ms: 30_000 }, delivery: "at-most-once" };
    const { id } = await client.submit(job);
    await noted(context, id, "start");
    await restart("SIGKILL");
    const failed = await client.reach(id, "failed");
    assert.deepEqual(failed.attempts.map(({ outcome }) => outcome), ["lost"]);
    assert.match(failed.error?.message ?? "", /at most once/);
    assert.deepEqual(await notes(context, id), ["start"]);
  },

  "completed steps are not repeated, and the checkpoint is handed on": async (context) => {
    const { client, restart } = context;
    const { id } = await client.submit({ name: "stepwise", payload: { hang: true } });
    await noted(context, id, "checkpoint");
    await restart("SIGKILL");
    const done = await client.reach(id, "completed");
    assert.deepEqual(await notes(context, id), ["charge", "checkpoint", "mail"]);
    const result = done.result as { charge: { charge: string }; resumed: { charged: string } };
    assert.equal(result.resumed.charged, result.charge.charge);
  },

  "a cancel that was under way holds": async (context) => {
    const { client, restart } = context;
    const { id } = await client.submit({ name: "ledger", payload: { ms: 30_000 } });
    await noted(context, id, "start");
    assert.equal((await client.send(`/job/${id}`, { method: "DELETE" })).status, 202);
    await restart("SIGKILL");
    const cancelled = await client.finish(id);
    assert.equal(cancelled.state, "cancelled");
    assert.deepEqual(await notes(context, id), ["start"]);
  },

  "an Idempotency-Key still finds its job; another body is refused": async (
    { client, restart },
  ) => {
    const job = { name: "noop", payload: { n: 1 } };
    const headers = { "idempotency-key": "invoice-4711" };
    const first = await client.post(job, headers);
    assert.equal(first.status, 202);
    const repeated = await client.post({ payload: { n: 1 }, name: "noop" }, headers);
    assert.deepEqual([repeated.status, repeated.body.id], [200, first.body.id]);
    await restart("SIGKILL");
    const again = await client.post(job, headers);
    assert.deepEqual([again.status, again.body.id], [200, first.body.id]);
    assert.equal(again.headers.get("idempotency-replayed"), "true");
    assert.equal((await client.post({ ...job, payload: { n: 2 } }, headers)).status, 422);
    assert.equal((await client.list("name=noop")).length, 1);
  },

  "an own id stays taken": async ({ client, restart }) => {
    const job = { name: "noop", id: "order-7/charge", tags: ["own"] };
    const first = await client.post(job);
    assert.equal(first.status, 202);
    assert.equal(first.headers.get("location"), "/job/order-7%2Fcharge");
    assert.equal((await client.post(job)).status, 409);
    await restart("SIGKILL");
    const conflict = await client.post(job);
    assert.equal(conflict.status, 409);
    assert.match(conflict.headers.get("content-type") ?? "", /problem\+json/);
    assert.equal((await client.job("order-7/charge")).name, "noop");
    assert.equal((await client.list("tag=own")).length, 1);
  },

  "a scheduled and a retrying job keep their times": async ({ client, restart, workspace }) => {
    await workspace.addHandler("flaky");
    await restart("SIGTERM");
    const runAt = new Date(Date.now() + 3_000).toISOString();
    const scheduled = await client.submit({ name: "ledger", runAt });
    const payload = { plan: [{ name: "OnceError", retryAfter: 3_000 }] };
    const retrying = await client.submit({ name: "flaky", payload });
    const due = (await client.reach(retrying.id, "retrying")).runAt;
    await restart("SIGKILL");
    assert.equal((await client.job(retrying.id)).runAt, due);
    for (const [id, at] of [[scheduled.id, runAt], [retrying.id, due]] as const) {
      const done = await client.reach(id, "completed");
      const started = done.attempts.at(-1)?.startedAt ?? "";
      assert.ok(started >= at, `${started} before ${at}`);
    }
  },
});

nodeSuite("in the second attempt", { handlers: ["stepwise"] }, {
  "completed steps are not repeated, and the checkpoint is handed on": async (context) => {
    const { client } = context;
    const { id } = await client.submit({ name: "stepwise", retry: { base: 50 } });
    const done = await client.reach(id, "completed");
    assert.deepEqual(done.attempts.map(({ outcome }) => outcome), ["error", "ok"]);
    assert.deepEqual(await notes(context, id), ["charge", "checkpoint", "mail"]);
    const result = done.result as { charge: { charge: string }; resumed: unknown };
    assert.deepEqual(result.resumed, { charged: result.charge.charge });
    assert.deepEqual(done.checkpoint, result.resumed);
  },
});
