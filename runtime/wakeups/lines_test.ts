import assert from "node:assert/strict";
import fc from "fast-check";
import { LANE_READS_MAX } from "../limits.ts";
import type { DueEntry } from "../snapshot.ts";
import { dueEntry } from "../testing/due_model.ts";
import type { Room } from "./gate.ts";
import { Lines } from "./lines.ts";

const BOUNDS = { futureMax: 9, laneReadyMax: 4, lineReadyMax: 8, lanesMax: 6 };

function setup(bounds = BOUNDS) {
  const left: string[] = [];
  const lines = new Lines<DueEntry>({
    bounds,
    isLive: () => true,
    left: ({ id }) => void left.push(id),
  });
  let made = 0;
  const told = (lane: string, count = 1) => {
    for (let at = 0; at < count; at++) {
      lines.offer(dueEntry(`${lane}#${made}`, made++, { lane }), { scanned: false });
    }
  };
  /** Lanes of what is taken, by the room that there is. */
  const take = (count: number, room: (lane: string) => Room = () => "held") =>
    lines.take({ count, best: (lane) => lane.peek(), reserve: ({ lane }) => room(lane) })
      .map(({ lane }) => lane);
  return { lines, left, told, take };
}

Deno.test("take() gives lines turns, and within each line its lanes (L1)", () => {
  const { told, take } = setup();
  told("job/a/x", 4);
  told("job/a/y", 2);
  told("job/b", 3);
  assert.deepEqual(take(4), ["job/a/x", "job/b", "job/a/y", "job/b"]);
  assert.deepEqual(take(9), ["job/a/x", "job/b", "job/a/y", "job/a/x", "job/a/x"]);
});

Deno.test("a busy key does not make a rare one wait for more than its turn (L1)", () => {
  const { told, take } = setup({ ...BOUNDS, laneReadyMax: 100, lineReadyMax: 200 });
  told("job/a/busy", 50);
  assert.deepEqual(take(3), Array(3).fill("job/a/busy"));
  told("job/a/rare");
  assert.ok(take(2).includes("job/a/rare"));
});

Deno.test("a lane without room is shut, and asked again when it is opened (L2)", () => {
  const { lines, told, take } = setup();
  told("job/a/full", 2);
  told("job/a/free", 2);
  const asked: string[] = [];
  const room = (lane: string): Room => {
    asked.push(lane);
    return lane === "job/a/full" ? "no-lane" : "held";
  };
  assert.deepEqual(take(1, room), ["job/a/free"]);
  told("job/a/full");
  assert.deepEqual(take(9, room), ["job/a/free"]);
  assert.equal(asked.filter((lane) => lane === "job/a/full").length, 1);
  lines.open("job/a/full");
  assert.deepEqual(take(1), ["job/a/full"]);
  take(1, () => "no-lane");
  lines.open("job/a");
  assert.deepEqual(take(1), ["job/a/full"], "the whole line was opened");
});

Deno.test("a line without room holds no other back, and keeps its turn", () => {
  const { told, take } = setup();
  told("job/a/x");
  told("job/b");
  assert.deepEqual(take(9, (lane) => lane === "job/b" ? "held" : "no-line"), ["job/b"]);
  assert.deepEqual(take(9), ["job/a/x"]);
});

Deno.test("reads() begins no more reads than are answered (L4)", () => {
  const { lines } = setup({ ...BOUNDS, lanesMax: 99 });
  const names = Array.from({ length: LANE_READS_MAX + 3 }, (_, at) => `job/a/${at}`);
  lines.name(names, { first: true });
  const first = lines.reads().map(({ lane }) => lane);
  assert.deepEqual(first, names.slice(0, LANE_READS_MAX));
  assert.deepEqual(lines.reads(), []);
  assert.ok(!lines.keepsUp);
  lines.scanDone(first[0]!, { last: undefined, whole: true });
  lines.scanFailed(first[1]!);
  assert.deepEqual(lines.reads().map(({ lane }) => lane), names.slice(LANE_READS_MAX, -1));
  for (const lane of first.slice(2)) lines.scanDone(lane, { last: undefined, whole: true });
  assert.deepEqual(lines.reads().map(({ lane }) => lane), [names.at(-1), first[1]]);
  assert.ok(lines.keepsUp);
});

