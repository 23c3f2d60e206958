import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { nodeSuite } from "../support/suite.ts";

nodeSuite("failed attempts", { handlers: ["flaky", "modest"] }, {
  "are repeated after the backoff, and each one is recorded": async ({ client }) => {
    const plan = [{ name: "FirstError" }, { name: "SecondError", message: "again" }];
    const { id } = await client.submit({
      name: "flaky",
      payload: { plan },
      retry: { attempts: 5, backoff: "exponential", base: "200ms", factor: 3, jitter: 0 },
    });
    const retrying = await client.reach(id, "retrying");
    assert.equal(retrying.error?.name, "FirstError");
    const done = await client.reach(id, "completed");
    assert.deepEqual(
      done.attempts.map(({ number, outcome, error }) => [number, outcome, error?.name]),
      [[1, "error", "FirstError"], [2, "error", "SecondError"], [3, "ok", undefined]],
    );
    assert.deepEqual([done.attempt, done.maxAttempts, done.error], [3, 5, null]);
    const [first, second, third] = done.attempts.map((attempt) => ({
      startedMs: Date.parse(attempt.startedAt),
      finishedMs: Date.parse(attempt.finishedAt),
    }));
    assert.ok(first && second && third);
    const gaps = [second.startedMs - first.finishedMs, third.startedMs - second.finishedMs];
    assert.ok(gaps[0]! >= 200 && gaps[0]! < 500, `first gap ${gaps[0]} ms`);
    assert.ok(gaps[1]! >= 600 && gaps[1]! < 1_200, `second gap ${gaps[1]} ms`);
  },

  "end as failed when they are spent": async ({ client }) => {
    const plan = Array.from({ length: 5 }, () => ({ name: "AlwaysError" }));
    const { id } = await client.submit({
      name: "flaky",
      payload: { plan },
      retry: { attempts: 2, base: 20 },
    });
    const failed = await client.reach(id, "failed");
    assert.deepEqual(failed.attempts.map(({ outcome }) => outcome), ["error", "error"]);
    assert.equal(failed.error?.name, "AlwaysError");
    assert.ok(failed.finishedAt);
  },

  "wait as long as the error's retryAfter says": async ({ client }) => {
    const plan = [{ name: "BusyError", retryAfter: 700 }];
    const { id } = await client.submit({
      name: "flaky",
      payload: { plan },
      retry: { attempts: 3, base: "1h" },
    });
    const done = await client.reach(id, "completed");
    const [first, second] = done.attempts;
    const gapMs = Date.parse(second?.startedAt ?? "") - Date.parse(first?.finishedAt ?? "");
    assert.ok(gapMs >= 700 && gapMs < 1_500, `gap ${gapMs} ms`);
  },

  "are not repeated when the error says retryable: false": async ({ client }) => {
    const plan = [{ name: "FatalError", retryable: false }];
    const { id } = await client.submit({ name: "flaky", payload: { plan }, retry: { base: 1 } });
    const failed = await client.finish(id);
    assert.deepEqual([failed.state, failed.attempts.length], ["failed", 1]);
  },

  "are repeated by name: notOn excludes, on includes": async ({ client }) => {
    const plan = [{ name: "ValidationError" }];
    const submit = (retry: unknown) => client.submit({ name: "flaky", payload: { plan }, retry });
    const excluded = await submit({ base: 1, notOn: ["ValidationError"] });
    const unlisted = await submit({ base: 1, on: ["NetworkError"] });
    const listed = await submit({ base: 1, on: ["ValidationError"] });
    const ends = await Promise.all([excluded, unlisted, listed].map(({ id }) => client.finish(id)));
    assert.deepEqual(ends.map(({ state }) => state), ["failed", "failed", "completed"]);
    assert.deepEqual(ends.map(({ attempts }) => attempts.length), [1, 1, 2]);
  },

  "follow the handler's own rules when the job brings none": async ({ client }) => {
    const { id } = await client.submit({ name: "modest" });
    const failed = await client.reach(id, "failed");
    assert.deepEqual([failed.attempts.length, failed.maxAttempts], [2, 2]);
    const own = await client.submit({ name: "modest", retry: { attempts: 1 } });
    assert.equal((await client.reach(own.id, "failed")).attempts.length, 1);
  },

  "can be given a new budget by hand, and keep their history": async ({ client }) => {
    const plan = [{ name: "OnceError" }];
    const { id } = await client.submit({
      name: "flaky",
      payload: { plan },
      retry: { attempts: 1 },
    });
    await client.reach(id, "failed");
    const again = await client.send<{ state: string }>(`/job/${id}/retry`);
    assert.deepEqual([again.status, again.body.state], [200, "pending"]);
    const done = await client.reach(id, "completed");
    assert.deepEqual(done.attempts.map(({ outcome }) => outcome), ["error", "ok"]);
    assert.equal((await client.send(`/job/${id}/retry`)).status, 409);
  },

  "can be retried by filter": async ({ client }) => {
    const plan = [{ name: "OnceError" }];
    const job = { name: "flaky", payload: { plan }, retry: { attempts: 1 }, tags: ["batch-r"] };
    const { body } = await client.bulk([job, job, job]);
    for (const { id } of body.jobs) await client.reach(id, "failed");
    const filter = { state: "failed", tag: "batch-r" };
    const retried = await client.send("/jobs/retry", { json: filter });
    assert.deepEqual(retried.body, { matched: 3, done: 3, refused: 0, cursor: null });
    for (const { id } of body.jobs) await client.reach(id, "completed");
  },

  "run under another payload when they are retried with one, which their log tells": async (
    { client, restart },
  ) => {
    const plan = [{ name: "BadAddress" }];
    const { id } = await client.submit({
      ...{ name: "flaky", payload: { plan }, retry: { attempts: 1 } },
    });
    await client.reach(id, "failed");
    const retried = await client.send(`/job/${id}/retry`, { json: { payload: { plan: [] } } });
    assert.equal(retried.status, 200, JSON.stringify(retried.body));
    const done = await client.reach(id, "completed");
    assert.deepEqual([done.payload, done.attempts.length], [{ plan: [] }, 2]);
    await restart("SIGKILL");
    assert.deepEqual((await client.job(id)).payload, { plan: [] });
    const { body } = await client.request<{ lines: { text: string }[] }>(`/job/${id}/logs`);
    const edits = body.lines.filter(({ text }) => text.includes("payload edited for a retry"));
    assert.equal(edits.length, 1);
    assert.ok(edits[0]?.text.endsWith('it was {"plan":[{"name":"BadAddress"}]}'), edits[0]?.text);
    const again = await client.send(`/job/${id}/retry`, { json: { payload: 1 } });
    assert.equal(again.status, 409, "it is completed");
  },

  "wait for their handler's name without costing attempts": async ({ client, workspace, node }) => {
    const { id } = await client.submit({ name: "late", retry: { attempts: 1 } });
    await client.until(id, ({ waiting }) => waiting?.reason === "handler-unknown", {
      what: "waits",
    });
    const counts = await client.counts();
    assert.equal(counts.states["pending"], 1);
    await workspace.writeHandler("late", `export default { name: "late", run: () => "here" };`);
    node().signal("SIGHUP");
    const done = await client.reach(id, "completed");
    assert.deepEqual([done.result, done.attempts.length], ["here", 1]);
  },

  "run early when they are told to": async ({ client }) => {
    const plan = [{ name: "SlowError" }];
    const { id } = await client.submit({
      name: "flaky",
      payload: { plan },
      retry: { attempts: 2, base: "30m" },
    });
    await client.reach(id, "retrying");
    assert.equal((await client.send(`/job/${id}/run`)).status, 200);
    await client.reach(id, "completed");
    const scheduled = await client.submit({ name: "flaky", payload: { plan: [] }, delay: "1h" });
    assert.equal(scheduled.state, "scheduled");
    assert.equal((await client.send(`/job/${scheduled.id}/run`)).status, 200);
    await client.reach(scheduled.id, "completed");
    assert.equal((await client.send(`/job/${scheduled.id}/run`)).status, 409);
  },

  "never start before runAt": async ({ client }) => {
    const runAtMs = Date.now() + 400;
    const { id } = await client.submit({
      name: "flaky",
      payload: { plan: [] },
      runAt: new Date(runAtMs).toISOString(),
    });
    const done = await client.reach(id, "completed");
    const startedMs = Date.parse(done.attempts[0]?.startedAt ?? "");
    assert.ok(startedMs >= runAtMs, `${startedMs} before ${runAtMs}`);
    await eventually(() => Date.now() > runAtMs || undefined, { what: "its time" });
  },
});
