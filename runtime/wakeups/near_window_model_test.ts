/**
 * The near window against a model of the store: whatever is inserted, moved and removed, told or not,
 * however reads are delayed, fail or overtake, and wherever the clock jumps.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ARM_AHEAD_MS } from "../limits.ts";
import { type DueEntry, hasKey } from "../snapshot.ts";
import { dueEntry, DueModel } from "../testing/due_model.ts";
import { NearWindow } from "./near_window.ts";
import type { WindowEvent, WindowRead } from "./window_events.ts";

const NOW_MS = 1_000_000;
const BOUNDS = { futureMax: 6, laneReadyMax: 4, lineReadyMax: 8, lanesMax: 5 };
/** More than may be held. */
const LANES = ["job/a", "job/b", "job/b/1", "job/b/2", "job/b/3", "job/b/4"];
const PAGE_MAX = 2;
/** No lane. */
const NONE = LANES.length;

type Op =
  | {
    readonly kind: "tell";
    readonly id: number;
    readonly afterMs: number;
    readonly lane: number;
    readonly rank: number;
  }
  | {
    readonly kind: "insert-untold";
    readonly afterMs: number;
    readonly lane: number;
    readonly rank: number;
  }
  | { readonly kind: "remove"; readonly id: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "jump"; readonly ms: number }
  | { readonly kind: "read" }
  | { readonly kind: "deliver" }
  | { readonly kind: "fail" }
  | { readonly kind: "rescan" }
  | { readonly kind: "take"; readonly count: number; readonly closed: number }
  | { readonly kind: "finish"; readonly committed: boolean };

/** Few different times, so that many are equal; some far beyond the window. */
const afterMs = fc.oneof(fc.constantFrom(-100, 0, 30, 200, 1_000), fc.constantFrom(59_000, 90_000));
const place = { afterMs, lane: fc.nat(LANES.length - 1), rank: fc.nat(2) };
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("tell" as const), id: fc.nat(40), ...place }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("insert-untold" as const), ...place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), id: fc.nat(40) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(10, 200, 30_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("jump" as const),
      ms: fc.constantFrom(-70_000, -50, 70_000),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("read" as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("deliver" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rescan" as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("take" as const),
      count: fc.integer({ min: 1, max: 5 }),
      closed: fc.nat(NONE),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("finish" as const), committed: fc.boolean() }),
  },
);

/** Virtual time in which everything must come right again, ms. */
const HEAL_MS = 400_000;

/** The window, the store, what is on the way between them, and the checks at every take. */
class World {
  readonly window: NearWindow;
  readonly model = new DueModel(BOUNDS.laneReadyMax, PAGE_MAX);
  nowMs = NOW_MS;
  #reads: WindowRead[] = [];
  #answers: WindowEvent[] = [];
  readonly #waking = new Map<string, DueEntry>();
  #untold = 0;

  constructor(bounds = BOUNDS) {
    this.window = new NearWindow(NOW_MS, bounds);
  }

  feed(event: WindowEvent): void {
    this.#reads.push(...this.window.step(event, this.nowMs));
  }

