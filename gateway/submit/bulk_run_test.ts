import assert from "node:assert/strict";
import { Problem } from "../http/problem.ts";
import { BulkRun } from "./bulk_run.ts";
import { CollectedAnswer } from "./bulk_answer.ts";

const REFUSED = new Problem("invalid", "no");
const FAULT = new Problem("unavailable", "away");

/** A run whose submissions end when the test says so. */
function setup(inFlightMax: number) {
  const told: string[] = [];
  const open = new Map<unknown, (fate: string | Problem) => void>();
  const run = new BulkRun({
    inFlightMax,
    submit: (value) => new Promise((resolve) => void open.set(value, resolve)),
    report: {
      accepted: (index, id) => void told.push(`${index} ${id}`),
      rejected: (index, problem) => void told.push(`${index} ${problem.status}`),
    },
  });
  return { run, told, end: (value: string, fate: string | Problem) => open.get(value)?.(fate) };
}

Deno.test("BulkRun makes the source wait while too many are under way (K1)", async () => {
  const { run, told, end } = setup(2);
  assert.equal(run.add({ value: "a" }), undefined);
  const wait = run.add({ value: "b" });
  assert.ok(wait instanceof Promise);
  end("b", "id-b");
  await wait;
  assert.deepEqual(told, ["1 id-b"]);
});

Deno.test("BulkRun reports every item once, with its index (K2, K3)", async () => {
  const { run, told, end } = setup(10);
  for (const value of ["a", "b"]) run.add({ value });
  run.add(REFUSED);
  run.add({ value: "c" });
  const settled = run.settled();
  end("c", FAULT);
  end("b", "id-b");
  end("a", "id-a");
  await settled;
  assert.deepEqual(told, ["2 400", "3 503", "1 id-b", "0 id-a"]);
  assert.deepEqual([run.accepted, run.rejected, run.count], [2, 2, 4]);
});

Deno.test("CollectedAnswer bounds its lists and keeps its counts", async () => {
  const answer = new CollectedAnswer({ jobs: 2, errors: 1 });
  const submit = (value: unknown) => Promise.resolve(value === "bad" ? REFUSED : `id-${value}`);
  const run = new BulkRun({ submit, report: answer, inFlightMax: 10 });
  for (const value of ["a", "bad", "b", "bad", "c"]) run.add({ value });
  await run.settled();
  const response = answer.response(run, "cut");
  assert.ok(response instanceof Response);
  assert.deepEqual(await response.json(), {
    accepted: 3,
    rejected: 2,
    jobs: [{ index: 0, id: "id-a" }, { index: 2, id: "id-b" }],
    errors: [{ index: 1, status: 400, title: "The request is not valid", detail: "no" }],
    omitted: { jobs: 1, errors: 1 },
    incomplete: "cut",
  });
});
