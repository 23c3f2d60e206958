import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Client } from "./support/client.ts";
import { eventually } from "./support/eventually.ts";
import { type Received, Receiver } from "./support/receiver.ts";
import { Workspace } from "./support/workspace.ts";

/** A webhook, as the API shows it. */
interface WebhookView {
  readonly id: string;
  readonly status: string;
  readonly waiting: number;
  readonly sequence: number;
  readonly lost: number;
  readonly lastError: { readonly message: string } | null;
  readonly signingSecret?: string;
}

interface EventView {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly sequence: string;
}

const OWN = { webhooks: { allowPrivate: true } };

function post<Body = WebhookView>(client: Client, path: string, json?: unknown) {
  return client.send<Body>(path, json === undefined ? {} : { json });
}

/** Makes the webhook `in`; its secret. */
async function subscribe(client: Client, receiver: Receiver, more: Record<string, unknown> = {}) {
  const { status, body } = await post(client, "/webhook", {
    ...{ id: "in", url: `${receiver.url}/in` },
    ...more,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return body.signingSecret ?? "";
}

async function webhook(client: Client): Promise<WebhookView> {
  return (await client.request<WebhookView>("/webhook/in")).body;
}

/** The events of single requests and of batches, in the order in which they came. */
function eventsOf(requests: readonly Received[]): EventView[] {
  return requests.flatMap(({ text }) => JSON.parse(text) as EventView | EventView[]);
}

/** The types of each job's events, without repeats of one id. */
function stories(requests: readonly Received[]): ReadonlyMap<string, string[]> {
  const seen = new Set<string>();
  const stories = new Map<string, string[]>();
  for (const { id, subject, type } of eventsOf(requests)) {
    if (seen.has(id)) continue;
    seen.add(id);
    stories.set(subject, [...stories.get(subject) ?? [], type.replace("orrery.job.", "")]);
  }
  return stories;
}

function assertSigned({ headers, text }: Received, secret: string): void {
  const key = Uint8Array.from(atob(secret.slice("whsec_".length)), (unit) => unit.charCodeAt(0));
  const content = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${text}`;
  const signature = createHmac("sha256", key).update(content).digest("base64");
  assert.equal(headers.get("webhook-signature"), `v1,${signature}`);
}

/** Waits until everything that came was taken. */
async function settled(client: Client): Promise<WebhookView> {
  return await eventually(async () => {
    const view = await webhook(client);
    return view.waiting === 0 && view.sequence > 0 ? view : undefined;
  }, { what: "an empty backlog", withinMs: 20_000 });
}

const LIFE = ["running", "completed"];

Deno.test("events are signed, filtered, in each job's order, and the secret is shown once", async () => {
  await using receiver = Receiver.start();
  await using workspace = await Workspace.create({ config: OWN });
  const { client, node } = await workspace.serve();
  const secret = await subscribe(client, receiver, { queues: ["told*"] });
  assert.match(secret, /^whsec_/);
  const jobs = Array.from({ length: 40 }, (_, at) => ({
    ...{ id: `job-${at}`, name: "noop", queue: at % 2 === 0 ? "told.a" : "other" },
  }));
  await client.bulk(jobs);
  const requests = await receiver.took(40);
  for (const request of requests) assertSigned(request, secret);
  const told = stories(requests);
  assert.equal(told.size, 20);
  for (const [id, story] of told) assert.deepEqual([id, story], [id, LIFE]);
  for (const { headers, body } of requests) assert.equal(headers.get("webhook-id"), body["id"]);
  const view = await settled(client);
  assert.deepEqual([view.sequence, view.lost], [40, 0]);
  const shown = JSON.stringify([view, (await client.request("/webhooks")).body]);
  assert.ok(!shown.includes(secret) && !JSON.stringify(node.lines).includes(secret));
});

Deno.test("a receiver that was away misses nothing, and gets it in order, in batches", async () => {
  await using receiver = Receiver.start();
  await using workspace = await Workspace.create({ config: OWN });
  const { client } = await workspace.serve();
  await subscribe(client, receiver, { batch: 100 });
  await receiver.down();
  await client.bulk(Array.from({ length: 200 }, (_, at) => ({ id: `job-${at}`, name: "noop" })));
  const failing = await eventually(async () => {
    const view = await webhook(client);
    return view.status === "failing" && view.waiting === 400 ? view : undefined;
  }, { what: "a failing webhook with a backlog" });
  assert.match(failing.lastError?.message ?? "", /refused/i);
  receiver.up();
  await settled(client);
  assert.equal((await webhook(client)).status, "active");
  const told = stories(receiver.requests);
  assert.equal(told.size, 200);
  for (const story of told.values()) assert.deepEqual(story, LIFE);
  const numbers = eventsOf(receiver.requests).map(({ sequence }) => sequence);
  assert.deepEqual(numbers, [...numbers].sort());
});

Deno.test("what was committed is sent though the node is killed before it is, and while it is", async () => {
  await using receiver = Receiver.start();
  await using workspace = await Workspace.create({ config: OWN });
  const first = await workspace.serve();
  await subscribe(first.client, receiver);
  receiver.answer(503);
  const ids = Array.from({ length: 300 }, (_, at) => `job-${at}`);
  await first.client.bulk(ids.map((id) => ({ id, name: "noop" })));
  await first.client.reach("job-50", "completed");
  await first.node.end("SIGKILL");
  assert.equal(receiver.requests.length, 0);
  receiver.answer(200);
  const second = await workspace.serve();
  await receiver.took(50);
  await second.node.end("SIGKILL");
  const third = await workspace.serve();
  for (const id of ids) await third.client.reach(id, "completed");
  await eventually(() => {
    const told = stories(receiver.requests);
    return ids.every((id) => told.get(id)?.at(-1) === "completed") ? true : undefined;
  }, { what: "every job's end", withinMs: 20_000 });
  await settled(third.client);
  for (const story of stories(receiver.requests).values()) {
    // A job that was running when the node died is pending, and runs again.
    assert.match(story.join(" "), /^running( pending running)* completed$/);
  }
});

Deno.test("a receiver that fails for too long is paused and alerted; resumed, it gets what waited", async () => {
  await using receiver = Receiver.start();
  const channels = {
    ops: { type: "webhook", url: `${receiver.url}/ops`, allowPrivate: true },
  };
  const rules = [{ on: ["webhook.paused"], channels: ["ops"], group: 0 }];
  await using workspace = await Workspace.create({
    config: { webhooks: { allowPrivate: true, pauseAfter: "1s" }, alerts: { channels, rules } },
  });
  await using broken = Receiver.start();
  const { client } = await workspace.serve();
  await subscribe(client, broken);
  broken.answer(500);
  await client.submit({ id: "job-1", name: "noop" });
  const [notice] = await receiver.took(1);
  assert.equal((notice?.body["data"] as { kind: string }).kind, "webhook.paused");
  const paused = await webhook(client);
  assert.deepEqual([paused.status, paused.waiting], ["paused", 2]);
  broken.answer(200);
  assert.equal((await post(client, "/webhook/in/resume")).status, 200);
  await settled(client);
  assert.deepEqual(stories(broken.requests).get("job-1"), LIFE);
  await receiver.took(2);
});

Deno.test("events are sent again from a moment or a number, and a test says what came of it", async () => {
  await using receiver = Receiver.start();
  await using workspace = await Workspace.create({ config: OWN });
  const { client } = await workspace.serve();
  await subscribe(client, receiver, { states: ["completed"] });
  for (const id of ["one", "two", "three"]) {
    await client.submit({ id, name: "noop" });
    await client.reach(id, "completed");
  }
  const first = eventsOf(await receiver.took(3));
  assert.deepEqual(first.map(({ subject }) => subject), ["one", "two", "three"]);
  await settled(client);
  await post(client, "/webhook/in/replay", { from: first[1]?.time });
  await receiver.took(5);
  await settled(client);
  await post(client, "/webhook/in/replay", { sequence: Number(first[2]?.sequence) });
  const all = eventsOf(await receiver.took(6)).map(({ id }) => id);
  const [one, two, three] = first.map(({ id }) => id);
  assert.deepEqual(all.slice(0, 3), [one, two, three]);
  assert.deepEqual(all.slice(3).sort(), [two, three, three].sort());
  const tried = await post<{ delivered: boolean }>(client, "/webhook/in/test");
  assert.deepEqual(tried.body, { delivered: true, error: null } as never);
  receiver.answer(403);
  const bad = await post<{ error: string }>(client, "/webhook/in/test");
  assert.match(bad.body.error, /answered 403/);
});

Deno.test("no private address is sent to unless the configuration allows it, and no secret is told", async () => {
  await using receiver = Receiver.start();
  await using workspace = await Workspace.create();
  const { client } = await workspace.serve({
    env: { ORRERY_WEBHOOK_IN: "what-nobody-may-see-0123" },
  });
  const url = receiver.url.replace("127.0.0.1", "localhost");
  await subscribe(client, receiver, { url, secretEnv: "ORRERY_WEBHOOK_IN" });
  const tried = await post<{ error: string }>(client, "/webhook/in/test");
  assert.match(tried.body.error, /address is private: webhooks\.allowPrivate/);
  await post(client, "/webhook", {
    ...{ id: "lost", url: "https://example.com/", secretEnv: "ORRERY_WEBHOOK_LOST" },
  });
  const missing = await post<{ error: string }>(client, "/webhook/lost/test");
  assert.match(missing.body.error, /ORRERY_WEBHOOK_LOST is not set/);
  assert.equal(receiver.requests.length, 0);
});
