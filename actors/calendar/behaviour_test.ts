import assert from "node:assert/strict";
import { Fault } from "../../runtime/fault.ts";
import type { BootId, NodeName, ShardId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import {
  CALENDAR_KEPT_MS,
  calendarActorId,
  calendarBehaviour,
  decodeCalendar,
  draftOfCalendar,
} from "./behaviour.ts";
import type { CalendarMessage, CalendarState } from "./state.ts";

const DE: CalendarState = {
  name: "de-holidays",
  dates: ["2027-12-25", "2027-12-26"],
  deletedAtMs: null,
};

function snapshotOf(state: CalendarState, overrides: Partial<Snapshot> = {}): Snapshot {
  return { ...draftOfCalendar(state, 7), shard: 0 as ShardId, version: 1, ...overrides };
}

function receive(state: CalendarState, message: CalendarMessage, nowMs = 7) {
  return calendarBehaviour.receive(state, message, {
    id: calendarActorId(state.name),
    nowMs,
    chance: 0,
    unique: "unique-1",
    node: "a" as NodeName,
    boot: "boot-1" as BootId,
    lives: () => false,
    nextVersion: 2,
  });
}

Deno.test("draftOfCalendar() reads back as the calendar, its dates in order, and sleeps for ever", () => {
  const draft = draftOfCalendar({ name: "de-holidays", dates: [...DE.dates].reverse() }, 7);
  assert.equal(draft.id, "de-holidays@calendar");
  assert.deepEqual(decodeCalendar(snapshotOf(DE, draft)), DE);
  assert.deepEqual([draft.index.wakeAtMs, draft.index.expireAtMs], [null, null]);
});

Deno.test("a set replaces the dates, and commits nothing when they are the same", () => {
  const step = receive(DE, { kind: "set", dates: ["2028-01-01", "2028-01-01"] });
  assert.deepEqual(step.state, { ...DE, dates: ["2028-01-01"] });
  assert.deepEqual(step.carries, { body: '{"name":"de-holidays","dates":["2028-01-01"]}' });
  assert.equal(receive(DE, { kind: "set", dates: [...DE.dates].reverse() }).state, DE);
});

Deno.test("a deleted calendar is kept for a while without dates; a set brings it back", () => {
  const { state } = receive(DE, { kind: "delete" }, 9);
  assert.deepEqual(state, { ...DE, dates: [], deletedAtMs: 9 });
  assert.equal(calendarBehaviour.encode(state).index.expireAtMs, 9 + CALENDAR_KEPT_MS);
  assert.equal(receive(state, { kind: "delete" }, 11).state, state);
  assert.deepEqual(receive(state, { kind: "set", dates: DE.dates }).state, DE);
});

Deno.test("calendarBehaviour decodes what it encodes and carries", () => {
  const { state, carries } = receive(DE, { kind: "delete" }, 9);
  const { head, index } = calendarBehaviour.encode(state);
  const stored = snapshotOf(DE, { head, index, body: carries?.body ?? "" });
  assert.deepEqual(calendarBehaviour.decode(stored), state);
});

Deno.test("decodeCalendar() refuses what is no calendar", () => {
  const broken: Partial<Snapshot>[] = [
    { head: "" },
    { head: "null" },
    { head: "{}" },
    { body: '{"name":"a"}' },
    { body: '{"name":"a","dates":["tomorrow"]}' },
    { body: '{"name":1,"dates":[]}' },
  ];
  for (const part of broken) {
    assert.throws(
      () => decodeCalendar(snapshotOf(DE, part)),
      (thrown) => thrown instanceof Fault && thrown.code === "corrupt",
    );
  }
});
