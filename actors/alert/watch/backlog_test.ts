import assert from "node:assert/strict";
import { NOW_MS } from "../../job/testing/samples.ts";
import { ruleOf } from "../testing/samples.ts";
import { BacklogWatch, STILL_OVER_MS } from "./backlog.ts";

const deep = ruleOf({ on: ["queue.backlog"], threshold: { depth: 100 } });
const old = ruleOf({ on: ["queue.backlog"], threshold: { depth: null, ageMs: 60_000 } });

function look(
  watch: BacklogWatch,
  depths: Record<string, number>,
  { nowMs = NOW_MS, dueSinceMs = {} as Record<string, number> } = {},
): string[] {
  const seen = {
    nowMs,
    depths: new Map(Object.entries(depths)),
    dueSinceMs: new Map(Object.entries(dueSinceMs)),
  };
  return watch.look(seen).map(({ event }) => `${event.subject} ${event.status}`);
}

Deno.test("a queue over its threshold is told once, now and then again, and when it is no longer (BL1)", () => {
  const watch = new BacklogWatch([deep]);
  assert.deepEqual(look(watch, { mail: 100 }), ["mail resolved"], "a watch that has just begun");
  assert.deepEqual(look(watch, { mail: 101 }), ["mail firing"]);
  assert.deepEqual(look(watch, { mail: 500 }), []);
  const later = { nowMs: NOW_MS + STILL_OVER_MS };
  assert.deepEqual(look(watch, { mail: 500 }, later), ["mail firing"]);
  assert.deepEqual(look(watch, {}, later), ["mail resolved"], "a queue that is empty has no tally");
  assert.deepEqual(look(watch, {}, later), []);
});

Deno.test("the next watch ends what the one before it told (BL1)", () => {
  const watch = new BacklogWatch([deep]);
  look(watch, { mail: 500 });
  watch.forget();
  assert.deepEqual(look(watch, { mail: 3 }), ["mail resolved"]);
});

Deno.test("a queue whose oldest job is due for too long is behind, however short it is", () => {
  const watch = new BacklogWatch([old]);
  assert.equal(watch.ageMs, 60_000);
  look(watch, { mail: 1 });
  const due = (ageMs: number) => ({ dueSinceMs: { mail: NOW_MS - ageMs } });
  assert.deepEqual(look(watch, { mail: 1 }, due(60_000)), []);
  assert.deepEqual(look(watch, { mail: 1 }, due(60_001)), ["mail firing"]);
  assert.deepEqual(look(watch, { mail: 1 }), ["mail resolved"]);
});

Deno.test("each rule has its own threshold, and its events are for it alone", () => {
  const high = ruleOf({ name: "high", on: ["queue.backlog"], threshold: { depth: 900 } });
  const watch = new BacklogWatch([deep, high, ruleOf()]);
  assert.equal(watch.needed, true);
  assert.equal(new BacklogWatch([ruleOf()]).needed, false);
  const depths = new Map([["mail", 500]]);
  const told = watch.look({ nowMs: NOW_MS, depths, dueSinceMs: new Map() });
  assert.deepEqual(told.map(({ rule, event }) => [rule.name, event.status]), [
    ["failures", "firing"],
    ["high", "resolved"],
  ]);
});
