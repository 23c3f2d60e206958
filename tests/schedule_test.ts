import assert from "node:assert/strict";
import { readLedger } from "./support/audit.ts";
import { Client, type JobView } from "./support/client.ts";
import { eventually, pause } from "./support/eventually.ts";
import type { NodeProcess } from "./support/node_process.ts";
import { Workspace } from "./support/workspace.ts";

interface Line {
  readonly n: number;
  readonly nominalAt: string;
  readonly decision: string;
  readonly jobId: string | null;
}
interface ScheduleView {
  readonly id: string;
  readonly state: string;
  readonly fired: number;
  readonly nextAt: string | null;
}

const EVERY_MS = 1_000;
const KILLS = 4;

async function ledgerOf(client: Client, id: string): Promise<Line[]> {
  const path = `/schedule/${id}/occurrences?order=oldest&limit=200`;
  return [...(await client.request<{ occurrences: Line[] }>(path)).body.occurrences];
}

async function jobsOf(client: Client, id: string): Promise<JobView[]> {
  const { body } = await client.request<{ jobs: JobView[] }>(`/jobs?scheduleId=${id}&limit=200`);
  return [...body.jobs];
}

Deno.test(`a schedule fires every nominal time once while its node is killed ${KILLS} times`, async () => {
  await using workspace = await Workspace.create({ handlers: ["ledger"] });
  const cluster: { node: NodeProcess } = { node: await workspace.start() };
  const client = new Client(() => cluster.node.url);
  const json = { every: EVERY_MS, overlap: "allow", job: { name: "ledger", payload: { ms: 1 } } };
  const made = await client.send("/schedule/tick", { method: "PUT", json });
  assert.equal(made.status, 201);
  for (let kill = 0; kill < KILLS; kill++) {
    await pause(1_200 + 150 * kill); // At other places between two fires.
    await cluster.node.end("SIGKILL");
    cluster.node = await workspace.start();
  }
  await eventually(async () => (await ledgerOf(client, "tick")).length >= 12 || undefined, {
    what: "twelve decisions",
  });
  assert.equal((await client.send("/schedule/tick/pause")).status, 200);
  const lines = await ledgerOf(client, "tick");
  const times = lines.map(({ nominalAt }) => Date.parse(nominalAt));
  for (const [at, time] of times.entries()) {
    if (at > 0) {
      assert.equal(time - times[at - 1]!, EVERY_MS, "no nominal time is left out, or twice");
    }
  }
  assert.deepEqual([...new Set(lines.map(({ decision }) => decision))], ["fired"]);
  const jobs = await eventually(async () => {
    const all = await jobsOf(client, "tick");
    return all.every(({ state }) => state === "completed") ? all : undefined;
  }, { what: "the end of every run" });
  assert.deepEqual(jobs.map(({ id }) => id).sort(), lines.map(({ jobId }) => jobId!).sort());
  const ran = new Set(readLedger(await workspace.ledger()).map(({ jobId }) => jobId));
  assert.deepEqual([...ran].sort(), jobs.map(({ id }) => id).sort());
  for (const { runAt, startedAt } of jobs) assert.ok(startedAt! >= runAt, "none is early");
});

Deno.test("what was missed while the node was down is made up for as the policy says", async () => {
  await using workspace = await Workspace.create({ handlers: ["ledger"] });
  const cluster: { node: NodeProcess } = { node: await workspace.start() };
  const client = new Client(() => cluster.node.url);
  const make = (id: string, policy: string) =>
    client.send(`/schedule/${id}`, {
      method: "PUT",
      json: { every: EVERY_MS, overlap: "allow", misfire: { policy }, job: { name: "ledger" } },
    });
  for (const policy of ["skip", "fire-once", "catch-up"]) await make(policy, policy);
  await pause(300);
  await cluster.node.end("SIGKILL");
  await pause(13_500); // Longer than a fire may be late without being missed.
  cluster.node = await workspace.start();
  const decided = async (id: string) => {
    const lines = await eventually(async () => {
      const all = await ledgerOf(client, id);
      return all.length > 13 ? all : undefined;
    }, { what: `the decisions of ${id}` });
    return lines.slice(0, 3).map(({ decision }) => decision);
  };
  assert.deepEqual(await decided("skip"), ["misfired", "misfired", "misfired"]);
  assert.deepEqual(await decided("fire-once"), ["misfired", "misfired", "misfired"]);
  assert.deepEqual(await decided("catch-up"), ["fired", "fired", "fired"]);
});

Deno.test("a run that takes longer than the interval keeps the next from starting, and is followed by one", async () => {
  await using workspace = await Workspace.create({ handlers: ["ledger"] });
  const node = await workspace.start();
  const client = new Client(() => node.url);
  const make = (overlap: string) =>
    client.send(`/schedule/${overlap}`, {
      method: "PUT",
      json: { every: EVERY_MS, overlap, job: { name: "sleep", payload: { ms: 2_300 } } },
    });
  for (const overlap of ["skip", "queue-one", "cancel-previous"]) await make(overlap);
  const runs = async (id: string) => (await jobsOf(client, id)).reverse();
  const ended = (id: string) =>
    eventually(async () => {
      const all = (await runs(id)).filter(({ finishedAt }) => finishedAt !== null);
      return all.length >= 2 ? all : undefined;
    }, { what: `two runs of ${id}`, withinMs: 30_000 });
  const [skipped, queued, cancelled] = await Promise.all(
    ["skip", "queue-one", "cancel-previous"].map(ended),
  );
  for (const [first, second] of [skipped!, queued!, cancelled!]) {
    assert.ok(second!.startedAt! >= first!.finishedAt!, "never two at once");
  }
  assert.deepEqual([skipped![0]!.state, queued![0]!.state], ["completed", "completed"]);
  assert.equal(cancelled![0]!.state, "cancelled");
  const waitedMs = Date.parse(queued![1]!.startedAt!) - Date.parse(queued![0]!.finishedAt!);
  assert.ok(waitedMs < 1_000, `the one that waited starts at once, not after ${waitedMs} ms`);
  const { body } = await client.request<ScheduleView>("/schedule/skip");
  assert.equal(body.state, "active");
});
