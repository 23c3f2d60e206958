import assert from "node:assert/strict";
import type { Gate } from "../../../actors/unique/gate.ts";
import { actorId } from "../../../runtime/ids.ts";
import { Watching } from "../../testing/watching.ts";
import { RUN_BEGAN_MS } from "../../world/wall.ts";
import type { Checker } from "../checker.ts";
import { covered, throttled, unique } from "./keys.ts";

const HASH = "h".repeat(43);
const THROTTLE: Gate = { mode: "throttle", key: "k", everyMs: 1_000 };

function setup(checker: Checker, mode: "u" | "t") {
  const run = new Watching(checker);
  const idOf = (name: string) => actorId(`${mode}${HASH}@${name}`);
  return {
    run,
    insert: (name: string, { dueMs = 0, payload = "null" } = {}) =>
      run.insert({ runAtMs: RUN_BEGAN_MS + dueMs, payload }, idOf(name)),
    end: (name: string) =>
      run.move({ state: "completed", finishedAtMs: RUN_BEGAN_MS }, { id: idOf(name) }),
    told: (name: string, outcome: string, payload = "null") =>
      run.tell({
        ...{ kind: "keyed", gate: THROTTLE, sentAtMs: run.time.nowMs, payload, outcome },
        job: idOf(name),
      }),
    begin: (name: string) => {
      const key = { jobId: idOf(name), attempt: 1, token: name };
      run.tell({ kind: "begun", boot: "a.1", key });
    },
  };
}

Deno.test("unique accepts a job when the one before is over, and catches a second that is open", () => {
  const { run, insert, end } = setup(unique, "u");
  insert("1");
  end("1");
  insert("2");
  assert.deepEqual(run.failures, []);
  insert("3");
  assert.equal(run.failures.length, 1);
});

Deno.test("throttled catches jobs whose due times are nearer than the period", async () => {
  const { run, insert, told } = setup(throttled, "t");
  insert("1");
  told("1", "accepted");
  insert("2", { dueMs: 1_000 });
  await run.rest();
  assert.deepEqual(run.failures, []);
  insert("3", { dueMs: 1_999 });
  await run.rest();
  assert.equal(run.failures.length, 1);
});

Deno.test("covered wants each submission that was taken to be kept, and a job to run after it", async () => {
  const { run, insert, told, begin } = setup(covered, "t");
  insert("1", { payload: "1" });
  told("1", "accepted", "1");
  begin("1");
  told("1", "kept", "2");
  await run.rest();
  assert.deepEqual(run.failures, []);
  run.time.nowMs += 10;
  told("1", "merged", "3");
  assert.equal(run.failures.length, 1, "no commit has it");
  await run.rest();
  assert.equal(run.failures.length, 2, "nothing ran after it");
});
