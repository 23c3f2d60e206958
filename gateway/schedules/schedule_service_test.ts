import assert from "node:assert/strict";
import { NOW_MS } from "../../actors/job/testing/samples.ts";
import { scheduleBehaviour } from "../../actors/schedule/behaviour.ts";
import { scheduleActorId } from "../../actors/schedule/ids.ts";
import { Recurrences } from "../../actors/schedule/recurrence/recurrences.ts";
import { MINUTE_MS, specOf } from "../../actors/schedule/testing/samples.ts";
import { Timetable } from "../../actors/schedule/timetable.ts";
import { actorId, IdMaker } from "../../runtime/ids.ts";
import { FakeSystem } from "../testing/fake_system.ts";
import { createScheduleService } from "./schedule_service.ts";

const SPEC = specOf({ overlap: "allow" });

function setup() {
  const calendars = { has: (name: string) => name === "known" };
  const recurrences = new Recurrences();
  const system = new FakeSystem(NOW_MS).host(
    scheduleBehaviour((spec, { id, anchorMs }) =>
      new Timetable(recurrences.of(spec, anchorMs), { id, jitterMs: spec.jitterMs })
    ),
  );
  const ids = new IdMaker((count) => new Uint8Array(count));
  const clock = { wallMs: () => system.nowMs };
  const service = createScheduleService({ system, clock, ids, recurrences, calendars });
  /** Lets `ms` pass, and the schedule wake. */
  const wake = async (id: string, ms: number) => {
    system.nowMs += ms;
    await system.ref("schedule", scheduleActorId(id)).ask({ kind: "wake" });
  };
  const minutes = (list: readonly { atMs: number }[] | undefined) =>
    list?.map(({ atMs }) => (atMs - NOW_MS) / MINUTE_MS);
  return { system, service, wake, minutes };
}

Deno.test("create() stores a schedule; get() reads it back", async () => {
  const { service } = setup();
  const outcome = await service.create(SPEC, "nightly");
  assert.ok(outcome.kind === "created");
  assert.equal(outcome.record.id, "nightly");
  assert.deepEqual(outcome.record.schedule.spec, SPEC);
  assert.deepEqual(await service.get("nightly"), outcome.record);
});

Deno.test("create() without an id finds one; an id that is taken is said to be", async () => {
  const { service } = setup();
  const [one, other] = [await service.create(SPEC, null), await service.create(SPEC, null)];
  assert.ok(one.kind === "created" && other.kind === "created");
  assert.notEqual(one.record.id, other.record.id);
  assert.deepEqual(await service.create(SPEC, one.record.id), { kind: "taken", id: one.record.id });
});

Deno.test("a deleted schedule is gone, and its id is free again", async () => {
  const { service } = setup();
  await service.create(SPEC, "nightly");
  assert.equal((await service.remove("nightly")).kind, "done");
  assert.equal(await service.get("nightly"), undefined);
  assert.deepEqual((await service.list({ limit: 9 })).records, []);
  assert.equal((await service.remove("nightly")).kind, "missing");
  assert.equal((await service.pause("nightly", null)).kind, "refused");
  assert.equal((await service.create(SPEC, "nightly")).kind, "created");
});

Deno.test("replace() makes a schedule or gives it another spec, and says which", async () => {
  const { service } = setup();
  const made = await service.replace("nightly", SPEC);
  assert.ok(made.kind === "done" && made.created === true);
  const changed = await service.replace("nightly", specOf({ count: 3 }));
  assert.ok(changed.kind === "done" && changed.created === false);
  assert.equal(changed.record.schedule.spec.count, 3);
});

