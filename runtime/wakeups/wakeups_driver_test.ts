import assert from "node:assert/strict";
import { Fault } from "../fault.ts";
import {
  ARM_AHEAD_MS,
  OVERDUE_AFTER_MS,
  OVERDUE_EVERY_MS,
  STORE_RETRY_MIN_MS,
  WINDOW_RESCAN_MS,
} from "../limits.ts";
import type { DueEntry } from "../snapshot.ts";
import { dueEntry, DueModel } from "../testing/due_model.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";
import type { WakeEnd, WindowRead } from "./window_events.ts";
import { WakeupsDriver } from "./wakeups_driver.ts";

/** A driver over a model of the index; its gate has `room`, its wake-ups end when the test says so. */
function setup() {
  const clock = new VirtualClock();
  const model = new DueModel(100);
  const state = { mayWake: true, room: Infinity, broken: false, reads: [] as WindowRead[] };
  const active = new Set<string>();
  const woken: string[] = [];
  const overdue: string[] = [];
  const ends = new Map<string, (end: WakeEnd) => void>();
  const answer = (read: WindowRead) => {
    state.reads.push(read);
    if (state.broken) return Promise.reject(new Fault("store.x", "unavailable", { message: "-" }));
    return Promise.resolve(model.answer(read, clock.wallMs()));
  };
  const driver = new WakeupsDriver({
    clock,
    store: {
      lanes: async ({ after }) => {
        const event = await answer({ kind: "read-lanes", after });
        return event.kind === "lanes-read" ? event : { lanes: [], next: null };
      },
      dueInLane: async ({ lane, untilMs, limit }) => {
        assert.equal(untilMs, clock.wallMs() + ARM_AHEAD_MS);
        const event = await answer({ kind: "read-lane", lane, most: limit });
        return event.kind === "lane-read" ? event.entries : [];
      },
      dueBetween: async ({ fromMs, untilMs }) => {
        const event = await answer({ kind: "read-ahead", fromMs, untilMs });
        assert.ok(event.kind === "ahead-read");
        return event;
      },
    },
    gate: {
      reserve: () => state.room > 0 && state.room-- > 0 ? "held" : "no-line",
      settled: () => void state.room++,
    },
    mayWake: () => state.mayWake,
    isActive: (id) => active.has(id),
    activeCount: () => active.size,
    wake: (entry, settle) => {
      woken.push(entry.id);
      ends.set(entry.id, settle);
    },
    overdue: (entry) => void overdue.push(entry.id),
  });
  const told = (entry: DueEntry) => {
    model.put(entry);
    driver.scheduled(entry);
  };
  /** The wake-up of `id` was committed, or came to nothing. */
  const end = (id: string, options: { committed: boolean } = { committed: true }) => {
    if (options.committed) {
      const entry = model.entries.get(id)!;
      model.entries.delete(id);
      driver.unscheduled(entry.id);
    }
    ends.get(id)!("handled");
  };
  /** Nobody was there to handle the wake-up of `id`. */
  const miss = (id: string) => ends.get(id)!("unreached");
  return { clock, model, state, active, woken, overdue, driver, told, end, miss };
}

Deno.test("start() wakes what is due in the store, and what becomes due, on time (K1)", async () => {
  const { clock, model, driver, woken } = setup();
  model.put(dueEntry("old", clock.wallMs() - 5), dueEntry("soon", clock.wallMs() + 300));
  driver.start();
  await settle();
  assert.deepEqual(woken, ["old"]);
  await clock.pass(300 - ARM_AHEAD_MS - 1);
  assert.deepEqual(woken, ["old"]);
  await clock.pass(1);
  assert.deepEqual(woken, ["old", "soon"]);
});

Deno.test("scheduled() wakes a due entry within the same turn, many in one pump", async () => {
  const { clock, driver, woken, told } = setup();
  driver.start();
  await settle();
  for (const id of ["a", "b", "c"]) told(dueEntry(id, clock.wallMs()));
  assert.deepEqual(woken, []);
  await Promise.resolve();
  assert.deepEqual(woken, ["a", "b", "c"]);
});

Deno.test("a wake-up that ended makes room for the next one (K1)", async () => {
  const { clock, driver, woken, told, end, state } = setup();
  state.room = 1;
  driver.start();
  await settle();
  for (const id of ["a", "b"]) told(dueEntry(id, clock.wallMs()));
  await settle();
  assert.deepEqual(woken, ["a"]);
  end("a");
  await settle();
  assert.deepEqual(woken, ["a", "b"]);
});

Deno.test("a wake-up that came to nothing is made again by the rescan (K1)", async () => {
  const { clock, driver, woken, told, end } = setup();
  driver.start();
  await settle();
  told(dueEntry("a", clock.wallMs()));
  await settle();
  end("a", { committed: false });
  await clock.pass(WINDOW_RESCAN_MS - 1);
  assert.deepEqual(woken, ["a"]);
  await clock.pass(1);
  assert.deepEqual(woken, ["a", "a"]);
});

