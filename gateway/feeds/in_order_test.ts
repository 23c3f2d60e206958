import assert from "node:assert/strict";
import { jobIn, NOW_MS } from "../../actors/job/testing/samples.ts";
import { ORDER_WAIT_MS, ORDER_WAITING_MAX, VERSIONS_KEPT_MAX } from "../limits.ts";
import { changeOf, type JobChange } from "../feed.ts";
import { InOrder } from "./in_order.ts";

function change(jobId: string, version: number): JobChange {
  return changeOf(jobIn("pending"), { jobId, version, atMs: NOW_MS });
}

const short = (changes: readonly JobChange[]) =>
  changes.map(({ jobId, version }) => `${jobId}:${version}`).join(" ");

function take(order: InOrder, jobId: string, version: number, nowMs = 0): string {
  return short(order.take(change(jobId, version), nowMs));
}

Deno.test("InOrder lets a job's events pass in the order of their versions (I2)", () => {
  const order = new InOrder();
  assert.equal(take(order, "a", 3), "");
  assert.equal(take(order, "a", 2), "");
  assert.equal(take(order, "b", 1), "b:1");
  assert.equal(take(order, "a", 1), "a:1 a:2 a:3");
  assert.equal(take(order, "a", 4), "a:4");
  assert.equal(order.waiting, 0);
});

Deno.test("InOrder lets pass what has waited long enough, with what comes before it (I1)", () => {
  const order = new InOrder();
  assert.equal(take(order, "a", 5, 0), "");
  assert.equal(take(order, "a", 4, 10), "");
  assert.equal(take(order, "a", 6, 20), "");
  assert.equal(take(order, "a", 8, 20), "");
  assert.equal(short(order.overdue(ORDER_WAIT_MS - 1)), "");
  assert.equal(short(order.overdue(ORDER_WAIT_MS)), "a:4 a:5 a:6");
  assert.equal(order.waiting, 1);
  assert.equal(short(order.overdue(ORDER_WAIT_MS + 20)), "a:8");
  assert.equal(take(order, "a", 9, 100), "a:9");
});

Deno.test("InOrder lets a latecomer pass and goes on from the latest", () => {
  const order = new InOrder();
  take(order, "a", 3);
  assert.equal(short(order.overdue(ORDER_WAIT_MS)), "a:3");
  assert.equal(take(order, "a", 2), "a:2");
  assert.equal(take(order, "a", 4), "a:4");
});

Deno.test("InOrder holds a bounded number of events and jobs (I3)", () => {
  const order = new InOrder();
  for (let n = 0; n < ORDER_WAITING_MAX; n++) assert.equal(take(order, `job-${n}`, 2), "");
  assert.equal(take(order, "one-more", 2), "one-more:2");
  assert.equal(order.overdue(ORDER_WAIT_MS).length, ORDER_WAITING_MAX);
  for (let n = 0; n < VERSIONS_KEPT_MAX; n++) take(order, `new-${n}`, 1);
  assert.equal(take(order, "one-more", 3), "", "it is forgotten");
});
