import assert from "node:assert/strict";
import { type Character, planOf } from "./plan.ts";

const PLANS = Array.from({ length: 300 }, (_, seed) => planOf(seed));

Deno.test("planOf() draws the same plan from the same seed (P1)", () => {
  assert.deepEqual(planOf(7), planOf(7));
  assert.notDeepEqual(planOf(7), planOf(8));
});

Deno.test("planOf() draws every character, weather, command, and windows small and large", () => {
  const deeds = PLANS.flatMap((plan) => plan.deeds);
  const some = <Value>(values: Value[]) => [...new Set(values)].sort();
  const characters: Character[] = ["calm", "crashing", "crowded", "jumping", "stormy"];
  assert.deepEqual(some(PLANS.map(({ character }) => character)), characters);
  assert.deepEqual(
    some(deeds.map((deed) => deed.kind)),
    [
      ...["command", "crash", "flow", "interfere", "jump", "leave", "limit", "newcomer"],
      ...["pause", "schedule", "weather"],
    ],
  );
  const weathers = deeds.flatMap((deed) => deed.kind === "weather" ? [deed.weather] : []);
  assert.deepEqual(some(weathers), ["flaky", "full", "outage", "slow"]);
  const commands = deeds.flatMap((deed) => deed.kind === "command" ? [deed.command] : []);
  assert.deepEqual(some(commands), ["cancel", "retry", "run-now"]);
  assert.ok(PLANS.some(({ window }) => window) && PLANS.some(({ window }) => !window));
});

Deno.test("planOf() plans schedules of every overlap and misfire policy, and every command to them", () => {
  const schedules = PLANS.flatMap((plan) => plan.schedules);
  const deeds = PLANS.flatMap((plan) => plan.deeds);
  const commands = deeds.flatMap((deed) => deed.kind === "schedule" ? [deed.command] : []);
  assert.equal(new Set(schedules.map(({ overlap }) => overlap)).size, 5);
  assert.equal(new Set(schedules.map(({ misfire }) => misfire.policy)).size, 3);
  assert.equal(new Set(commands).size, 6);
});

Deno.test("planOf() plans jobs that are at once, later, far, repeated, and due at one instant", () => {
  for (
    const wanted of [
      (delayMs: number) => delayMs === 0,
      (delayMs: number) => delayMs > 3_600_000,
    ]
  ) {
    assert.ok(PLANS.some(({ jobs }) => jobs.some(({ delayMs }) => wanted(delayMs))));
  }
  assert.ok(PLANS.some(({ jobs }) => jobs.some(({ repeatsAtMs }) => repeatsAtMs.length > 0)));
  const instants = PLANS.map(({ jobs }) => {
    const dueAtMs = jobs.map(({ atMs, delayMs }) => atMs + delayMs);
    return dueAtMs.length - new Set(dueAtMs).size;
  });
  assert.ok(instants.every((together) => together > 0));
});

Deno.test("planOf() plans no faults for a calm run", () => {
  for (const { character, deeds, deaths } of PLANS) {
    if (character !== "calm") continue;
    assert.deepEqual(deaths, []);
    const kinds = new Set(deeds.map(({ kind }) => kind));
    assert.ok(
      ["crash", "leave", "pause", "jump", "weather"].every((kind) => !kinds.has(kind as "jump")),
    );
  }
});