Deno.test("an entry told again during its wake-up holds up nobody, and is woken once more (W3)", async () => {
  const { clock, driver, woken, told, end } = setup();
  driver.start();
  await settle();
  told(dueEntry("a", clock.wallMs()));
  await settle();
  told(dueEntry("a", clock.wallMs(), { rank: 9 }));
  told(dueEntry("b", clock.wallMs()));
  await settle();
  assert.deepEqual(woken, ["a", "b"]);
  end("a", { committed: false });
  await settle();
  assert.deepEqual(woken, ["a", "b", "a"]);
});

Deno.test("nothing is woken while the node may not; then what waited is, by the rescan (N1, K1)", async () => {
  const { clock, driver, woken, told, state } = setup();
  driver.start();
  await settle();
  state.mayWake = false;
  told(dueEntry("a", clock.wallMs()));
  await clock.pass(500);
  assert.deepEqual(woken, []);
  state.mayWake = true;
  await clock.pass(WINDOW_RESCAN_MS);
  assert.deepEqual(woken, ["a"]);
});

Deno.test("entries that nobody told of are found by the rescan (K1)", async () => {
  const { clock, model, driver, woken } = setup();
  driver.start();
  await settle();
  model.put(dueEntry("untold", clock.wallMs()));
  await clock.pass(WINDOW_RESCAN_MS);
  assert.deepEqual(woken, ["untold"]);
});

Deno.test("reads that fail are asked again after a pause (K1)", async () => {
  const { clock, model, driver, woken, state } = setup();
  model.put(dueEntry("old", clock.wallMs()));
  state.broken = true;
  driver.start();
  await clock.pass(STORE_RETRY_MIN_MS - 1);
  assert.equal(state.reads.length, 2);
  state.broken = false;
  await clock.pass(1);
  assert.deepEqual(woken, ["old"]);
});

Deno.test("a lane's read says nothing of actors in memory: they know better", async () => {
  const { clock, model, driver, woken, active } = setup();
  active.add("busy");
  model.put(dueEntry("busy", clock.wallMs() - 5));
  driver.start();
  await settle();
  assert.deepEqual(woken, []);
  active.clear();
  await clock.pass(WINDOW_RESCAN_MS);
  assert.deepEqual(woken, ["busy"]);
});

Deno.test("an actor in memory that the time ahead names is woken on time", async () => {
  const { clock, model, driver, woken, active } = setup();
  active.add("later");
  model.put(dueEntry("later", clock.wallMs() + 300));
  driver.start();
  await settle();
  active.clear();
  await clock.pass(300);
  assert.deepEqual(woken, ["later"]);
});

Deno.test("a clock that goes forward makes the next pump soon, one that goes back none early (K1, W2)", async () => {
  const { clock, driver, woken, told } = setup();
  driver.start();
  await settle();
  told(dueEntry("a", clock.wallMs() + 30_000));
  told(dueEntry("b", clock.wallMs() + 50_000));
  await settle();
  clock.jumpWall(30_000);
  await clock.pass(WINDOW_RESCAN_MS);
  assert.deepEqual(woken, ["a"]);
  clock.jumpWall(-30_000);
  await clock.pass(40_000);
  assert.deepEqual(woken, ["a"]);
  await clock.pass(10_000);
  assert.deepEqual(woken, ["a", "b"]);
});

Deno.test("a wake-up that reached nobody is left alone until the rescan, whatever is read meanwhile (K2)", async () => {
  const { clock, driver, woken, told, miss } = setup();
  driver.start();
  await settle();
  told(dueEntry("a", clock.wallMs()));
  await settle();
  miss("a");
  await clock.pass(WINDOW_RESCAN_MS - 1);
  assert.deepEqual(woken, ["a"]);
  driver.rescan();
  await settle();
  assert.deepEqual(woken, ["a", "a"]);
});

Deno.test("those that became due and found no room are told once", async () => {
  const { clock, driver, overdue, told, state } = setup();
  state.room = 0;
  driver.start();
  await settle();
  told(dueEntry("a", clock.wallMs() + 100));
  await clock.pass(100 + OVERDUE_AFTER_MS + OVERDUE_EVERY_MS);
  assert.deepEqual(overdue, ["a"]);
  await clock.pass(2_000);
  assert.deepEqual(overdue, ["a"]);
});

Deno.test("a big backlog is woken in several turns, all of it", async () => {
  const { clock, driver, woken, told } = setup();
  driver.start();
  await settle();
  for (let at = 0; at < 1_200; at++) told(dueEntry(`j${at}`, clock.wallMs()));
  await settle();
  assert.equal(woken.length, 512);
  await clock.pass(0);
  assert.equal(new Set(woken).size, 1_200);
});

Deno.test("close() wakes nothing more and leaves no timer", async () => {
  const { clock, driver, woken, told } = setup();
  driver.start();
  await settle();
  told(dueEntry("a", clock.wallMs() + 10_000));
  driver.close();
  driver.close();
  told(dueEntry("b", clock.wallMs()));
  await clock.pass(20_000);
  assert.deepEqual(woken, []);
  assert.equal(clock.timers, 0);
});
