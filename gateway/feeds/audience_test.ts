import assert from "node:assert/strict";
import { jobIn, NOW_MS } from "../../actors/job/testing/samples.ts";
import type { BootId } from "../../runtime/ids.ts";
import { EVENTS_TOLD_MAX, LISTENER_LEASE_MS, NEWCOMER_MS } from "../limits.ts";
import { changeOf, Feed } from "../feed.ts";
import { Audience } from "./audience.ts";
import type { InterestChange, NextAnswer } from "./messages.ts";

const B = "b1" as BootId;
const ALL: InterestChange = {
  ...{ base: null, revision: 1, all: true, add: [], remove: [], newcomer: false },
};

function setup({ heldMax = 10_000 } = {}) {
  const feed = new Feed({ boot: "a1", heldMax });
  const audience = new Audience(feed, { bornMs: 0 });
  const publish = (jobId: string, version = 1) =>
    feed.publish(changeOf(jobIn("pending"), { jobId, version, atMs: NOW_MS }));
  return { feed, audience, publish };
}

/** In short: `job:version …`, where to ask next, and whether there is a gap. */
function short(answer: NextAnswer): unknown {
  if (answer.kind === "unknown") return "unknown";
  const events = answer.events.map(({ jobId, version }) => `${jobId}:${version}`);
  return [events.join(" "), answer.to, ...answer.gap ? ["gap"] : []];
}

function next(audience: Audience, after: number, nowMs = 0): unknown {
  return short(audience.next(B, { request: { after }, nowMs }));
}

Deno.test("Audience gives a listener what it wants, from when it said so on (A1)", () => {
  const { audience, publish } = setup();
  publish("job-1");
  const change = { ...ALL, all: false, add: ["job-1", "job-2"] };
  const answer = audience.note(B, { change, nowMs: 0 });
  assert.deepEqual([answer.kind, answer.kind === "noted" && answer.at], ["noted", 1]);
  publish("job-1", 2);
  publish("job-3");
  publish("job-2");
  assert.deepEqual(next(audience, 1), ["job-1:2 job-2:1", 4]);
  assert.deepEqual(next(audience, 4), ["", 4]);
  assert.deepEqual(next(audience, 2), ["job-2:1", 4], "an answer that was lost is given again");
});

Deno.test("Audience tells what it holds of jobs that are added, and of no others", () => {
  const { audience, publish } = setup();
  publish("job-1", 1);
  publish("job-2", 1);
  publish("job-1", 2);
  audience.note(B, { change: ALL, nowMs: 0 });
  const change = { ...ALL, base: 1, revision: 2, add: ["job-1"] };
  const answer = audience.note(B, { change, nowMs: 0 });
  assert.ok(answer.kind === "noted");
  assert.deepEqual(answer.past.map(({ jobId, version }) => `${jobId}:${version}`), [
    "job-1:1",
    "job-1:2",
  ]);
});

Deno.test("Audience takes a change of what it remembers only", () => {
  const { audience, publish } = setup();
  const change = { ...ALL, all: false, base: 4, revision: 5, add: ["job-1"] };
  assert.deepEqual(audience.note(B, { change, nowMs: 0 }), { kind: "unknown" });
  audience.note(B, { change: { ...change, base: null, revision: 4 }, nowMs: 0 });
  const less = { ...change, add: ["job-2"], remove: ["job-1"] };
  assert.equal(audience.note(B, { change: less, nowMs: 0 }).kind, "noted");
  publish("job-1");
  publish("job-2");
  assert.deepEqual(next(audience, 0), ["job-2:1", 2]);
});

Deno.test("Audience forgets who does not ask, and says so (A2)", () => {
  const { audience } = setup();
  audience.note(B, { change: ALL, nowMs: 0 });
  audience.expire(LISTENER_LEASE_MS - 1);
  assert.deepEqual(next(audience, 0, LISTENER_LEASE_MS - 1), ["", 0]);
  audience.expire(LISTENER_LEASE_MS);
  assert.equal(audience.size, 1);
  audience.expire(2 * LISTENER_LEASE_MS);
  assert.deepEqual([audience.size, next(audience, 0)], [0, "unknown"]);
});

Deno.test("Audience says so when events are gone before they were asked for (A1)", () => {
  const { audience, publish } = setup({ heldMax: 3 });
  audience.note(B, { change: ALL, nowMs: 0 });
  for (let n = 1; n <= 5; n++) publish(`job-${n}`);
  assert.deepEqual(next(audience, 0), ["job-3:1 job-4:1 job-5:1", 5, "gap"]);
  assert.deepEqual(next(audience, 5), ["", 5]);
});

Deno.test("Audience gives a bounded number of events at a time (A3)", () => {
  const { audience, publish } = setup();
  audience.note(B, { change: ALL, nowMs: 0 });
  for (let n = 0; n < EVENTS_TOLD_MAX + 1; n++) publish("job-1", n);
  const first = audience.next(B, { request: { after: 0 }, nowMs: 0 });
  assert.ok(first.kind === "events");
  assert.deepEqual([first.events.length, first.to], [EVENTS_TOLD_MAX, EVENTS_TOLD_MAX]);
  assert.deepEqual(next(audience, first.to), [`job-1:${EVENTS_TOLD_MAX}`, EVENTS_TOLD_MAX + 1]);
  const added = audience.note(B, { change: { ...ALL, add: ["job-1"] }, nowMs: 0 });
  assert.ok(added.kind === "noted");
  assert.deepEqual([added.past.length, added.past[0]?.version], [EVENTS_TOLD_MAX, 1], "the latest");
});

Deno.test("Audience of a young node tells all of its life to who has just found it; an old one a gap", () => {
  const { audience, publish } = setup();
  publish("job-1");
  const noted = (nowMs: number) => {
    const answer = audience.note(B, { change: { ...ALL, newcomer: true }, nowMs });
    return answer.kind === "noted" && [answer.at, answer.gap];
  };
  assert.deepEqual(noted(NEWCOMER_MS - 1), [0, false]);
  assert.deepEqual(noted(NEWCOMER_MS), [1, true]);
});
