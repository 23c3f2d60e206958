import assert from "node:assert/strict";
import type { JobView } from "./support/client.ts";
import { eventually } from "./support/eventually.ts";
import { readEvents } from "./support/event_source.ts";
import { Workspace } from "./support/workspace.ts";

/** A job with what this file is about. */
type SlaView = JobView & {
  readonly sla: { readonly startBy: string; readonly breached: readonly string[] };
};

Deno.test("a job that nobody runs is told that it is late when its deadline passes, and once", async () => {
  await using workspace = await Workspace.create();
  const { client, node } = await workspace.serve();
  await client.queue("quiet", { paused: true });
  const { id, version } = await client.submit({
    name: "noop",
    queue: "quiet",
    sla: { startWithin: 300, finishWithin: 900 },
  });
  const events = await readEvents(`${node.url}/job/${id}/events`, {
    enough: (events) => events.at(-1)?.data.version === version + 2,
    withinMs: 10_000,
  });
  const job = await client.job(id) as SlaView;
  assert.deepEqual([job.state, ...job.sla.breached], ["pending", "start", "finish"]);
  const lateMs = events.slice(-2).map(({ data }) =>
    Date.parse(String(data.at)) - Date.parse(job.createdAt)
  );
  assert.ok(lateMs[0]! >= 300 && lateMs[0]! < 800, `start noted after ${lateMs[0]} ms`);
  assert.ok(lateMs[1]! >= 900 && lateMs[1]! < 1_400, `end noted after ${lateMs[1]} ms`);
});

Deno.test("a deadline that passes while the node is killed is told at its next start", async () => {
  await using workspace = await Workspace.create();
  const { client, node } = await workspace.serve();
  await client.queue("quiet", { paused: true });
  const job = { name: "noop", queue: "quiet", sla: { succeedWithin: 400 } };
  const { id } = await client.submit(job);
  await node.end("SIGKILL");
  const next = await workspace.serve();
  await eventually(async () => {
    const { version, sla } = await next.client.job(id) as SlaView;
    // Committed, not only reckoned for the reader.
    return version > 1 && sla.breached.includes("success") ? true : undefined;
  }, { what: "a breach in the store" });
});
