import assert from "node:assert/strict";
import { audit, readLedger } from "./support/audit.ts";
import { Client } from "./support/client.ts";
import { eventually, pause } from "./support/eventually.ts";
import { Workspace } from "./support/workspace.ts";

/** Longer than a session of 3 s: whoever shared the store could have taken the shards over. */
const PAUSE_MS = 5_000;
const JOBS = 300;

Deno.test("a node that is frozen for longer than its session recovers by itself", async () => {
  await using workspace = await Workspace.create({ handlers: ["ledger"] });
  const node = await workspace.start();
  const client = new Client(() => node.url);
  const accepted = new Map<string, number>();
  for (let index = 0; index < JOBS; index++) {
    // Due before, during and after the pause; some are under way when it begins.
    const ms = index % 10 === 0 ? 2_000 : 5;
    const runAt = new Date(Date.now() + (index % 20) * 500).toISOString();
    const { id } = await client.submit({ name: "ledger", payload: { ms }, runAt });
    accepted.set(id, Date.parse(runAt));
  }
  await client.reach([...accepted.keys()][10] ?? "", "running");

  node.signal("SIGSTOP");
  const unanswered = fetch(`${node.url}/healthz`);
  await pause(PAUSE_MS);
  node.signal("SIGCONT");
  const resumedMs = performance.now();
  assert.equal((await unanswered).status, 200);
  await unanswered.then((answer) => answer.body?.cancel());
  await eventually(async () => (await client.request("/readyz")).status === 200 || undefined, {
    what: "readiness after the pause",
    withinMs: 5_000,
  });
  const readyAgainMs = performance.now() - resumedMs;

  const late = await client.submit({ name: "ledger", payload: { ms: 0 } });
  accepted.set(late.id, 0);
  await eventually(async () => {
    const { states } = await client.counts();
    return states["completed"] === accepted.size || undefined;
  }, { what: "the end of all jobs", withinMs: 40_000 });
  const ledger = readLedger(await workspace.ledger());
  const report = await audit({ client, accepted, ledger });
  console.log(
    `ready ${readyAgainMs.toFixed(0)} ms after SIGCONT; attempts ${
      JSON.stringify(report.outcomes)
    }`,
  );
  const { missing, unfinished, notOnce, early, unwitnessed, strangers, repeatedStarts } = report;
  assert.deepEqual(
    { missing, unfinished, notOnce, early, unwitnessed, strangers },
    { missing: [], unfinished: [], notOnce: [], early: [], unwitnessed: [], strangers: [] },
  );
  // Nobody else could take the shards, so no attempt was lost and nothing ran twice.
  assert.deepEqual(report.outcomes, { ok: accepted.size });
  assert.equal(repeatedStarts, 0);
});

Deno.test("an at-most-once job that was under way in the pause is not run a second time", async () => {
  await using workspace = await Workspace.create({ handlers: ["ledger"] });
  const { node, client } = await workspace.serve();
  const job = await client.submit({
    name: "ledger",
    payload: { ms: 4_000 },
    delivery: "at-most-once",
  });
  await eventually(async () => (await workspace.ledger()).length > 0 || undefined, {
    what: "the handler's start",
  });
  node.signal("SIGSTOP");
  await pause(PAUSE_MS);
  node.signal("SIGCONT");
  const ended = await client.finish(job.id);
  assert.equal(ended.state, "completed");
  assert.equal(ended.attempts.length, 1);
  assert.equal((await workspace.ledger()).filter((line) => line.startsWith("start")).length, 1);
});
