import assert from "node:assert/strict";
import { actorId } from "../../runtime/ids.ts";
import type { DueEntry } from "../../runtime/snapshot.ts";
import { BOOT, Watching } from "../testing/watching.ts";
import { RUN_BEGAN_MS } from "../world/wall.ts";
import { priority, room } from "./room.ts";

const entry = (name: string, rank = 0): DueEntry => ({
  id: actorId(name),
  wakeAtMs: RUN_BEGAN_MS,
  lane: "job/default",
  rank,
});

function setup(slots = 2) {
  const run = new Watching(room, { slots });
  return {
    run,
    reserve: (name: string) => run.tell({ kind: "reserved", boot: BOOT, entry: entry(name) }),
    over: (name: string) => run.tell({ kind: "wake-over", boot: BOOT, entry: entry(name) }),
    starts: (name: string) => {
      const id = actorId(name);
      run.tell({ kind: "starting", boot: BOOT, id, token: `t-${name}`, lane: "job/default" });
    },
    ends: (name: string) => {
      const key = { jobId: name, attempt: 1, token: `t-${name}` };
      run.tell({ kind: "ended", boot: BOOT, key, outcome: { kind: "ok", result: "1" } });
    },
    limit: (paused: boolean, concurrency: number | null) =>
      run.tell({ kind: "limited", lane: "job/default", limits: { paused, concurrency } }),
  };
}

Deno.test("room accepts room that is given back before it is given again", () => {
  const { run, reserve, over, starts, ends } = setup(1);
  reserve("a");
  over("a");
  reserve("b");
  starts("b");
  over("b");
  ends("b");
  reserve("c");
  assert.deepEqual(run.failures, []);
});

Deno.test("room catches more than there are slots, reserved and running together", () => {
  const { run, reserve, starts } = setup(2);
  reserve("a");
  starts("a");
  reserve("b");
  reserve("c");
  assert.deepEqual(run.failures, ["c: 2 of 2 slots were taken"]);
});

Deno.test("room catches a queue beyond its limit, and one that is paused", () => {
  const { run, reserve, limit } = setup(9);
  limit(false, 1);
  reserve("a");
  reserve("b");
  limit(true, null);
  reserve("c");
  assert.deepEqual(run.failures, [
    "b: 1 of 1 in job/default were taken",
    "c: job/default is paused",
  ]);
});

Deno.test("room catches a start without room, and forgets what a process held when it is gone", () => {
  const { run, reserve, starts } = setup(1);
  reserve("a");
  run.tell({ kind: "gone", boot: BOOT, how: "crashed" });
  reserve("b");
  assert.deepEqual(run.failures, []);
  starts("c");
  assert.deepEqual(run.failures, ["c: t-c starts without room"]);
});

function queued() {
  const run = new Watching(priority);
  run.insert({ priority: 9 }, actorId("urgent"));
  run.insert({ priority: 1 }, actorId("other"));
  return run;
}

Deno.test("priority catches a job that got room before a better one that had waited for long", () => {
  const run = queued();
  run.time.nowMs = 10_000;
  run.tell({ kind: "reserved", boot: BOOT, entry: entry("other") });
  assert.deepEqual(run.failures, ["urgent: other of priority 1 got room before it"]);
});

Deno.test("priority accepts it where the better one came just now, is being woken, or all is disturbed", () => {
  const fresh = queued();
  fresh.time.nowMs = 1_000;
  fresh.tell({ kind: "reserved", boot: BOOT, entry: entry("other") });
  const woken = queued();
  woken.time.nowMs = 10_000;
  woken.tell({ kind: "reserved", boot: BOOT, entry: entry("urgent", 9) });
  woken.tell({ kind: "reserved", boot: BOOT, entry: entry("other") });
  const disturbed = queued();
  disturbed.time.nowMs = 10_000;
  disturbed.tell({ kind: "booted", boot: BOOT });
  disturbed.tell({ kind: "reserved", boot: BOOT, entry: entry("other") });
  assert.deepEqual([...fresh.failures, ...woken.failures, ...disturbed.failures], []);
});
