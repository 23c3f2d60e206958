import assert from "node:assert/strict";
import { jobBehaviour } from "../actors/job/behaviour.ts";
import { draftOfJob, draftOfState } from "../actors/job/codec.ts";
import type { JobStateName } from "../actors/job/messages.ts";
import { jobIn, NOW_MS, specOf } from "../actors/job/testing/samples.ts";
import { draftOfQueue, queueBehaviour, queueId } from "../actors/queue/behaviour.ts";
import { Fault } from "../runtime/fault.ts";
import { actorId, IdMaker } from "../runtime/ids.ts";
import { Feed } from "./feed.ts";
import { createJobService } from "./job_service.ts";
import { BULK_COMMANDS_IN_FLIGHT_MAX } from "./jobs/bulk.ts";
import { openQueue, QueueBook } from "./jobs/queue_book.ts";
import type { JobEvent, QueueSettings } from "./service.ts";
import { FakeSystem } from "./testing/fake_system.ts";

const GENERATED = { kind: "generated" } as const;

function setup() {
  const system = new FakeSystem(NOW_MS).host(jobBehaviour()).host(queueBehaviour);
  const { clock } = system;
  const feed = new Feed({ boot: "boot-1" });
  const queues = new QueueBook();
  const ids = new IdMaker((count) => new Uint8Array(count));
  const handlers = () => [];
  const service = createJobService({ system, clock, ids, feed, queues, handlers });
  const events: JobEvent[] = [];
  feed.subscribe({}, (event) => events.push(event));
  const plant = (id: string, state: JobStateName, tags: string[] = []) =>
    system.plant(draftOfState(jobIn(state, { spec: specOf({ tags }) }), actorId(id)));
  return { system, service, feed, queues, events, ids, plant };
}

const idempotent = (key: string) => ({ kind: "idempotent", key }) as const;
const keyed = (fingerprint: string) => specOf({ fingerprint });

// Submissions -------------------------------------------------------------------------------------

Deno.test("submit() accepts a job under a new id, stores it and tells the feed", async () => {
  const { service, system, events } = setup();
  const outcome = await service.submit(specOf({ name: "pay" }), GENERATED);
  assert.ok(outcome.kind === "accepted");
  const { record } = outcome;
  assert.deepEqual([record.job.state, record.version, record.waiting], ["pending", 1, null]);
  assert.deepEqual(await service.get(record.id), record);
  assert.equal(record.shard, system.shardOf(actorId(record.id)));
  assert.deepEqual(
    events.map(({ jobId, version, name, state }) => [jobId, version, name, state]),
    [[record.id, 1, "pay", "pending"]],
  );
});

Deno.test("submit() tries another id when a generated one is taken", async () => {
  const { service, system } = setup();
  const twin = new IdMaker((count) => new Uint8Array(count));
  const taken = twin.next(NOW_MS);
  system.plant(draftOfJob(specOf(), { id: taken, nowMs: NOW_MS }));
  const outcome = await service.submit(specOf(), GENERATED);
  assert.ok(outcome.kind === "accepted" && outcome.record.id !== taken);
});

Deno.test("submit() under an own id keeps it, and says so when it is taken", async () => {
  const { service, events } = setup();
  const own = { kind: "own", id: "order-7" } as const;
  const first = await service.submit(specOf(), own);
  assert.ok(first.kind === "accepted" && first.record.id === "order-7");
  assert.deepEqual(await service.submit(specOf(), own), { kind: "taken", id: "order-7" });
  assert.equal(events.length, 1);
});

Deno.test("submit() keeps own ids away from queues' settings", async () => {
  const { service } = setup();
  const id = queueId("mail");
  assert.deepEqual(await service.submit(specOf(), { kind: "own", id }), { kind: "taken", id });
});

Deno.test("submit() with the same key and request makes one job (U2)", async () => {
  const { service, events } = setup();
  const first = await service.submit(keyed("f1"), idempotent("order-7"));
  const again = await service.submit(keyed("f1"), idempotent("order-7"));
  assert.ok(first.kind === "accepted" && again.kind === "replayed");
  assert.equal(again.record.id, first.record.id);
  assert.match(first.record.id, /^k[\w-]{43}$/);
  assert.equal(events.length, 1);
});

Deno.test("submit() with the same key and another request is refused", async () => {
  const { service } = setup();
  await service.submit(keyed("f1"), idempotent("order-7"));
  assert.equal((await service.submit(keyed("f2"), idempotent("order-7"))).kind, "key-reused");
  assert.equal((await service.submit(keyed("f1"), idempotent("order-8"))).kind, "accepted");
});

Deno.test("submit() takes two jobs without fingerprints for two requests", async () => {
  const { service } = setup();
  await service.submit(specOf(), idempotent("order-7"));
  assert.equal((await service.submit(specOf(), idempotent("order-7"))).kind, "key-reused");
});

