import assert from "node:assert/strict";
import { actorId } from "../../runtime/ids.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { WorkGate } from "../../runtime/wakeups/kind_gates.ts";
import { AlertDriver, EVENTS_TOLD_MAX, NOTICED_MAX } from "./alert_driver.ts";
import type { AlertEvent } from "./event.ts";
import { eventOf, ruleOf } from "./testing/samples.ts";

const report = actorId("job-1@report-2");
type End = "handled" | "missing" | "busy";

function setup({ rules = [ruleOf()], ends = () => "handled" as End } = {}) {
  const clock = new VirtualClock();
  const heard: string[] = [];
  const batches: (readonly AlertEvent[])[] = [];
  const held: (() => void)[] = [];
  const state = { hold: false };
  const existing = new Set<string>();
  const driver = new AlertDriver({
    clock,
    rules,
    gate: new WorkGate(512, () => heard.push("room")),
    tellIncident: (id, message, settle) => {
      const what = message.kind === "events" ? String(message.events.length) : "";
      heard.push(`${message.kind} ${what}`.trim());
      if (message.kind === "events") batches.push(message.events);
      const kind = existing.has(id) ? ends() : "missing";
      if (state.hold) held.push(() => settle({ kind }));
      else settle({ kind });
    },
    tellReport: (id, message, settle) => {
      heard.push(`${id} ${message.kind}`);
      settle({ kind: "handled" });
    },
    create: (draft) => {
      heard.push(`create ${draft.kind}`);
      existing.add(draft.id);
      return Promise.resolve();
    },
    log: (_, message) => heard.push(message),
  });
  const tell = (...events: AlertEvent[]) =>
    driver.perform({ kind: "tell", events }, { id: report });
  return { clock, driver, heard, batches, tell, state, held, existing };
}

const settled = () => new Promise<void>((resume) => queueMicrotask(() => queueMicrotask(resume)));

Deno.test("a report is told when its incident has committed its events, which is made if need be (AD1)", async () => {
  const { tell, heard, driver } = setup();
  tell(eventOf());
  await settled();
  assert.deepEqual(heard, [
    "events 1",
    "create incident",
    "events 1",
    `${report} told`,
    "room",
  ]);
  assert.deepEqual([...driver.raised], [["job.failed", 1]]);
});

Deno.test("a report that could not be told stays as it is, to be woken again", async () => {
  const { tell, heard } = setup({ ends: () => "busy" });
  tell(eventOf());
  await settled();
  assert.deepEqual(heard, ["events 1", "create incident", "events 1", "room"]);
});

Deno.test("an event that concerns nobody is told; that something is over makes no incident", () => {
  for (const event of [eventOf({ kind: "sla.start" }), eventOf({ status: "resolved" })]) {
    const { tell, heard } = setup();
    tell(event);
    assert.deepEqual(heard.filter((line) => line !== "events 1"), [`${report} told`, "room"]);
  }
});

Deno.test("events that come while others are on their way travel together (AD2)", async () => {
  const { driver, tell, state, held, batches, existing } = setup();
  tell(eventOf());
  await settled();
  assert.equal(existing.size, 1);
  state.hold = true;
  for (let n = 0; n < EVENTS_TOLD_MAX + 12; n++) driver.notice(eventOf());
  assert.deepEqual(batches.map((batch) => batch.length).slice(2), [1]);
  while (held.length > 0) held.shift()!();
  assert.deepEqual(batches.map((batch) => batch.length).slice(2), [1, EVENTS_TOLD_MAX, 11]);
});

Deno.test("every rule that an event concerns has an incident of its own", async () => {
  const rules = [ruleOf(), ruleOf({ name: "all", groupBy: [] }), ruleOf({ on: ["node.lost"] })];
  const { tell, existing } = setup({ rules });
  tell(eventOf());
  await settled();
  assert.equal(existing.size, 2);
});

Deno.test("what this node noticed is tried again, and bounded (AD3)", async () => {
  let end: End = "busy";
  const { driver, clock, heard } = setup({ ends: () => end });
  driver.notice(eventOf());
  await settled();
  const tries = () => heard.filter((line) => line === "events 1").length;
  const before = tries();
  clock.advance(1_000);
  assert.equal(tries(), before + 1);
  for (let n = 0; n < NOTICED_MAX; n++) driver.notice(eventOf());
  assert.match(heard.at(-1) ?? "", /dropped/);
  end = "handled";
  clock.advance(2_000);
  heard.length = 0;
  driver.notice(eventOf());
  assert.deepEqual(heard, ["events 1"]);
});

Deno.test("an event for one rule alone reaches no other", async () => {
  const rule = ruleOf({ name: "one" });
  const { driver, existing } = setup({ rules: [ruleOf(), rule] });
  driver.notice(eventOf(), rule);
  await settled();
  assert.equal(existing.size, 1);
});

Deno.test("ended jobs are told to the rates that reckon with their queue", async () => {
  const rules = [ruleOf({ on: ["failure-rate"], match: { queue: ["mail"] } })];
  const { driver, heard } = setup({ rules });
  driver.ends({ queue: "default", ok: 1, failed: 1 });
  assert.deepEqual(heard, []);
  driver.ends({ queue: "mail", ok: 1, failed: 1 });
  await settled();
  assert.deepEqual(heard, ["ends", "create incident", "ends"]);
});
