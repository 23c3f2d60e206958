import assert from "node:assert/strict";
import { Lifecycle } from "./lifecycle.ts";

Deno.test("Lifecycle.whenIdle() resolves when the last of what is under way ends (C2)", async () => {
  const lifecycle = new Lifecycle();
  await lifecycle.whenIdle();
  lifecycle.begin();
  lifecycle.begin();
  let idle = 0;
  const waits = [lifecycle.whenIdle(), lifecycle.whenIdle()].map((wait) => wait.then(() => idle++));
  lifecycle.end();
  await Promise.resolve();
  assert.deepEqual([idle, lifecycle.underWay], [0, 1]);
  lifecycle.end();
  await Promise.all(waits);
  assert.deepEqual([idle, lifecycle.underWay], [2, 0]);
});

Deno.test("Lifecycle.stop() aborts once and for all (C1)", () => {
  const lifecycle = new Lifecycle();
  let told = 0;
  lifecycle.stopping.addEventListener("abort", () => told++);
  lifecycle.stop();
  lifecycle.stop();
  assert.deepEqual([told, lifecycle.stopping.aborted], [1, true]);
});