Deno.test("submit() replays a job in the state it has come to", async () => {
  const { service } = setup();
  const first = await service.submit(keyed("f1"), idempotent("order-7"));
  assert.ok(first.kind === "accepted");
  await service.command(first.record.id, "cancel");
  const again = await service.submit(keyed("f1"), idempotent("order-7"));
  assert.equal(again.kind === "replayed" && again.record.job.state, "cancelled");
});

Deno.test("submit() makes the job anew when its key's old one is swept meanwhile", async () => {
  const { service, system } = setup();
  const first = await service.submit(keyed("f1"), idempotent("order-7"));
  assert.ok(first.kind === "accepted");
  const read = system.read.bind(system);
  system.read = (id) => {
    system.remove(id);
    return read(id);
  };
  assert.equal((await service.submit(keyed("f1"), idempotent("order-7"))).kind, "accepted");
});

// Reads -------------------------------------------------------------------------------------------

Deno.test("get() finds no job under an unknown id, an impossible one or a queue's", async () => {
  const { service, system } = setup();
  system.plant(draftOfQueue({ ...openQueue("mail"), paused: true }, 0));
  for (const id of ["unknown", "no spaces", queueId("mail"), "nightly@schedule"]) {
    assert.equal(await service.get(id), undefined);
  }
});

Deno.test("list() filters by every field, in the order asked for", async () => {
  const { service, plant } = setup();
  plant("one", "failed", ["eu"]);
  plant("two", "pending", ["eu"]);
  plant("three", "failed");
  const ids = async (filter: Parameters<typeof service.list>[0]["filter"], order = "oldest") => {
    const query = { filter, order: order as "oldest" | "newest", limit: 50 };
    return (await service.list(query)).records.map((record) => record.id);
  };
  assert.deepEqual(await ids({}), ["one", "two", "three"]);
  assert.deepEqual(await ids({}, "newest"), ["three", "two", "one"]);
  assert.deepEqual(await ids({ state: "failed" }), ["one", "three"]);
  assert.deepEqual(await ids({ state: "failed", tag: "eu" }), ["one"]);
  assert.deepEqual(await ids({ name: "noop", queue: "default" }), ["one", "two", "three"]);
  assert.deepEqual(await ids({ scheduleId: "nightly" }), []);
  assert.deepEqual(await ids({ fromMs: NOW_MS }), []);
  assert.deepEqual(await ids({ toMs: NOW_MS }), ["one", "two", "three"]);
});

Deno.test("list() fills its page from short ones, and its cursor goes on from there", async () => {
  const { service, system, plant } = setup();
  for (let n = 0; n < 7; n++) plant(`job-${n}`, "pending");
  system.pageMax = 2;
  const first = await service.list({ filter: {}, order: "oldest", limit: 5 });
  assert.equal(first.records.length, 5);
  const cursor = first.cursor ?? "";
  const rest = await service.list({ filter: {}, order: "oldest", limit: 5, cursor });
  assert.deepEqual(rest.records.map((record) => record.id), ["job-5", "job-6"]);
  assert.equal(rest.cursor, null);
});

Deno.test("counts() tells jobs by queue and state, and leaves out what is no job", async () => {
  const { service, system, plant } = setup();
  plant("one", "failed");
  plant("two", "failed");
  const odd = specOf({ queue: "a/b" });
  system.plant(draftOfState(jobIn("pending", { spec: odd }), actorId("three")));
  system.plant(draftOfQueue({ ...openQueue("mail"), paused: true }, 0));
  assert.deepEqual(
    await service.counts(),
    new Map([["default", new Map([["failed", 2]])], ["a/b", new Map([["pending", 1]])]]),
  );
});

Deno.test("logs() gives a job's lines, none for a quiet one, nothing for no job", async () => {
  const { service, system, plant } = setup();
  const { id } = plant("one", "running");
  assert.deepEqual(await service.logs("one", { after: 0, limit: 10 }), []);
  await system.append({ id, stream: "log", lines: ["a", "b", "c"] });
  assert.deepEqual(await service.logs("one", { after: 1, limit: 1 }), [{ n: 2, text: "b" }]);
  for (const unknown of ["two", "no spaces"]) {
    assert.equal(await service.logs(unknown, { after: 0, limit: 10 }), undefined);
  }
});

// Commands ----------------------------------------------------------------------------------------

Deno.test("command() tells what became of it, with the job as it is now", async () => {
  const { service, plant } = setup();
  plant("waiting", "pending");
  plant("working", "running");
  plant("finished", "completed");
  const done = await service.command("waiting", "cancel");
  assert.ok(done.kind === "done" && done.record.job.state === "cancelled");
  assert.equal(done.record.version, 2);
  const stopping = await service.command("working", "cancel");
  assert.ok(stopping.kind === "stopping" && stopping.record.job.running?.cancelling);
  const refused = await service.command("finished", "cancel");
  assert.ok(refused.kind === "refused" && refused.state === "completed");
  const again = await service.command("waiting", "retry");
  assert.ok(again.kind === "done" && again.record.job.state === "pending");
});

