import assert from "node:assert/strict";
import { loadConfig } from "./load.ts";
import { hasRole, slotsOf } from "./roles.ts";

function configOf(...args: string[]) {
  const cluster = ["--peer", "127.0.0.1:7400", "--store", "redis://localhost", "--slots", "7"];
  const outcome = loadConfig({ args: [...cluster, ...args], env: {}, readFile: () => undefined });
  return outcome.kind === "config" ? outcome.config : assert.fail(outcome.kind);
}

Deno.test("a node has both roles unless it is told otherwise", () => {
  const both = configOf();
  assert.deepEqual([hasRole(both, "gateway"), hasRole(both, "worker")], [true, true]);
  const worker = configOf("--roles", "worker");
  assert.deepEqual([hasRole(worker, "gateway"), hasRole(worker, "worker")], [false, true]);
});

Deno.test("slotsOf() gives a node that is no worker none", () => {
  assert.equal(slotsOf(configOf("--roles", "gateway")), 0);
  assert.equal(slotsOf(configOf("--roles", "worker")), 7);
});
