import assert from "node:assert/strict";
import type { Client } from "./support/client.ts";
import { eventually } from "./support/eventually.ts";
import { type Received, Receiver } from "./support/receiver.ts";
import { Workspace } from "./support/workspace.ts";

const CLI = new URL("../gateway/cli.ts", import.meta.url).pathname;
const FAILING = { name: "fail", retry: { attempts: 1 } };

/** An incident, as the API shows it. */
interface AlertView {
  readonly id: string;
  readonly status: string;
  readonly kind: string;
  readonly count: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** A workspace whose alerts go to `receiver`; `rules` are told to `ops` within 50 ms unless they say otherwise. */
function watched(receiver: Receiver, ...rules: readonly Record<string, unknown>[]) {
  return Workspace.create({
    config: {
      alerts: {
        channels: { ops: { type: "webhook", url: `${receiver.url}/ops`, allowPrivate: true } },
        rules: rules.map((rule) => ({ channels: ["ops"], group: 50, ...rule })),
      },
    },
  });
}

/** `status kind count` of each notice. */
function told(requests: readonly Received[]): string[] {
  return requests.map(({ body }) => {
    const { status, kind, count } = body["data"] as Record<string, unknown>;
    return `${status} ${kind} ${count}`;
  });
}

async function alerts(client: Client, query = ""): Promise<readonly AlertView[]> {
  return (await client.request<{ alerts: AlertView[] }>(`/alerts${query}`)).body.alerts;
}

async function cli(url: string, ...args: string[]): Promise<{ code: number; text: string }> {
  const command = ["run", "--allow-all", CLI, ...args, "--url", url];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), { args: command }).output();
  return { code, text: new TextDecoder().decode(stdout).trim() };
}

Deno.test("many failures are one notice for each group, and the alerts of a node can be listed and silenced", async () => {
  await using receiver = Receiver.start();
  await using workspace = await watched(receiver, { on: ["job.failed"], group: 1_000 });
  const { client, node } = await workspace.serve();
  const jobs = ["mail", "web"].flatMap((queue) =>
    Array.from({ length: 20 }, () => ({ ...FAILING, queue }))
  );
  await client.bulk(jobs);
  const notices = await receiver.took(2);
  assert.deepEqual(told(notices), ["firing job.failed 20", "firing job.failed 20"]);
  const [first] = await alerts(client, "?status=firing");
  assert.equal(first?.count, 20);
  const listed = await cli(node.url, "alerts");
  assert.equal(listed.text.split("\n").length, 3, "a header, and a line for each");
  assert.equal((await cli(node.url, "alert", "silence", first!.id, "--for", "1h")).code, 0);
  const counts = await client.request<{ raised: Record<string, number> }>("/alerts/counts");
  assert.equal(counts.body.raised["job.failed"], 40);
  assert.equal(receiver.requests.length, 2);
});

Deno.test("a receiver that was away hears the latest, once, when it is back; nothing is told about that", async () => {
  await using receiver = Receiver.start();
  await using workspace = await watched(receiver, { on: ["job.failed"], throttle: 0 });
  const { client } = await workspace.serve();
  receiver.answer(503);
  const { id } = await client.submit({ ...FAILING, payload: { times: 1 } });
  await eventually(() => receiver.refused >= 2 ? true : undefined, { what: "two tries" });
  await client.submit(FAILING);
  await eventually(async () => (await alerts(client))[0]?.count === 2 ? true : undefined, {
    what: "a second failure",
  });
  receiver.answer(200);
  assert.deepEqual(told(await receiver.took(2)), ["firing job.failed 1", "firing job.failed 2"]);
  await client.send(`/job/${id}/retry`);
  await client.reach(id, "completed");
  const [alert] = await alerts(client);
  assert.deepEqual([alert?.status, alert?.labels["name"]], ["firing", "fail"]);
  assert.equal((await alerts(client)).length, 1);
});

Deno.test("an alert survives a node that is killed before it was told", async () => {
  await using receiver = Receiver.start();
  await using workspace = await watched(receiver, { on: ["job.failed"], group: 1_500 });
  const { client, node } = await workspace.serve();
  const { id } = await client.submit(FAILING);
  await client.reach(id, "failed");
  await node.end("SIGKILL");
  assert.equal(receiver.requests.length, 0);
  await workspace.serve();
  assert.deepEqual(told(await receiver.took(1)), ["firing job.failed 1"]);
});

Deno.test("a channel is tried out by a command, which says what came of it", async () => {
  await using receiver = Receiver.start();
  await using workspace = await watched(receiver);
  const { node } = await workspace.serve();
  const good = await cli(node.url, "alert", "test", "ops");
  assert.deepEqual(good, { code: 0, text: "delivered" });
  assert.deepEqual(told(await receiver.took(2)), ["firing job.failed 1", "resolved job.failed 1"]);
  receiver.answer(403);
  const bad = await cli(node.url, "alert", "test", "ops");
  assert.match(bad.text, /^not delivered; job .* is failed: the receiver answered 403/);
  assert.equal((await cli(node.url, "alert", "test", "nobody")).code, 1);
});

Deno.test("a queue that falls behind is told, and that it caught up", async () => {
  await using receiver = Receiver.start();
  await using workspace = await watched(receiver, {
    on: ["queue.backlog"],
    match: { queue: "slow" },
    threshold: { depth: 10 },
  });
  const { client } = await workspace.serve();
  await client.queue("slow", { paused: true });
  await client.bulk(Array.from({ length: 11 }, () => ({ name: "noop", queue: "slow" })));
  await receiver.took(1);
  await client.queue("slow", { paused: false });
  assert.deepEqual(told(await receiver.took(2)), [
    "firing queue.backlog 1",
    "resolved queue.backlog 1",
  ]);
});

Deno.test("too large a part of the jobs that fail is told", async () => {
  await using receiver = Receiver.start();
  await using workspace = await watched(receiver, {
    on: ["failure-rate"],
    threshold: { rate: 0.4, minimum: 10, window: "1m" },
  });
  const { client } = await workspace.serve();
  const jobs = Array.from({ length: 20 }, (_, n) => n % 2 === 0 ? FAILING : { name: "noop" });
  await client.bulk(jobs);
  const [notice] = await receiver.took(1);
  assert.match(notice?.text ?? "", /10 of 20 jobs failed \(50 %\) within 60 s/);
});

Deno.test("fires that a schedule missed while nobody was there are told when somebody is", async () => {
  await using receiver = Receiver.start();
  await using workspace = await watched(receiver, { on: ["schedule.missed"] });
  const { client, node } = await workspace.serve();
  const schedule = { id: "often", every: "1s", misfire: { policy: "skip" }, job: { name: "noop" } };
  assert.equal((await client.send("/schedule", { json: schedule })).status, 201);
  await node.end("SIGTERM");
  await new Promise((resume) => setTimeout(resume, 12_000));
  await workspace.serve();
  const [notice] = await receiver.took(1);
  const { labels, last } = notice!.body["data"] as Record<string, Record<string, string>>;
  assert.deepEqual(labels, { schedule: "often" });
  assert.match(
    last!["message"]!,
    /^\d+ fires? (was|were) missed, the latest at .*; 0 made up for$/,
  );
});
