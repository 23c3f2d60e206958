import assert from "node:assert/strict";
import { eventually, pause } from "./support/eventually.ts";
import { Workspace } from "./support/workspace.ts";

const KILLS = 8;
/** Between two kills: longer than a host takes to start, so that each one hits hosts at work. */
const KILL_EVERY_MS = 500;
const SUBMIT_EVERY_MS = 20;

/** What the machine's memory guard does to a node: its executor-hosts die, one after another. */
Deno.test("executor-hosts that are killed from outside cost no job, and the pool recovers", async () => {
  await using workspace = await Workspace.create({ handlers: ["tick", "ledger"] });
  const { node, client } = await workspace.serve();
  const submitted: Promise<string>[] = [];
  const timer = setInterval(() => {
    const slow = submitted.length % 10 === 0;
    const job = slow ? { name: "ledger", payload: { ms: 300 } } : { name: "tick" };
    submitted.push(client.submit(job).then(({ id }) => id));
  }, SUBMIT_EVERY_MS);
  for (let kill = 0; kill < KILLS; kill++) {
    await pause(KILL_EVERY_MS);
    const hosts = await eventually(async () => {
      const pids = await node.children();
      return pids.length > 0 ? pids : undefined;
    }, { what: "a host" });
    Deno.kill(hosts[kill % hosts.length] ?? assert.fail(), "SIGKILL");
  }
  clearInterval(timer);
  const outcomes: Record<string, number> = {};
  for (const id of await Promise.all(submitted)) {
    const job = await client.finish(id, 30_000);
    assert.equal(job.state, "completed", JSON.stringify(job));
    for (const { outcome } of job.attempts) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  console.log(
    `${submitted.length} jobs, ${KILLS} hosts killed; attempts ${JSON.stringify(outcomes)}`,
  );
  assert.equal(outcomes["ok"], submitted.length);
  assert.ok((outcomes["lost"] ?? 0) > 0, "no kill hit an attempt");

  const after = await client.bulk(Array.from({ length: 200 }, () => ({ name: "tick" })));
  for (const { id } of after.body.jobs) {
    const { attempts } = await client.reach(id, "completed", 5_000);
    assert.equal(attempts.length, 1);
  }
  assert.equal((await client.request("/readyz")).status, 200);
});
