import assert from "node:assert/strict";
import type { JobStateName } from "../../actors/job/messages.ts";
import { Fault } from "../../runtime/fault.ts";
import { settle } from "../../runtime/testing/virtual_clock.ts";
import { EVENT_HOLE_MS, EVENT_LOOK_AGAIN_MS } from "../limits.ts";
import { type GatewayUnderTest, setup, StreamReader } from "../testing/setup.ts";
import type { JobEvent } from "../service.ts";

const PATH = "GET /job/job-1/events";

async function withJob(): Promise<GatewayUnderTest> {
  const test = setup();
  await test.ask("POST /job", { body: { name: "mail" } });
  return test;
}

/** The job changes and nobody hears of it: as when the node that made the change has died. */
function changeUnheard({ jobs }: GatewayUnderTest, state: JobStateName): void {
  const known = jobs.records.get("job-1") ?? assert.fail();
  jobs.records.set("job-1", {
    ...known,
    version: known.version + 1,
    job: { ...known.job, state },
  });
}

function eventOf(version: number, state: JobStateName): JobEvent {
  const about = {
    jobId: "job-1",
    name: "mail",
    queue: "default",
    attempt: 1,
    progress: null,
    lagMs: null,
  };
  return { ...about, sequence: 1, version, state, atMs: 0 };
}

/** What a reader saw, in short: `running:2`, `reset`. */
function told(text: string): string[] {
  return text.split("\n\n").flatMap((block) => {
    const kind = /^event: (.*)$/m.exec(block)?.[1];
    if (kind === undefined) return [];
    if (kind !== "job") return [kind];
    const id = /^id: (.*)$/m.exec(block)?.[1];
    return [`${/"state":"(\w+)"/.exec(block)?.[1]}:${id}`];
  });
}

async function following(test: GatewayUnderTest, lastId?: string): Promise<StreamReader> {
  const headers = lastId === undefined ? {} : { "last-event-id": lastId };
  return new StreamReader(await test.fetch(PATH, { headers }));
}

Deno.test("a job's stream tells the end that it did not hear of, after a silence (Q3)", async () => {
  const test = await withJob();
  const reader = await following(test);
  changeUnheard(test, "completed");
  await test.clock.pass(EVENT_LOOK_AGAIN_MS);
  assert.deepEqual(told(await reader.until("completed")), ["pending:1", "completed:2"]);
  await reader.stop();
  await test.gateway.stop();
  assert.equal(test.clock.timers, 0);
});

Deno.test("a job's stream says that events are missing, then tells the state (Q1)", async () => {
  const test = await withJob();
  const reader = await following(test);
  changeUnheard(test, "running");
  changeUnheard(test, "completed");
  test.jobs.feed.miss("a node has gone");
  await test.clock.pass(EVENT_HOLE_MS);
  assert.deepEqual(told(await reader.until("completed")), ["pending:1", "reset", "completed:3"]);
  await reader.stop();
});

Deno.test("a job's stream waits a little for an event that is late, and tells both in order (Q2)", async () => {
  const test = await withJob();
  const reader = await following(test);
  const known = test.jobs.records.get("job-1") ?? assert.fail();
  const late = { ...known, version: 2, job: { ...known.job, state: "running" as const } };
  changeUnheard(test, "running");
  test.jobs.change("job-1", { state: "completed" });
  test.jobs.feed.changed(late, 0);
  const text = await reader.until("completed");
  assert.deepEqual(told(text), ["pending:1", "running:2", "completed:3"]);
  await reader.stop();
});

Deno.test("a job's stream reads the job when a late event does not come", async () => {
  const test = await withJob();
  const reader = await following(test);
  changeUnheard(test, "running");
  test.jobs.change("job-1", { state: "completed" });
  await test.clock.pass(EVENT_HOLE_MS);
  assert.deepEqual(told(await reader.until("completed")), ["pending:1", "reset", "completed:3"]);
  await reader.stop();
});

Deno.test("a job's stream goes on with what other nodes still hold of it", async () => {
  const test = await withJob();
  test.jobs.feed.restart("boot2");
  changeUnheard(test, "running");
  changeUnheard(test, "completed");
  const running = eventOf(2, "running");
  test.jobs.feed.elsewhere = Promise.resolve([eventOf(3, "completed"), running, running]);
  const reader = await following(test, "1");
  const text = await reader.until("completed");
  assert.deepEqual(told(text), ["running:2", "completed:3"]);
  await reader.stop();
  assert.equal(test.jobs.feed.attentions, 0);
});

Deno.test("a job's stream begins anew for an id that is later than the job", async () => {
  const test = await withJob();
  const reader = await following(test, "9");
  assert.deepEqual(told(await reader.until("pending")), ["reset", "pending:1"]);
  await reader.stop();
});

Deno.test("a job's stream waits for a store that is away, and ends with a job that is gone", async () => {
  const test = await withJob();
  const reader = await following(test);
  test.jobs.fault = new Fault("store.load", "unavailable", { message: "away" });
  await test.clock.pass(EVENT_LOOK_AGAIN_MS);
  test.jobs.fault = null;
  test.jobs.records.delete("job-1");
  await test.clock.pass(EVENT_LOOK_AGAIN_MS);
  await settle();
  assert.deepEqual(told(await reader.toEnd()), ["pending:1", "bye"]);
  await test.gateway.stop();
  assert.equal(test.clock.timers, 0);
});

Deno.test("a job's stream that hears of it reads nothing", async () => {
  const test = await withJob();
  const reader = await following(test);
  test.jobs.fault = new Fault("store.load", "unavailable", { message: "away" });
  let reads = 0;
  const get = test.jobs.get.bind(test.jobs);
  test.jobs.get = (id) => (reads++, get(id));
  for (let change = 0; change < 5; change++) {
    await test.clock.pass(EVENT_LOOK_AGAIN_MS / 2);
    test.jobs.change("job-1", { progress: change });
  }
  assert.equal(reads, 0);
  await reader.stop();
});
