import assert from "node:assert/strict";
import { RESTARTS_MAX } from "../limits.ts";
import { CRASH, GET, setup, SNAPSHOT } from "../testing/cell_stage.ts";

Deno.test("a crash reads the committed state again after a pause, and the message is tried again (V3)", () => {
  const { cell, send, events, clock, loaded, settled } = setup();
  send(CRASH);
  send(GET);
  loaded();
  assert.deepEqual(settled, []);
  clock.advance(10);
  assert.deepEqual(events, ["load"]);
  cell.loaded(SNAPSHOT);
  clock.advance(20);
  cell.loaded(SNAPSHOT);
  assert.deepEqual(settled, ["crash crashed", "get handled 0"], "set aside at its third (V1)");
});

Deno.test("an actor that crashes on everything is stopped, and nobody waits for it in vain (V2, C1)", () => {
  const { cell, send, clock, loaded, settled, events } = setup();
  for (let at = 0; at < 9; at++) send(CRASH);
  send(GET);
  loaded();
  for (let restarts = 0; restarts < RESTARTS_MAX + 1; restarts++) {
    clock.advance(1_000);
    cell.loaded(SNAPSHOT);
  }
  assert.equal(settled.length, 10);
  assert.ok(settled.every((end) => end.endsWith("crashed")));
  // The first restart came with the load, before the events were cleared.
  assert.equal(events.filter((event) => event === "restart").length, RESTARTS_MAX - 1);
  assert.ok(events.includes("stop"));
});

Deno.test("a state that cannot be read escalates after its restarts (V2)", () => {
  const { cell, send, clock, settled, events } = setup();
  send(GET);
  for (let loads = 0; loads <= RESTARTS_MAX; loads++) {
    cell.loaded({ ...SNAPSHOT, head: "not json" });
    clock.advance(1_000);
  }
  assert.deepEqual(settled, ["get crashed"]);
  assert.ok(events.includes("escalate"));
  assert.equal(clock.timers, 0);
});

Deno.test("drop() during a restart's pause ends it (C1)", () => {
  const { cell, send, clock, loaded, settled, events } = setup();
  send(CRASH);
  loaded();
  cell.drop();
  clock.advance(1_000);
  assert.deepEqual(settled, ["crash busy"]);
  assert.deepEqual(events, ["left"]);
});