  do(op: Op): void {
    switch (op.kind) {
      case "tell":
        return this.tell(this.#entry(`told-${op.id}`, op));
      case "insert-untold":
        return this.model.put(this.#entry(`untold-${this.#untold++}`, op));
      case "remove":
        return this.#remove(`told-${op.id}`);
      case "pass":
      case "jump":
        this.nowMs += op.ms;
        return this.feed({ kind: "tick" });
      case "read": {
        const read = this.#reads.shift();
        if (read) this.#answers.push(this.model.answer(read, this.nowMs));
        return;
      }
      case "deliver": {
        const answer = this.#answers.shift();
        return answer && this.feed(answer);
      }
      case "fail": {
        const read = this.#reads.shift();
        return read && this.feed({ kind: "read-failed", read });
      }
      case "rescan":
        this.window.distrust();
        return this.feed({ kind: "tick" });
      case "take":
        return void this.take(op.count, LANES[op.closed]);
      case "finish":
        return this.#finish(op.committed);
    }
  }

  tell(entry: DueEntry): void {
    // What is being woken moves with its own commit, at its finish.
    if (this.#waking.has(entry.id)) return;
    this.model.put(entry);
    this.feed({ kind: "scheduled", entry });
  }

  take(count: number, closed?: string): DueEntry[] {
    const taken = this.window.take({ nowMs: this.nowMs, count }, ({ lane }) => {
      if (lane !== closed) return "held";
      return hasKey(lane) ? "no-lane" : "no-line";
    });
    if (closed !== undefined) this.feed({ kind: "opened", name: closed });
    for (const entry of taken) {
      assert.ok(entry.wakeAtMs <= this.nowMs + ARM_AHEAD_MS, `${entry.id} is early (W2)`);
      assert.ok(!this.#waking.has(entry.id), `${entry.id} is taken twice (W3)`);
      this.#waking.set(entry.id, entry);
    }
    return taken;
  }

  answerAll(): void {
    for (const answer of this.#answers.splice(0)) this.feed(answer);
    for (let rounds = 0; this.#reads.length > 0; rounds++) {
      assert.ok(rounds < 200, "the window reads in circles");
      for (const read of this.#reads.splice(0)) this.feed(this.model.answer(read, this.nowMs));
    }
  }

  finishAll(): void {
    while (this.#waking.size > 0) this.#finish(true);
  }

  /** Everything works again: whatever is due must be started, whatever is left must become due. */
  heal(): void {
    this.finishAll();
    // A clock that jumped back often enough would need longer than anybody waits.
    const latestMs = Math.max(
      0,
      ...[...this.model.entries.values()].map(({ wakeAtMs }) => wakeAtMs),
    );
    this.nowMs = Math.max(this.nowMs, latestMs - HEAL_MS / 2);
    for (let rounds = 0; rounds < HEAL_MS / 1_000 && this.model.entries.size > 0; rounds++) {
      this.window.distrust();
      this.nowMs += 1_000;
      this.feed({ kind: "tick" });
      this.answerAll();
      this.take(5);
      this.finishAll();
    }
    assert.deepEqual([...this.model.entries.values()], [], "lost (W1)");
  }

  #finish(committed: boolean): void {
    for (const [id, entry] of this.#waking) {
      this.#waking.delete(id);
      const current = this.model.entries.get(id);
      if (committed && current && current.wakeAtMs <= entry.wakeAtMs) this.#remove(id);
      return this.feed({ kind: "woken", id: entry.id });
    }
  }

  #remove(id: string): void {
    const entry = this.model.entries.get(id);
    if (!entry || this.#waking.has(id)) return;
    this.model.entries.delete(id);
    this.feed({ kind: "unscheduled", id: entry.id });
  }

  #entry(id: string, op: { afterMs: number; lane: number; rank: number }): DueEntry {
    return dueEntry(id, this.nowMs + op.afterMs, { lane: LANES[op.lane]!, rank: op.rank });
  }
}

Deno.test("every due entry is taken at last, none early, none twice, whatever happens (W1, W2, W3)", () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 150, size: "max" }), (ops) => {
      const world = new World();
      world.feed({ kind: "tick" });
      for (const op of ops) world.do(op);
      world.heal();
    }),
    { numRuns: 400 },
  );
});

Deno.test("what was told is taken in time without any rescan, as long as reads are answered (W1)", () => {
  const told = fc.array(
    fc.record({ kind: fc.constant("tell" as const), id: fc.nat(60), ...place }),
    {
      maxLength: 60,
      size: "max",
    },
  );
  fc.assert(fc.property(told, (ops) => {
    // Lanes that find no place wait for a rescan.
    const world = new World({ ...BOUNDS, lanesMax: 1_000 });
    world.feed({ kind: "tick" });
    world.answerAll();
    for (const op of ops) world.do(op);
    for (let ms = 0; ms <= 91_000; ms += 500) {
      world.feed({ kind: "tick" });
      world.answerAll();
      while (world.take(5).length > 0) {
        world.finishAll();
        world.feed({ kind: "tick" });
        world.answerAll();
      }
      assert.deepEqual(world.model.due(world.nowMs), [], `late at ${ms} ms`);
      world.nowMs += 500;
    }
    assert.equal(world.model.entries.size, 0);
    assert.equal(world.window.size, 0);
  }));
});

Deno.test("the taken one is the best of its lane, however much is in the store only (R1, R2)", () => {
  const steps = fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant("tell" as const), id: fc.nat(200), ...place }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(30, 200) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("take" as const),
          count: fc.constant(1),
          closed: fc.constant(NONE),
        }),
      },
    ),
    { maxLength: 200, size: "max" },
  );
  fc.assert(fc.property(steps, (ops) => {
    // Nothing is cut or let go of: after that a lane is unsure, and R2 is promised while it is sure.
    const world = new World({ ...BOUNDS, futureMax: 1_000, lanesMax: 1_000 });
    world.feed({ kind: "tick" });
    for (const op of ops) {
      world.answerAll();
      if (op.kind !== "take") {
        world.do(op);
        continue;
      }
      const [taken] = world.take(1);
      if (!taken) continue;
      const best = world.model.due(world.nowMs + ARM_AHEAD_MS, taken.lane)[0]!;
      assert.deepEqual([taken.rank, taken.wakeAtMs], [best.rank, best.wakeAtMs]);
      world.finishAll();
      world.feed({ kind: "tick" });
    }
  }));
});
