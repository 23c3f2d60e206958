import assert from "node:assert/strict";
import { Engine } from "./engine/engine.ts";
import { insert, ME, SHARDS } from "../testing/fixtures.ts";
import { packWrites, type Request } from "./protocol.ts";
import { Service } from "./service.ts";

function opened(): Service {
  const service = new Service();
  service.answer([0, "open", { path: ":memory:", shards: SHARDS }]);
  return service;
}

Deno.test("answer() opens, serves and closes", () => {
  const service = new Service();
  assert.deepEqual(service.answer([1, "open", { path: ":memory:", shards: SHARDS }]), [
    1,
    "value",
    null,
  ]);
  assert.deepEqual(service.answer([2, "apply", packWrites([insert("a"), insert("a")])]), [
    2,
    "value",
    [0, 0, 1, 0],
  ]);
  assert.deepEqual(service.answer([3, "close", null]), [3, "value", null]);
});

Deno.test("answer() says `unavailable` before it is opened and after it is closed", () => {
  const service = new Service();
  const code = () => {
    const response = service.answer([1, "lanes", { after: null, limit: 1 }]);
    return response[1] === "fault" ? response[2].code : response[1];
  };
  assert.equal(code(), "unavailable");
  service.answer([2, "open", { path: ":memory:", shards: SHARDS }]);
  assert.equal(code(), "value");
  service.answer([3, "close", null]);
  assert.equal(code(), "unavailable");
});

Deno.test("answer() never throws: a bug is an answer too", () => {
  const service = opened();
  const broken: Request[] = [
    [1, "find", { kind: "job", labels: [], order: "newest", limit: 0 }],
    [2, "load", null],
    [3, "apply", ["z", "a", 0]],
    [4, "open", { path: "", shards: SHARDS }],
  ];
  const kinds = broken.map((request) => service.answer(request)[1]);
  assert.deepEqual(kinds.slice(0, 3), ["bug", "bug", "bug"]);
  assert.deepEqual(
    service.answer([5, "renew", { claimant: ME, ttlMs: 1, opening: true }])[1],
    "value",
  );
});

Deno.test("answer() opens a broken engine anew; sessions outlive it", () => {
  class Breaking extends Engine {
    isBroken = false;
    override get broken(): boolean {
      return this.isBroken;
    }
  }
  const engines: Breaking[] = [];
  const service = new Service((options, before) => {
    if (engines.length === 1) {
      engines.push(engines[0] as Breaking);
      throw new Error("the disk is still away");
    }
    const engine = new Breaking(options, before);
    engines.push(engine);
    return engine;
  });
  service.answer([1, "open", { path: ":memory:", shards: SHARDS }]);
  service.answer([2, "renew", { claimant: ME, ttlMs: 60_000, opening: true }]);
  (engines[0] as Breaking).isBroken = true;
  assert.equal(service.answer([3, "tallies", "job"])[1], "bug", "it can't be opened yet");
  assert.deepEqual(service.answer([4, "tallies", "job"]), [4, "value", new Map()]);
  assert.equal(engines.length, 3);
  const renewed = service.answer([5, "renew", { claimant: ME, ttlMs: 60_000, opening: false }]);
  assert.equal((renewed[2] as { kind: string }).kind, "live");
});
