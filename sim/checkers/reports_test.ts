import assert from "node:assert/strict";
import type { Store } from "../../runtime/store/port.ts";
import { BOOT, JOB, Watching } from "../testing/watching.ts";
import { durableReports, logOrder, noCrash, noHammering, settledOnce } from "./reports.ts";

const KEY = { jobId: JOB, attempt: 1, token: "t1" };

Deno.test("durable-reports catches a later attempt that was not given a step", () => {
  const run = new Watching(durableReports);
  run.insert();
  run.start("t1");
  run.tell({ kind: "kept", key: KEY, what: { step: "charge" } });
  run.order("t2", { steps: new Map([["charge", "1"]]) });
  assert.deepEqual(run.failures, []);
  run.order("t3");
  assert.deepEqual(run.failures, [`${JOB}: t3 was ordered without charge`]);
});

Deno.test("durable-reports catches a checkpoint that was not committed, or not handed on", () => {
  const run = new Watching(durableReports);
  run.insert();
  run.start("t1");
  run.tell({ kind: "kept", key: KEY, what: { checkpoint: "7" } });
  run.move({ checkpoint: "7" });
  run.tell({ kind: "kept", key: KEY, what: { checkpoint: "7" } });
  run.order("t2", { checkpoint: "7" });
  run.order("t3");
  assert.deepEqual(run.failures, [
    `${JOB}: the checkpoint 7 was promised, and never committed`,
    `${JOB}: t3 was ordered with an old checkpoint`,
  ]);
});

Deno.test("log-order catches lines of one attempt out of their order", async () => {
  const run = new Watching(logOrder);
  run.insert();
  const journal = (...texts: string[]) =>
    ({ journal: () => Promise.resolve(texts.map((text, n) => ({ n, text }))) }) as unknown as Store;
  await run.rest({ store: journal("z t1 line 1", "z t2 line 1", "z t1 line 2") });
  assert.deepEqual(run.failures, []);
  await run.rest({ store: journal("z t1 line 2", "z t1 line 1") });
  assert.deepEqual(run.failures, [`${JOB}: out of order: z t1 line 1`]);
});

Deno.test("settled-once, no-crash and no-hammering catch what they are told", () => {
  const settled = new Watching(settledOnce);
  settled.tell({ kind: "settled", boot: BOOT, id: JOB, message: "ended", times: 1 });
  assert.deepEqual(settled.failures, []);
  settled.tell({ kind: "settled", boot: BOOT, id: JOB, message: "ended", times: 2 });
  assert.deepEqual(settled.failures, [`${JOB}: "ended" was answered 2 times`]);
  const crashed = new Watching(noCrash);
  crashed.tell({ kind: "logged", boot: BOOT, text: "actor crashed" });
  assert.deepEqual(crashed.failures, ["null: actor crashed"]);
  const hammered = new Watching(noHammering);
  hammered.tell({ kind: "hammered", boot: BOOT, calls: 1_001 });
  assert.deepEqual(hammered.failures, ["null: 1001 store calls within a second"]);
});