Deno.test("command() on what is no job is missing", async () => {
  const { service, system } = setup();
  system.plant(draftOfQueue({ ...openQueue("mail"), paused: true }, 0));
  for (const id of ["unknown", "no spaces", queueId("mail"), "nightly@schedule"]) {
    assert.deepEqual(await service.command(id, "cancel"), { kind: "missing" });
  }
});

Deno.test("command() passes trouble on: busy did nothing, a deadline or a crash may have", async () => {
  const { service, system, plant } = setup();
  plant("one", "pending");
  system.troubles.push("busy", "deadline", "crashed");
  for (const kind of ["busy", "unknown", "unknown"]) {
    assert.equal((await service.command("one", "cancel")).kind, kind);
  }
});

Deno.test("bulk() applies a command to every job of the filter", async () => {
  const { service, plant } = setup();
  plant("one", "failed");
  plant("two", "cancelled");
  plant("three", "pending");
  const retried = await service.bulk({ filter: {}, command: "retry", limit: 100 });
  assert.deepEqual(retried, { matched: 3, done: 2, refused: 1, cursor: null });
  const filter = { state: "pending" } as const;
  const cancelled = await service.bulk({ filter, command: "cancel", limit: 100 });
  assert.deepEqual(cancelled, { matched: 3, done: 3, refused: 0, cursor: null });
});

Deno.test("bulk() stops at its limit with a cursor that goes on, and bounds what is under way", async () => {
  const { service, system, plant } = setup();
  for (let n = 0; n < 400; n++) plant(`job-${n}`, "pending");
  system.pageMax = 200;
  const request = { filter: {}, command: "cancel", limit: 300 } as const;
  const first = await service.bulk(request);
  assert.deepEqual([first.matched, first.done], [300, 300]);
  assert.equal(system.asksAtOnce, BULK_COMMANDS_IN_FLIGHT_MAX);
  const rest = await service.bulk({ ...request, cursor: first.cursor ?? "" });
  assert.deepEqual(rest, { matched: 100, done: 100, refused: 0, cursor: null });
});

Deno.test("bulk() counts a job that was busy as refused", async () => {
  const { service, system, plant } = setup();
  plant("one", "pending");
  system.troubles.push("busy");
  const result = await service.bulk({ filter: {}, command: "cancel", limit: 10 });
  assert.deepEqual([result.matched, result.done, result.refused], [1, 0, 1]);
});

// Queues ------------------------------------------------------------------------------------------

const mail: QueueSettings = { ...openQueue("mail"), paused: true, concurrency: 5 };

Deno.test("queue() of a queue nobody set is what the configuration says", async () => {
  const { service, queues } = setup();
  assert.deepEqual(await service.queue("mail"), { ...mail, paused: false, concurrency: null });
  queues.apply({ ...mail, paused: false });
  assert.deepEqual(await service.queue("mail"), { ...mail, paused: false });
});

Deno.test("setQueue() keeps the settings and lets the dispatcher know at once", async () => {
  const { service, queues } = setup();
  const heard: QueueSettings[] = [];
  queues.onChange((settings) => heard.push(settings));
  assert.deepEqual(await service.setQueue(mail), mail);
  const open = { ...mail, paused: false };
  assert.deepEqual(await service.setQueue(open), open);
  assert.deepEqual(heard, [mail, open]);
  assert.deepEqual(await service.queue("mail"), open);
});

Deno.test("setQueue() wins over a first setting that came in between", async () => {
  const { service, system, queues } = setup();
  system.beforeCreate = () => {
    system.beforeCreate = () => {};
    system.plant(draftOfQueue({ ...mail, concurrency: 1 }, 0));
  };
  assert.deepEqual(await service.setQueue(mail), mail);
  assert.equal(queues.settings("mail").concurrency, 5);
});

Deno.test("setQueue() that was not answered is a fault, and nothing is told", async () => {
  const { service, system, queues } = setup();
  const codes = { busy: "overloaded", deadline: "timeout", crashed: "unavailable" } as const;
  for (const [trouble, code] of Object.entries(codes)) {
    system.troubles.push(trouble as keyof typeof codes);
    const failed = (thrown: unknown) => thrown instanceof Fault && thrown.code === code;
    await assert.rejects(service.setQueue(mail), failed);
  }
  assert.equal(queues.isPaused("mail"), false);
});

Deno.test("queue() learns what another node has set", async () => {
  const { service, system, queues } = setup();
  system.plant(draftOfQueue(mail, 0));
  assert.deepEqual(await service.queue("mail"), mail);
  assert.equal(queues.isPaused("mail"), true);
});