Deno.test("replace() refuses a spec under which the schedule, as old as it is, would not fire again", async () => {
  const { service, wake } = setup();
  await service.create(SPEC, "nightly");
  await wake("nightly", 0);
  await wake("nightly", MINUTE_MS);
  const spent = { kind: "rrule", text: "FREQ=SECONDLY;INTERVAL=5;COUNT=3" } as const;
  for (const spec of [specOf({ rule: spent }), specOf({ count: 1 })]) {
    assert.equal((await service.replace("nightly", spec)).kind, "refused");
  }
  assert.deepEqual((await service.get("nightly"))?.schedule.spec, SPEC);
  assert.equal((await service.replace("nightly", specOf({ count: 2 }))).kind, "done");
});

Deno.test("list() finds schedules by state and by their jobs' name, a page at a time", async () => {
  const { service } = setup();
  for (const id of ["a", "b", "c"]) await service.create(SPEC, id);
  await service.pause("b", "why");
  const ids = async (query: { state?: "active" | "paused"; name?: string }) =>
    (await service.list({ ...query, limit: 9 })).records.map(({ id }) => id);
  assert.deepEqual(await ids({}), ["c", "b", "a"]);
  assert.deepEqual(await ids({ state: "paused" }), ["b"]);
  assert.deepEqual(await ids({ state: "active", name: SPEC.job.name }), ["c", "a"]);
  assert.deepEqual(await ids({ name: "other" }), []);
  const page = await service.list({ limit: 2 });
  assert.ok(page.cursor !== null);
  const rest = await service.list({ limit: 2, cursor: page.cursor });
  assert.deepEqual(rest.records.map(({ id }) => id), ["a"]);
});

Deno.test("commands on ids that no schedule can have, or has, are missing", async () => {
  const { service } = setup();
  for (const id of ["none", "a@b", "", "x".repeat(151)]) {
    assert.equal((await service.resume(id)).kind, "missing");
    assert.equal((await service.trigger(id)).kind, "missing");
    assert.equal(await service.get(id), undefined);
    assert.equal(await service.next(id, { afterMs: NOW_MS, limit: 1 }), undefined);
    assert.equal(await service.occurrences(id, { after: 0, limit: 1 }), undefined);
  }
});

Deno.test("busy and lost answers are told apart", async () => {
  const { service, system } = setup();
  await service.create(SPEC, "nightly");
  system.troubles.push("busy", "deadline", "crashed");
  const kinds = [];
  for (let n = 0; n < 3; n++) kinds.push((await service.pause("nightly", null)).kind);
  assert.deepEqual(kinds, ["busy", "unknown", "unknown"]);
});

Deno.test("trigger() makes a job now; the ledger has it", async () => {
  const { service, system } = setup();
  await service.create(SPEC, "nightly");
  const outcome = await service.trigger("nightly");
  assert.ok(outcome.kind === "fired");
  const job = await system.read(actorId(outcome.jobIds[0]!));
  assert.equal(job?.kind, "job");
  const lines = await service.occurrences("nightly", { after: 0, limit: 9 });
  assert.deepEqual(lines?.map(({ n, entry }) => [n, entry.decision, entry.jobId]), [
    [1, "triggered", outcome.jobIds[0]],
  ]);
});

Deno.test("backfill() goes on until the range is done", async () => {
  const { service, wake, system } = setup();
  await service.create(specOf({ misfire: { policy: "skip", windowMs: null, max: 1 } }), "nightly");
  await wake("nightly", 300.5 * MINUTE_MS);
  const outcome = await service.backfill("nightly", { fromMs: NOW_MS, toMs: system.nowMs });
  assert.ok(outcome.kind === "fired");
  assert.deepEqual([outcome.jobIds.length, outcome.nextMs], [300, null]);
});

