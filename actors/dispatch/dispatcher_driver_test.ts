import assert from "node:assert/strict";
import type { Settled } from "../../runtime/actor/envelope.ts";
import { Fault } from "../../runtime/fault.ts";
import { type ActorId, actorId, type BootId, type NodeName } from "../../runtime/ids.ts";
import { JOURNAL_LINES_MAX, STORE_RETRY_MIN_MS } from "../../runtime/limits.ts";
import type { DueEntry, Snapshot } from "../../runtime/snapshot.ts";
import { settle, VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import type { AttemptOrder, AttemptOutcome, Executor } from "../executor/port.ts";
import { draftOfJob } from "../job/codec.ts";
import type { JobEffect, JobMessage, JobReply } from "../job/messages.ts";
import { jobIn } from "../job/testing/samples.ts";
import { Dispatcher, PROGRESS_EVERY_MS } from "./dispatcher_driver.ts";
import { Slots } from "./slots.ts";
import { encodeStep } from "./step_journal.ts";

const HERE = "a1" as BootId;
const ID = actorId("job-1");
const KEY = { jobId: ID as string, attempt: 1, token: "t1" };
const OK: AttemptOutcome = { kind: "ok", result: "7" };
const ENTRY: DueEntry = { id: ID, wakeAtMs: 0, lane: "job/default", rank: 0 };
const UNAVAILABLE = new Fault("store.x", "unavailable", { message: "injected" });

function orderOf(token = KEY.token): Omit<AttemptOrder, "steps"> {
  return {
    key: { ...KEY, token },
    name: "noop",
    payload: "null",
    timeoutMs: null,
    notBeforeMs: 0,
    scheduledForMs: 0,
    fence: 2,
    checkpoint: "null",
    exclusive: false,
  };
}

function setup() {
  const clock = new VirtualClock();
  const slots = new Slots(2);
  const told: { message: JobMessage; settle: (settled: Settled<JobReply>) => void }[] = [];
  const events: string[] = [];
  const steps: ReadonlyMap<string, string>[] = [];
  const store = {
    append: (_entry: { stream: string; lines: readonly string[] }) => Promise.resolve(true),
    journal: (): Promise<readonly string[]> => Promise.resolve([]),
  };
  const known = new Set<string>();
  const peers: { node: NodeName; boot: BootId }[] = [];
  const refusals: (() => void)[] = [];
  const dispatcher = new Dispatcher({
    clock,
    slots,
    system: {
      append: (entry) => store.append(entry),
      journal: async () => (await store.journal()).map((text, at) => ({ n: at + 1, text })),
    },
    signal: (id: ActorId, message, settle) => {
      assert.equal(id, ID);
      told.push({ message, settle });
    },
    pump: () => void events.push("pump"),
    changed: (job) => void events.push(`changed ${job.state}`),
    over: (id, observer) => void events.push(`${id} over for ${observer}`),
    away: {
      boot: HERE,
      pick: () => peers.shift(),
      run: (boot, { order, lane }, refused) => {
        events.push(`run ${order.key.token} of ${lane} at ${boot}`);
        refusals.push(refused);
      },
      abort: (boot, key) => void events.push(`abort ${key.token} at ${boot}`),
      confirm: (boot, key) => void events.push(`confirm ${key.token} at ${boot}`),
    },
    log: (_level, message) => void events.push(message),
  });
  const executor: Executor = {
    run: (order) => {
      events.push(`run ${order.key.token}`);
      steps.push(order.steps);
    },
    abort: (token, reason) => void events.push(`abort ${token} ${reason}`),
    handlers: () => [],
    knows: (name) => known.has(name),
    reload: () => Promise.resolve({ handlers: [], problems: [] }),
    close: () => Promise.resolve(),
  };
  dispatcher.join(executor);
  const job = jobIn("running");
  const snapshot: Snapshot = {
    ...draftOfJob(job.spec, { id: ID, nowMs: 0 }),
    shard: 0 as Snapshot["shard"],
    version: 2,
  };
  const perform = (effect: JobEffect) => dispatcher.perform(effect, snapshot);
  const run = (repeated = false) =>
    perform({ kind: "run", boot: HERE, order: orderOf(), repeated });
  /** Answers the oldest unanswered message. */
  const answer = (settled: Partial<Settled<JobReply>> & { kind: Settled<JobReply>["kind"] }) => {
    const { settle, message } = told.shift()!;
    settle(
      settled.kind === "handled"
        ? { reply: { kind: "done" }, snapshot, ...settled } as Settled<JobReply>
        : settled as Settled<JobReply>,
    );
    return message;
  };
  const away = { peers, refusals };
  return {
    ...{ clock, slots, told, events, steps, store, known, dispatcher, job, perform, run, answer },
    away,
  };
}

Deno.test("reserve() and settled() give room once and back, and pump only when some came free (Q2)", () => {
  const { dispatcher, events } = setup();
  assert.equal(dispatcher.reserve(ENTRY), "held");
  dispatcher.settled(ENTRY);
  dispatcher.settled(ENTRY);
  assert.deepEqual(events, ["pump"]);
});

Deno.test("perform(run) turns the reservation into a run; the wake-up's end frees nothing then (Q2)", () => {
  const { dispatcher, slots, events, run } = setup();
  dispatcher.reserve(ENTRY);
  run();
  dispatcher.settled(ENTRY);
  assert.equal(slots.running, 1);
  assert.deepEqual(events, ["run t1"]);
});

Deno.test("perform() passes on what a job asks of others", () => {
  const { events, perform, job } = setup();
  perform({ kind: "abort", boot: HERE, key: KEY, reason: "cancelled" });
  perform({ kind: "changed", job });
  perform({ kind: "over", observer: actorId("nightly@schedule") });
  assert.deepEqual(events, [
    "abort t1 cancelled",
    "changed running",
    `${ENTRY.id} over for nightly@schedule`,
  ]);
});

Deno.test("perform() of an attempt that runs elsewhere asks there", () => {
  const { events, perform } = setup();
  const boot = "b1" as BootId;
  perform({ kind: "abort", boot, key: KEY, reason: "cancelled" });
  perform({ kind: "confirm", boot, key: KEY });
  assert.deepEqual(events, ["abort t1 at b1", "confirm t1 at b1"]);
});

Deno.test("reserve() takes a slot of another node only when this one is full (X6)", () => {
  const { dispatcher, away } = setup();
  const place = { node: "b" as NodeName, boot: "b1" as BootId };
  away.peers.push(place);
  const entries = ["1", "2", "3", "4"].map((id) => ({ ...ENTRY, id: actorId(id) }));
  const [one, two, three, four] = entries as [DueEntry, DueEntry, DueEntry, DueEntry];
  assert.deepEqual([dispatcher.reserve(one), dispatcher.reserve(two)], ["held", "held"]);
  assert.equal(dispatcher.executorOf(two.id), undefined);
  assert.equal(dispatcher.reserve(three), "held");
  assert.equal(dispatcher.executorOf(three.id), place);
  assert.equal(dispatcher.reserve(three), "no-line", "once");
  assert.equal(dispatcher.reserve(four), "no-line", "no node has room");
  dispatcher.settled(three);
  assert.equal(dispatcher.executorOf(three.id), undefined);
});

Deno.test("reserve() sends nothing of a queue with a limit of its own to others (X6)", () => {
  const { dispatcher, away, slots } = setup();
  away.peers.push({ node: "b" as NodeName, boot: "b1" as BootId });
  slots.limit(ENTRY.lane, { paused: false, concurrency: 9 });
  for (const id of ["1", "2"]) dispatcher.reserve({ ...ENTRY, id: actorId(id) });
  assert.equal(dispatcher.reserve(ENTRY), "no-line");
});

Deno.test("perform(run) elsewhere sends it there; refused, the job may start again at once (X6)", () => {
  const { perform, events, slots, away, told } = setup();
  perform({ kind: "run", boot: "b1" as BootId, order: orderOf(), repeated: false });
  assert.deepEqual(events, ["run t1 of job/default at b1"]);
  assert.equal(slots.running, 0);
  away.refusals[0]?.();
  const message = told[0]?.message;
  assert.ok(message?.kind === "ended" && message.outcome.kind === "interrupted");
  assert.equal(message.outcome.begun, false);
});

Deno.test("take() runs another node's attempt once, and refuses what has no room (X6)", () => {
  const { dispatcher, events, slots } = setup();
  const shipment = (token: string) => ({ order: orderOf(token), lane: "job/x", repeated: false });
  assert.ok(dispatcher.take(shipment("t1")));
  assert.ok(dispatcher.take(shipment("t1")), "said twice, run once");
  assert.ok(dispatcher.take(shipment("t2")));
  assert.equal(dispatcher.take(shipment("t3")), false);
  assert.deepEqual(events, ["run t1", "run t2"]);
  assert.equal(slots.running, 2);
});

Deno.test("an end is untold until its job has handled it, although its slot is free (X1)", async () => {
  const { clock, slots, dispatcher, run, answer } = setup();
  run();
  assert.equal(dispatcher.untold, 0);
  dispatcher.ended(KEY, OK);
  answer({ kind: "busy" });
  assert.deepEqual([slots.taken, dispatcher.untold], [0, 1]);
  await clock.pass(STORE_RETRY_MIN_MS);
  answer({ kind: "handled" });
  assert.equal(dispatcher.untold, 0);
});

Deno.test("a repeated attempt gets the steps of the earlier ones, after outages too", async () => {
  const { clock, store, events, steps, run } = setup();
  store.journal = () => Promise.reject(UNAVAILABLE);
  run(true);
  await settle();
  assert.deepEqual(events, []);
  store.journal = () => Promise.resolve([encodeStep({ name: "charge", result: '{"id":7}' })]);
  await clock.pass(STORE_RETRY_MIN_MS);
  assert.deepEqual(events, ["run t1"]);
  assert.deepEqual([...steps[0]!], [["charge", '{"id":7}']]);
});

Deno.test("an attempt cancelled while its steps are read never runs, and ends as cancelled (X5)", async () => {
  const { events, run, perform, answer, slots, told } = setup();
  run(true);
  perform({ kind: "abort", boot: HERE, key: KEY, reason: "cancelled" });
  await settle();
  assert.deepEqual(events, ["pump"]);
  assert.equal(slots.running, 0);
  const message = answer({ kind: "handled" });
  assert.deepEqual(message, { kind: "ended", token: "t1", outcome: { kind: "cancelled" } });
  assert.equal(told.length, 0);
});

Deno.test("a drain ends attempts whose steps are read as never begun, and aborts the others (X5)", async () => {
  const { clock, store, events, dispatcher, run, perform, answer } = setup();
  store.journal = () => Promise.reject(UNAVAILABLE);
  perform({ kind: "run", boot: HERE, order: orderOf("t2"), repeated: false });
  run(true);
  dispatcher.interrupt();
  assert.ok(events.includes("abort t2 drain"));
  const message = answer({ kind: "handled" });
  assert.ok(message.kind === "ended" && message.outcome.kind === "interrupted");
  assert.equal(message.outcome.begun, false);
  await clock.pass(10 * STORE_RETRY_MIN_MS);
  assert.ok(!events.includes("run t1"));
  assert.equal(clock.timers, 0, "and the journal is not asked for ever");
});

Deno.test("a step journal that cannot be read fails the attempt instead of holding its slot for ever", async () => {
  const { store, run, answer, slots } = setup();
  store.journal = () => Promise.resolve(["not json"]);
  run(true);
  await settle();
  const message = answer({ kind: "handled" });
  assert.ok(message.kind === "ended" && message.outcome.kind === "error");
  assert.equal(message.outcome.retryable, false);
  assert.equal(slots.running, 0);
});

Deno.test("ended() frees the slot, tells the job and pumps; a second end is ignored (Q2)", () => {
  const { dispatcher, events, run, told, slots } = setup();
  run();
  dispatcher.ended(KEY, OK);
  dispatcher.ended(KEY, OK);
  assert.equal(told.length, 1);
  assert.deepEqual(events, ["run t1", "pump"]);
  assert.equal(slots.running, 0);
});

Deno.test("ended() is told again until the job has handled it (X1)", () => {
  const { dispatcher, clock, run, told, answer } = setup();
  run();
  dispatcher.ended(KEY, OK);
  for (const kind of ["busy", "unknown", "busy"] as const) {
    answer({ kind });
    assert.equal(told.length, 0);
    clock.advance(STORE_RETRY_MIN_MS);
    assert.deepEqual(told[0]!.message, { kind: "ended", token: "t1", outcome: OK });
  }
  answer({ kind: "handled" });
  clock.advance(10 * STORE_RETRY_MIN_MS);
  assert.equal(told.length, 0);
});

Deno.test("ended() gives up on a job that is gone", () => {
  const { dispatcher, clock, run, told, answer } = setup();
  run();
  dispatcher.ended(KEY, OK);
  answer({ kind: "missing" });
  clock.advance(10 * STORE_RETRY_MIN_MS);
  assert.equal(told.length, 0);
});

Deno.test("confirm says that an attempt which was never ordered here has ended unbegun (X4)", () => {
  const { perform, answer } = setup();
  perform({ kind: "confirm", boot: HERE, key: KEY });
  const message = answer({ kind: "handled" });
  assert.ok(message.kind === "ended" && message.outcome.kind === "interrupted");
  assert.equal(message.outcome.begun, false);
});

Deno.test("confirm is silent about an attempt that runs, or whose end is not yet handled (X1, X4)", () => {
  const { dispatcher, perform, run, told, answer, clock } = setup();
  run();
  perform({ kind: "confirm", boot: HERE, key: KEY });
  assert.equal(told.length, 0);
  dispatcher.ended(KEY, OK);
  answer({ kind: "unknown" });
  perform({ kind: "confirm", boot: HERE, key: KEY });
  assert.equal(told.length, 0, "its outcome is still to be told: it did run");
  clock.advance(STORE_RETRY_MIN_MS);
  answer({ kind: "crashed" });
  perform({ kind: "confirm", boot: HERE, key: KEY });
  assert.equal(told.length, 0, "nobody may take it for unbegun");
});

Deno.test("step() resolves when its line is durable, and rejects when it is not (X2)", async () => {
  const { dispatcher, store } = setup();
  const seen: unknown[] = [];
  store.append = ({ stream, lines }) => {
    seen.push([stream, ...lines]);
    return Promise.resolve(true);
  };
  await dispatcher.step(KEY, "charge", "7");
  assert.deepEqual(seen, [["step", '["charge",7]']]);
  store.append = () => Promise.resolve(false);
  await assert.rejects(dispatcher.step(KEY, "b", "1"), /no longer has the job/);
  store.append = () => Promise.reject(UNAVAILABLE);
  await assert.rejects(dispatcher.step(KEY, "c", "1"), { code: "unavailable" });
});

Deno.test("step() refuses what would push the first steps out of the journal", async () => {
  const { dispatcher, store, run } = setup();
  const stored = Array.from(
    { length: JOURNAL_LINES_MAX - 1 },
    () => encodeStep({ name: "same", result: "1" }),
  );
  store.journal = () => Promise.resolve(stored);
  run(true);
  await settle();
  await dispatcher.step(KEY, "last", "1");
  await assert.rejects(dispatcher.step(KEY, "one more", "1"), /steps at most/);
});

Deno.test("checkpoint() resolves when the job has committed it, and rejects otherwise (X2)", async () => {
  const { dispatcher, answer } = setup();
  const checkpoint = () => dispatcher.checkpoint(KEY, "1");
  const kept = checkpoint();
  assert.deepEqual(answer({ kind: "handled" }), { kind: "checkpoint", token: "t1", value: "1" });
  await kept;
  const refused = checkpoint();
  answer({ kind: "handled", reply: { kind: "refused", state: "failed", why: "stale" } });
  await assert.rejects(refused);
  for (const kind of ["busy", "unknown", "missing", "crashed"] as const) {
    const failed = checkpoint();
    answer({ kind });
    await assert.rejects(failed);
  }
});

Deno.test("progress() is told at most once per span, the latest value, and not after the end (X3)", () => {
  const { dispatcher, clock, told, run } = setup();
  run();
  for (const percent of [1, 2, 3]) dispatcher.progress(KEY, percent);
  assert.equal(told.length, 0);
  clock.advance(PROGRESS_EVERY_MS);
  assert.deepEqual(told.map(({ message }) => message), [
    { kind: "progress", token: "t1", percent: 3 },
  ]);
  dispatcher.progress(KEY, 4);
  clock.advance(PROGRESS_EVERY_MS - 1);
  assert.equal(told.length, 1);
  dispatcher.ended(KEY, OK);
  clock.advance(1);
  assert.deepEqual(told.map(({ message }) => message.kind), ["progress", "ended"]);
});

Deno.test("log() appends lines with their time; lines that could not be kept are logged", async () => {
  const { dispatcher, store, events } = setup();
  const seen: string[] = [];
  store.append = ({ stream, lines }) => {
    seen.push(stream, ...lines);
    return Promise.reject(UNAVAILABLE);
  };
  dispatcher.log(KEY, ["hello"]);
  await settle();
  assert.equal(seen[0], "log");
  assert.match(seen[1]!, /^\d{4}-\d\d-\d\dT[\d:.]+Z hello$/);
  assert.deepEqual(events, ["job log lines lost"]);
});

Deno.test("a handler that came while its job was being parked is not missed", () => {
  const { dispatcher, run, answer, told, known } = setup();
  run();
  dispatcher.ended(KEY, { kind: "unknown-handler" });
  known.add("noop");
  answer({ kind: "handled" });
  assert.deepEqual(told.map(({ message }) => message), [{ kind: "handler-known" }]);
});
