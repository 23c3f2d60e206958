import assert from "node:assert/strict";
import { Random } from "./random.ts";
import { fastestOf, RUN_BEGAN_MS, Wall } from "./wall.ts";
import { Sky } from "./weather.ts";

Deno.test("Wall.nowMs() follows virtual time and every jump", () => {
  const time = { nowMs: 0 };
  const wall = new Wall(time);
  time.nowMs = 100;
  wall.jump(1_000);
  wall.jump(-3_000);
  assert.equal(wall.nowMs(), RUN_BEGAN_MS + 100 - 2_000);
});

Deno.test("Wall.latestSince() is the highest that the clock stood, jumps back included", () => {
  const time = { nowMs: 0 };
  const wall = new Wall(time);
  time.nowMs = 100;
  wall.jump(-50);
  time.nowMs = 120;
  assert.equal(wall.latestSince(0), RUN_BEGAN_MS + 100);
  assert.equal(wall.latestSince(101), RUN_BEGAN_MS + 70);
  wall.jump(500);
  assert.equal(wall.latestSince(0), RUN_BEGAN_MS + 570);
});

function fates(weather: Sky["weather"], op: "apply" | "load" = "apply") {
  const sky = new Sky(new Random(1), 2);
  sky.weather = weather;
  return Array.from({ length: 200 }, () => sky.fate(op));
}

Deno.test("fastestOf() shows what the fastest of several walls shows, or showed", () => {
  const time = { nowMs: 0 };
  const [slow, fast] = [new Wall(time), new Wall(time)];
  const both = fastestOf([slow, fast]);
  fast.jump(500);
  assert.equal(both.nowMs(), RUN_BEGAN_MS + 500);
  time.nowMs = 100;
  fast.jump(-2_000);
  assert.equal(both.nowMs(), RUN_BEGAN_MS + 100);
  assert.equal(both.latestSince(0), RUN_BEGAN_MS + 600);
});

Deno.test("Sky.fate() is prompt and harmless in fair weather, and never instant", () => {
  for (const { delayMs = 0, replyDelayMs = 0, fault } of fates("fair")) {
    assert.equal(fault, undefined);
    assert.ok(delayMs <= 2 && replyDelayMs >= 1 && replyDelayMs <= 3);
  }
});

Deno.test("Sky.fate() brings every kind of time-out in flaky weather, between calls that go well", () => {
  const kinds = new Set(fates("flaky").map(({ fault }) => fault));
  const all = [undefined, "timeout-before", "timeout-after", "timeout-late"];
  assert.ok(all.every((kind) => kinds.has(kind as undefined)), [...kinds].join());
});

Deno.test("Sky.fate() refuses everything in an outage, writes alone when the disk is full", () => {
  assert.ok(fates("outage").every(({ fault }) => fault === "unavailable"));
  assert.ok(fates("full").every(({ fault }) => fault === "full" || fault === "read-only"));
  assert.ok(fates("full", "load").every(({ fault }) => fault === undefined));
});