Deno.test("backfill() makes and tells what is missing alone, and repeats nothing", async () => {
  const { service, wake, system } = setup();
  await service.create(specOf({ misfire: { policy: "skip", windowMs: null, max: 1 } }), "nightly");
  await wake("nightly", 4 * MINUTE_MS);
  await wake("nightly", 1.5 * MINUTE_MS);
  const range = { fromMs: NOW_MS, toMs: system.nowMs + 9 * MINUTE_MS };
  const before = (await service.get("nightly"))?.schedule;
  const outcome = await service.backfill("nightly", range);
  assert.ok(outcome.kind === "fired");
  assert.deepEqual(outcome.jobIds.map((id) => id.slice(-"00:00Z".length)), [
    ...["01:00Z", "02:00Z", "03:00Z", "05:00Z"],
  ]);
  assert.deepEqual(await service.backfill("nightly", range), {
    ...{ kind: "fired", jobIds: [], nextMs: null },
  });
  const lines = await service.occurrences("nightly", { after: 0, limit: 99 });
  const backfilled = lines?.filter(({ entry }) => entry.decision === "backfilled") ?? [];
  assert.deepEqual(backfilled.map(({ entry }) => entry.jobId), outcome.jobIds);
  assert.equal(before?.last?.nominalAtMs, NOW_MS + 4 * MINUTE_MS);
});

Deno.test("backfill() that cannot go on tells what it made, and from where to go on", async () => {
  const { service, wake, system } = setup();
  await service.create(specOf({ misfire: { policy: "skip", windowMs: null, max: 1 } }), "nightly");
  await wake("nightly", 300.5 * MINUTE_MS);
  const range = { fromMs: NOW_MS, toMs: system.nowMs };
  system.troubles.push("deadline");
  assert.deepEqual(await service.backfill("nightly", range), { kind: "unknown" });
  assert.deepEqual(await service.backfill("nobody", range), { kind: "missing" });
  let asks = 0;
  system.beforeAsk = () => {
    if (++asks === 2) system.troubles.push("busy");
  };
  const outcome = await service.backfill("nightly", range);
  assert.ok(outcome.kind === "fired");
  assert.deepEqual([outcome.jobIds.length, outcome.nextMs], [99, NOW_MS + 100 * MINUTE_MS]);
});

Deno.test("next() tells what comes, up to the count that is left; nothing after the end", async () => {
  const { service, wake, minutes } = setup();
  await service.create(specOf({ overlap: "allow", count: 3 }), "nightly");
  await wake("nightly", 0);
  assert.deepEqual(minutes(await service.next("nightly", { afterMs: NOW_MS, limit: 9 })), [
    1,
    2,
    3,
  ]);
  await wake("nightly", MINUTE_MS);
  assert.deepEqual(minutes(await service.next("nightly", { afterMs: 0, limit: 1 })), [2]);
  for (let n = 0; n < 2; n++) await wake("nightly", MINUTE_MS);
  assert.deepEqual(await service.next("nightly", { afterMs: 0, limit: 9 }), []);
});

Deno.test("preview() tells what a spec would do, or what of it cannot be read", () => {
  const { service, minutes } = setup();
  const options = { afterMs: NOW_MS, limit: 2 };
  const preview = service.preview(SPEC, options);
  assert.ok(preview.kind === "occurrences");
  assert.deepEqual(minutes(preview.occurrences), [1, 2]);
  const unreadable = (overrides: Parameters<typeof specOf>[0]) => {
    const outcome = service.preview(specOf(overrides), options);
    assert.ok(outcome.kind === "unreadable");
    return outcome.path;
  };
  assert.equal(unreadable({ timezone: "Mars/Olympus" }), "timezone");
  assert.equal(unreadable({ rule: { kind: "cron", text: "61 * * * *" } }), "cron");
  assert.equal(unreadable({ rule: { kind: "rrule", text: "FREQ=NEVER" } }), "rrule");
});

Deno.test("preview() refuses a calendar that nobody knows, with its path", () => {
  const { service } = setup();
  const exclude = (...calendars: string[]) => ({ ...SPEC, exclude: { dates: [], calendars } });
  const options = { afterMs: NOW_MS, limit: 1 };
  assert.equal(service.preview(exclude("known"), options).kind, "occurrences");
  const refused = service.preview(exclude("known", "unknown"), options);
  assert.ok(refused.kind === "unreadable");
  assert.equal(refused.path, "exclude.calendars");
  assert.match(refused.message, /no calendar unknown/);
});
