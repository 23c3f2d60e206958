import assert from "node:assert/strict";
import type { AttemptOrder, AttemptReports } from "../../actors/executor/port.ts";
import type { SimEvent } from "../record/events.ts";
import { Random } from "../world/random.ts";
import { VirtualTime } from "../world/virtual_time.ts";
import { RUN_BEGAN_MS, Wall } from "../world/wall.ts";
import { SimExecutor } from "./executor.ts";
import { lifeClock, Lifeline } from "./lifeline.ts";
import { GRACE_MS } from "./scripts.ts";

function setup() {
  const time = new VirtualTime();
  const wall = new Wall(time);
  const lifeline = new Lifeline({ dieAt: Infinity, died: () => {} });
  const told: string[] = [];
  const said: string[] = [];
  const reports: AttemptReports = {
    progress: () => said.push("progress"),
    log: (_key, lines) => said.push(...lines),
    step: (_key, name) => Promise.resolve(void said.push(name)),
    checkpoint: () => Promise.resolve(void said.push("checkpoint")),
    ended: (_key, { kind }) => said.push(kind),
  };
  const note = (event: SimEvent) => void told.push(`${time.nowMs} ${event.kind}`);
  const executor = new SimExecutor({
    boot: "a.1",
    clock: lifeClock(lifeline, { time, wall }),
    lifeline,
    reports,
    observe: note,
    random: new Random(1),
    knows: (name) => name !== "newcomer",
    healed: () => false,
  });
  const run = (patch: Partial<AttemptOrder> = {}) =>
    executor.run({
      key: { jobId: "j", attempt: 1, token: "t1" },
      name: "unwanted",
      payload: "null",
      timeoutMs: null,
      notBeforeMs: 0,
      scheduledForMs: 0,
      fence: 1,
      checkpoint: "null",
      steps: new Map(),
      exclusive: false,
      ...patch,
    });
  const pass = () => time.runUntil(() => false);
  return { executor, time, wall, lifeline, told, said, run, pass };
}

Deno.test("run() ends an attempt once, as its script says (E1)", async () => {
  const { run, pass, told, said } = setup();
  run();
  await pass();
  assert.deepEqual(told, ["0 ordered", "0 begun", "5 ended"]);
  assert.deepEqual(said, ["error"]);
});

Deno.test("run() calls no handler before its time, even when the clock is set back (E2)", async () => {
  const { run, pass, told, wall, time } = setup();
  run({ notBeforeMs: RUN_BEGAN_MS + 40 });
  time.after(20, () => wall.jump(-100));
  await pass();
  assert.deepEqual(told, ["0 ordered", "140 begun", "145 ended"]);
});

Deno.test("run() ends an unknown handler's attempt without calling anything", async () => {
  const { run, pass, told, said } = setup();
  run({ name: "newcomer" });
  await pass();
  assert.deepEqual([told, said], [["0 ordered", "0 ended"], ["unknown-handler"]]);
});

Deno.test("run() times out what takes longer than it may, within the grace period", async () => {
  const { run, pass, said, time } = setup();
  run({ name: "stubborn", timeoutMs: 100 });
  await pass();
  assert.deepEqual([said, time.nowMs], [["timeout"], 100 + GRACE_MS]);
});

Deno.test("abort() before the call means that there is none (E2)", async () => {
  const { executor, run, pass, told, said } = setup();
  run({ notBeforeMs: RUN_BEGAN_MS + 40 });
  executor.abort("t1", "cancelled");
  await pass();
  assert.deepEqual([told, said], [["0 ordered", "0 ended"], ["cancelled"]]);
});

Deno.test("abort() ends a stubborn handler after the grace period; strangers' tokens are ignored", async () => {
  const { executor, run, pass, said, time } = setup();
  run({ name: "stubborn" });
  executor.abort("t1", "drain");
  executor.abort("t2", "drain");
  await pass();
  assert.deepEqual([said, time.nowMs], [["interrupted"], GRACE_MS]);
});

Deno.test("a dead process's executor tells nobody anything (L1)", async () => {
  const { executor, run, pass, said, lifeline } = setup();
  run({ name: "slow" });
  assert.equal(executor.begun().length, 1);
  lifeline.kill();
  await pass();
  run();
  assert.deepEqual(said, []);
});
