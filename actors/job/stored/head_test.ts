import assert from "node:assert/strict";
import { jobIn, NOW_MS, runningOf, specOf } from "../testing/samples.ts";
import { JOB_STATES } from "../messages.ts";
import type { AttemptEnd } from "../state.ts";
import { decodeHead, encodeHead } from "./head.ts";

/**
 * These texts are in the stores of everyone who ever ran this program: a change of one of them is a
 * change of the stored format, and old jobs must still be read.
 */
const BIRTH_MS = NOW_MS - 1_000;
const error = { name: "Error", message: "boom", stack: "at run()" };
const FORMS = [
  [jobIn("pending"), '{"s":1}'],
  [jobIn("scheduled", { runAtMs: NOW_MS + 60_000 }), '{"s":0,"w":60000}'],
  [jobIn("pending", { waiting: "handler" }), '{"s":1,"h":1}'],
  [
    jobIn("running", { progress: 40, checkpoint: '{"page":7}' }),
    '{"s":2,"b":1000,"r":[1,"token-1","a","boot-1",1000],"p":40,"k":"{\\"page\\":7}"}',
  ],
  [
    jobIn("running", { running: runningOf({ cancelling: true }) }),
    '{"s":2,"b":1000,"r":[1,"token-1","a","boot-1",1000,1]}',
  ],
  [
    jobIn("retrying", { lost: 2, maxAttempts: 6, error, runAtMs: NOW_MS - 5 }),
    '{"s":3,"w":-5,"c":1,"l":2,"m":6,"e":["Error","boom","at run()"]}',
  ],
  [jobIn("completed"), '{"s":4,"c":1,"b":990,"f":999,"v":"1"}'],
  [
    jobIn("failed", { breached: ["start", "finish"] }),
    '{"s":5,"c":3,"f":999,"e":["Error","third"],"x":["start","finish"]}',
  ],
  [jobIn("cancelled"), '{"s":6,"f":999}'],
] as const;

Deno.test("encodeHead() writes every kind of job in the form that stores hold", () => {
  for (const [job, text] of FORMS) assert.equal(encodeHead(job), text);
});

Deno.test("decodeHead() reads every form that stores hold (C2)", () => {
  for (const [job, text] of FORMS) {
    assert.deepEqual(decodeHead(text, { spec: job.spec, createdAtMs: BIRTH_MS }), job);
  }
});

Deno.test("encodeHead() numbers states in the order that stores hold", () => {
  const numbers = JOB_STATES.map((state) => encodeHead(jobIn(state)).slice(0, 6));
  assert.deepEqual(numbers, JOB_STATES.map((_, at) => `{"s":${at}`));
});

Deno.test("encodeHead() numbers the ends of attempts in the order that stores hold", () => {
  const ends: AttemptEnd[] = ["ok", "error", "timeout", "lost", "cancelled", "interrupted"];
  const attempts = ends.map((outcome) => ({
    number: 1,
    node: "a",
    startedAtMs: BIRTH_MS + 5,
    finishedAtMs: BIRTH_MS + 9,
    outcome,
    error: outcome === "error" ? { name: "Error", message: "boom" } : null,
  }));
  const text = encodeHead(jobIn("cancelled", { attempts, finishedAtMs: null }));
  const list = ends.map((_, at) => `[1,"a",5,9,${at}${at === 1 ? ',["Error","boom"]' : ""}]`);
  assert.equal(text, `{"s":6,"a":[${list}]}`);
});

Deno.test("encodeHead() keeps user code's texts from breaking what is stored", () => {
  for (const result of ['"}', "not json", "\u2028", '{"a":"\\u0000"}']) {
    const job = jobIn("completed", { result, checkpoint: result });
    assert.deepEqual(decodeHead(encodeHead(job), { spec: specOf(), createdAtMs: BIRTH_MS }), job);
  }
});
