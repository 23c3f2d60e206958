import assert from "node:assert/strict";
import { readLedger } from "./support/audit.ts";
import type { Answer, JobView, ProblemView } from "./support/client.ts";
import { eventually } from "./support/eventually.ts";
import { nodeSuite, type SuiteContext } from "./support/suite.ts";

const CLIENTS = 8;
const EACH = 25;

type Outcome = Answer<JobView & ProblemView & { readonly id: string }>;

/** The same submission from several clients at once, many times each. */
async function crowd({ client }: SuiteContext, job: unknown): Promise<Outcome[]> {
  const one = async () => {
    const answers: Outcome[] = [];
    for (let at = 0; at < EACH; at++) answers.push(await client.post(job) as Outcome);
    return answers;
  };
  return (await Promise.all(Array.from({ length: CLIENTS }, one))).flat();
}

function countOf(outcomes: readonly Outcome[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The payloads that handlers got, in order of their starts. */
async function ran({ workspace }: SuiteContext, ids: readonly string[]): Promise<string[]> {
  const lines = readLedger(await workspace.ledger());
  return lines.filter(({ what, jobId }) => what === "start" && ids.includes(jobId))
    .map(({ jobId }) => jobId);
}

nodeSuite("a shared key", { handlers: ["ledger"] }, {
  "takes exactly one of a crowd's jobs, and names it to all others": async (context) => {
    const { client } = context;
    const job = { name: "ledger", delay: "1h", unique: { key: "invoice-7" } };
    const outcomes = await crowd(context, job);
    assert.deepEqual(countOf(outcomes), { 202: 1, 409: CLIENTS * EACH - 1 });
    assert.equal(new Set(outcomes.map(({ body }) => body.id)).size, 1);
    const [{ body: { id } }] = outcomes as [Outcome];
    assert.equal((await client.list("name=ledger")).length, 1);
    await client.request(`/job/${encodeURIComponent(id)}`, { method: "DELETE" });
    assert.equal((await client.post(job)).status, 202, "a cancelled job frees its key");
  },

  "is still held after kill -9, and so is its job": async (context) => {
    const { client, restart } = context;
    const job = { name: "ledger", delay: "1h", unique: { key: "invoice-8", onConflict: "keep" } };
    const first = await client.submit(job);
    await restart("SIGKILL");
    const { status, headers, body } = await client.post(job);
    assert.deepEqual([status, headers.get("deduplicated"), body.id], [200, "kept", first.id]);
    assert.equal((await client.job(first.id)).state, "scheduled");
  },

  "lets the last of a crowd's debounced jobs run, once, when it is quiet": async (context) => {
    const { client } = context;
    const debounce = { key: "page-1", wait: "1s" };
    const outcomes = await crowd(context, { name: "ledger", debounce });
    assert.deepEqual(Object.keys(countOf(outcomes)), ["202"]);
    const last = await client.submit({ name: "ledger", payload: { last: true }, debounce });
    const ids = [...new Set([...outcomes.map(({ body }) => body.id), last.id])];
    const ended = await client.reach(last.id, "completed");
    assert.deepEqual(ended.payload, { last: true });
    assert.ok(ended.startedAt! >= ended.runAt);
    // A crowd that takes longer than `wait` may have been quiet in between.
    assert.equal((await ran(context, ids)).length, ids.length);
  },

  "lets a throttled job run at once and the latest of the others after the period": async (
    context,
  ) => {
    const { client } = context;
    const throttle = { key: "page-1", every: "2s" };
    const submit = (n: number) => client.submit({ name: "ledger", payload: { n }, throttle });
    const first = await submit(1);
    const others = [await submit(2), await submit(3), await submit(4)];
    assert.equal(new Set(others.map(({ id }) => id)).size, 1);
    await client.reach(first.id, "completed");
    const last = await client.reach(others[0]!.id, "completed");
    assert.deepEqual(last.payload, { n: 4 });
    assert.equal(Date.parse(last.runAt) - Date.parse(first.runAt), 2_000);
  },

  "is replaced in place, and each bulk item is by itself": async ({ client }) => {
    const unique = { key: "order-1", onConflict: "replace" };
    const job = (n: number) => ({ name: "ledger", payload: { n }, delay: "1h", unique });
    const { body } = await client.bulk([job(1), { name: "ledger", delay: "1h" }, job(2)]);
    assert.deepEqual([body.accepted, body.rejected], [3, 0]);
    const ids = Object.fromEntries(body.jobs.map(({ index, id }) => [index, id]));
    assert.equal(ids[0], ids[2]);
    const id = ids[0]!;
    const path = `/job/${encodeURIComponent(id)}`;
    const replaced = await client.post({ ...job(3), delay: 0, queue: "other", tags: ["eu"] });
    assert.deepEqual([replaced.status, replaced.headers.get("deduplicated")], [202, "replaced"]);
    const ended = await client.reach(id, "completed");
    assert.deepEqual([ended.payload, ended.queue], [{ n: 3 }, "other"]);
    const found = await eventually(async () => {
      const all = await client.list("tag=eu&queue=other&state=completed");
      return all.length > 0 ? all : undefined;
    }, { what: "the job by its new labels" });
    assert.deepEqual(found.map((one) => one.id), [id]);
    assert.equal((await client.request(`${path}/logs`)).status, 200);
  },
});
