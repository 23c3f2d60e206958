import assert from "node:assert/strict";
import { type GatewayUnderTest, setup, StreamReader } from "../testing/setup.ts";
import { FAKE_EVENTS_HELD_MAX } from "../testing/fake_feed.ts";

const last = (id: string) => ({ headers: { "last-event-id": id } });

async function withJobs(count: number): Promise<GatewayUnderTest> {
  const test = setup();
  for (let made = 0; made < count; made++) await test.ask("POST /job", { body: { name: "mail" } });
  return test;
}

function ids(text: string): string[] {
  return [...text.matchAll(/^id: (.*)$/gm)].map((found) => found[1] ?? "");
}

Deno.test("GET /events tells what comes, with ids that can be resumed", async () => {
  const { fetch, ask, jobs } = await withJobs(1);
  const response = await fetch("GET /events");
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = new StreamReader(response);
  await ask("POST /job", { body: { name: "mail" } });
  const text = await reader.until('"jobId":"job-2"');
  assert.match(text, /^retry: \d+$/m);
  assert.deepEqual(ids(text), ["boot1:1", "boot1:2"]);
  assert.match(text, /event: hello[^]*event: job/);
  await reader.stop();
  assert.equal(jobs.feed.subscribers, 0);
});

Deno.test("GET /events goes on after the Last-Event-ID", async () => {
  const { fetch } = await withJobs(3);
  const reader = new StreamReader(await fetch("GET /events", last("boot1:1")));
  const text = await reader.until("boot1:3");
  assert.deepEqual(ids(text), ["boot1:2", "boot1:3"]);
  assert.doesNotMatch(text, /event: (reset|hello)/);
  await reader.stop();
});

Deno.test("GET /events tells a reset when events are no longer held", async () => {
  const { fetch } = await withJobs(FAKE_EVENTS_HELD_MAX + 5);
  const reader = new StreamReader(await fetch("GET /events", last("boot1:2")));
  const text = await reader.until(`boot1:${FAKE_EVENTS_HELD_MAX + 5}`);
  assert.match(text, /event: reset[^]*no longer held[^]*id: boot1:6\n/);
  await reader.stop();
});

Deno.test("GET /events tells a reset after a restart, then all that is held", async () => {
  const { fetch, ask, jobs } = await withJobs(5);
  jobs.feed.restart("boot2");
  await ask("POST /job", { body: { name: "mail" } });
  const reader = new StreamReader(await fetch("GET /events", last("boot1:4")));
  const text = await reader.until("boot2:1");
  assert.match(text, /event: reset[^]*restarted[^]*id: boot2:1\n/);
  await reader.stop();
});

Deno.test("GET /events replays more than fits into its buffer, in order", async () => {
  const { fetch } = await withJobs(FAKE_EVENTS_HELD_MAX);
  const reader = new StreamReader(await fetch("GET /events", last("boot1:0")));
  const text = await reader.until(`boot1:${FAKE_EVENTS_HELD_MAX}\n`);
  assert.deepEqual(
    ids(text),
    Array.from({ length: FAKE_EVENTS_HELD_MAX }, (_, at) => `boot1:${at + 1}`),
  );
  await reader.stop();
});

Deno.test("GET /events refuses ids that it cannot have sent", async () => {
  const { ask } = setup();
  for (
    const id of ["x", "boot1:", "boot1:-1", "boot1:1.5", "a b:1", "boot1:99999999999999999999"]
  ) {
    const answer = await ask("GET /events", last(id));
    assert.equal(answer.status, 400, id);
    assert.match(answer.text, /"path":"Last-Event-ID"/);
  }
});

Deno.test("GET /job/{id}/events begins with the state and goes on with the versions", async () => {
  const { fetch, jobs } = await withJobs(1);
  const reader = new StreamReader(await fetch("GET /job/job-1/events"));
  await reader.until('"state":"pending"');
  jobs.change("job-1", { state: "running" });
  jobs.change("job-1", { state: "completed" });
  const text = await reader.until('"state":"completed"');
  assert.deepEqual(ids(text), ["1", "2", "3"]);
  await reader.stop();
});

Deno.test("GET /job/{id}/events goes on after the Last-Event-ID, across a restart too", async () => {
  const { fetch, jobs } = await withJobs(1);
  jobs.change("job-1", { state: "running" });
  const resumed = new StreamReader(await fetch("GET /job/job-1/events", last("1")));
  const text = await resumed.until('"state":"running"');
  assert.deepEqual(ids(text), ["2"]);
  assert.doesNotMatch(text, /reset/);
  await resumed.stop();

  jobs.feed.restart("boot2");
  const same = new StreamReader(await fetch("GET /job/job-1/events", last("2")));
  jobs.change("job-1", { state: "completed" });
  assert.doesNotMatch(await same.until('"state":"completed"'), /reset/);
  await same.stop();

  jobs.feed.restart("boot3");
  const behind = new StreamReader(await fetch("GET /job/job-1/events", last("1")));
  const told = await behind.until('"state":"completed"');
  assert.match(told, /event: reset/);
  assert.deepEqual(ids(told), ["3"]);
  await behind.stop();
});

Deno.test("GET /job/{id}/events answers 404 for an unknown job and opens no stream", async () => {
  const { ask, jobs } = setup();
  assert.equal((await ask("GET /job/nope/events")).status, 404);
  assert.equal(jobs.feed.subscribers, 0);
});

Deno.test("HEAD on event streams answers without opening one", async () => {
  const { ask, jobs } = await withJobs(1);
  for (const path of ["/events", "/job/job-1/events"]) {
    const answer = await ask(`HEAD ${path}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "text/event-stream");
  }
  assert.equal(jobs.feed.subscribers, 0);
});

Deno.test("event streams are bounded in number", async () => {
  const { fetch, ask } = setup({ limits: { eventStreamsMax: 1 } });
  const reader = new StreamReader(await fetch("GET /events"));
  assert.equal((await ask("GET /events")).status, 503);
  await reader.stop();
  const next = new StreamReader(await fetch("GET /events"));
  await next.until("hello");
  await next.stop();
});

Deno.test("a stop ends event streams with bye", async () => {
  const { fetch, gateway, clock, jobs } = setup();
  const reader = new StreamReader(await fetch("GET /events"));
  await gateway.stop();
  assert.match(await reader.toEnd(), /event: bye\ndata: .*stopping/);
  assert.equal(jobs.feed.subscribers, 0);
  assert.equal(clock.timers, 0);
});
