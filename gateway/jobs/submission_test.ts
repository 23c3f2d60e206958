import assert from "node:assert/strict";
import { NOW_MS, specOf } from "../../actors/job/testing/samples.ts";
import { Fault } from "../../runtime/fault.ts";
import { actorId, isActorId } from "../../runtime/ids.ts";
import { Feed } from "../feed.ts";
import { FakeSystem } from "../testing/fake_system.ts";
import { openQueue, QueueBook } from "./queue_book.ts";
import { keyId, type SubmissionDeps, submit } from "./submission.ts";

const idempotent = { kind: "idempotent", key: "order-7" } as const;
const generated = { kind: "generated" } as const;

function setup(system: SubmissionDeps["system"] = new FakeSystem(NOW_MS)) {
  const feed = new Feed({ boot: "boot-1" });
  const published: string[] = [];
  feed.subscribe({}, (event) => published.push(event.jobId));
  let made = 0;
  const deps: SubmissionDeps = {
    system,
    clock: new FakeSystem(NOW_MS).clock,
    ids: { next: () => actorId(`made-${++made}`) },
    feed,
    queues: new QueueBook([{ ...openQueue("slow"), paused: true }]),
  };
  return { deps, published };
}

Deno.test("keyId() is an id for every key, the same each time, and differs between keys", () => {
  for (const key of ["", "order-7", "🦉 / @", "x".repeat(10_000)]) assert.ok(isActorId(keyId(key)));
  assert.equal(keyId("order-7"), keyId("order-7"));
  assert.notEqual(keyId("order-7"), keyId("order-8"));
});

Deno.test("submit() with one key at the same time, many times, makes one job (U2)", async () => {
  const { deps, published } = setup();
  const spec = specOf({ fingerprint: "f1" });
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, () => submit(deps, spec, idempotent)),
  );
  const kinds = outcomes.map((outcome) => outcome.kind).sort();
  assert.deepEqual(kinds, ["accepted", ...Array.from({ length: 9 }, () => "replayed")]);
  assert.equal(published.length, 1);
});

Deno.test("submit() that the store did not take rejects, and tells no one (U1)", async () => {
  const outage = new Fault("store.apply", "unavailable", { message: "gone" });
  const system = new FakeSystem(NOW_MS);
  system.create = () => Promise.reject(outage);
  const { deps, published } = setup(system);
  for (const naming of [generated, idempotent, { kind: "own", id: "order-7" } as const]) {
    await assert.rejects(submit(deps, specOf(), naming), outage);
  }
  assert.deepEqual(published, []);
});

Deno.test("submit() gives up when no generated id is free", async () => {
  const system = new FakeSystem(NOW_MS);
  system.create = () => Promise.resolve({ kind: "exists" });
  const { deps } = setup(system);
  const unavailable = (thrown: unknown) => thrown instanceof Fault && thrown.code === "unavailable";
  await assert.rejects(submit(deps, specOf(), generated), unavailable);
  system.read = () => Promise.resolve(undefined);
  await assert.rejects(submit(deps, specOf(), idempotent), unavailable);
});

Deno.test("submit() says at once that the job's queue is paused", async () => {
  const outcome = await submit(setup().deps, specOf({ queue: "slow" }), generated);
  assert.equal(outcome.kind === "accepted" && outcome.record.waiting?.reason, "queue-paused");
});

Deno.test("submit() stores a job for later as scheduled", async () => {
  const outcome = await submit(setup().deps, specOf({ runAtMs: NOW_MS + 1 }), generated);
  assert.equal(outcome.kind === "accepted" && outcome.record.job.state, "scheduled");
});

Deno.test("submit() stores a repeated tag once, whoever asks", async () => {
  const spec = specOf({ tags: ["eu", "b7", "eu"] });
  const outcome = await submit(setup().deps, spec, generated);
  assert.deepEqual(outcome.kind === "accepted" && outcome.record.job.spec.tags, ["eu", "b7"]);
});