Deno.test("a line's lanes share what it may hold; what does not fit is left to the store (L3, R4)", () => {
  const { left, told } = setup({ ...BOUNDS, lanesMax: 99 });
  for (let key = 0; key < 8; key++) told(`job/a/${key}`, 40);
  assert.ok(8 * 40 - left.length <= 8 * 2 * 2, `${left.length} were left`);
});

Deno.test("while lanes find no place, each is let go of after its turn (L3)", () => {
  const { lines, left, told, take } = setup();
  for (let key = 0; key < BOUNDS.lanesMax; key++) told(`job/a/${key}`, 2);
  told("job/a/late");
  assert.deepEqual(left.splice(0), [`job/a/late#${2 * BOUNDS.lanesMax}`]);
  assert.deepEqual(take(1), ["job/a/0"]);
  assert.deepEqual(left, ["job/a/0#1"]);
  assert.ok(lines.hasPlaceForOthers);
  assert.deepEqual(take(1), ["job/a/1"]);
  assert.equal(left.length, 1, "there is place now");
});

Deno.test("lanes that are named wait until there is place (L3)", () => {
  const { lines, told, take } = setup();
  for (let key = 0; key < BOUNDS.lanesMax; key++) told(`job/a/${key}`);
  lines.name(["job/a/0", "job/a/new"], { first: true });
  assert.deepEqual(lines.reads().map(({ lane }) => lane), ["job/a/0"]);
  assert.ok(!lines.keepsUp);
  take(1);
  assert.deepEqual(lines.reads().map(({ lane }) => lane), ["job/a/new"]);
});

Deno.test("openAll() lets go of shut lanes when others find no place (L3)", () => {
  const { lines, left, told, take } = setup();
  for (let key = 0; key < BOUNDS.lanesMax; key++) told(`job/a/${key}`);
  take(9, (lane) => lane === "job/a/0" ? "no-lane" : "no-line");
  lines.openAll();
  assert.deepEqual(left, [], "all have place");
  take(9, (lane) => lane === "job/a/0" ? "no-line" : "no-lane");
  told("job/a/late");
  left.length = 0;
  lines.openAll();
  assert.equal(left.length, BOUNDS.lanesMax - 1);
  assert.deepEqual(take(9), ["job/a/0"]);
});

Deno.test("whatever comes and goes, turns are fair among those that have room (L1)", () => {
  const names = ["job/a", "job/a/x", "job/a/y", "job/b/x", "job/b/z", "job/c"];
  const step = fc.oneof(
    fc.record({ kind: fc.constant("tell" as const), lane: fc.constantFrom(...names) }),
    fc.record({ kind: fc.constant("take" as const), full: fc.constantFrom(...names, "") }),
    fc.record({ kind: fc.constant("open" as const), lane: fc.constantFrom(...names) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
    const { lines, told, take } = setup({
      ...{ futureMax: 9, laneReadyMax: 999, lineReadyMax: 9_999, lanesMax: 9 },
    });
    const waiting = new Map(names.map((name) => [name, 0]));
    /** How often others of its line went since a lane that could have gone did, or came. */
    const passed = new Map(names.map((name) => [name, 0]));
    const shut = new Set<string>();
    for (const step of steps) {
      if (step.kind === "tell") {
        if (waiting.get(step.lane) === 0) passed.set(step.lane, 0);
        waiting.set(step.lane, waiting.get(step.lane)! + 1);
        told(step.lane);
      } else if (step.kind === "open") {
        lines.open(step.lane);
        const opened = (name: string) => name === step.lane || name.startsWith(`${step.lane}/`);
        for (const name of names.filter(opened)) {
          if (shut.delete(name)) passed.set(name, 0);
        }
      } else {
        const [taken] = take(1, (lane) => {
          if (lane !== step.full) return "held";
          if (lane.split("/").length < 3) return "no-line";
          shut.add(lane);
          return "no-lane";
        });
        if (taken === undefined) continue;
        waiting.set(taken, waiting.get(taken)! - 1);
        passed.set(taken, 0);
        const line = taken.split("/")[1];
        for (const name of names) {
          const could = waiting.get(name)! > 0 && !shut.has(name) && name !== step.full;
          if (name === taken || name.split("/")[1] !== line || !could) continue;
          passed.set(name, passed.get(name)! + 1);
          assert.ok(passed.get(name)! <= names.length, `${name} was passed over`);
        }
      }
    }
    lines.openAll();
    const left = [...waiting.values()].reduce((sum, count) => sum + count, 0);
    assert.equal(take(999).length, left);
  }));
});
