import assert from "node:assert/strict";
import { jobIn, NOW_MS, runningOf, specOf } from "../actors/job/testing/samples.ts";
import { changeOf, EVENTS_HELD_MAX, Feed, type JobChange } from "./feed.ts";
import type { JobEvent } from "./service.ts";

function change(jobId: string, version = 1): JobChange {
  return changeOf(jobIn("pending"), { jobId, version, atMs: NOW_MS });
}

function setup({ heldMax = 4, published = 0 } = {}) {
  const feed = new Feed({ boot: "boot-1", heldMax });
  for (let n = 1; n <= published; n++) feed.publish(change(`job-${n % 2}`, n));
  return feed;
}

function listen(feed: Feed, options: { after?: number; jobId?: string } = {}) {
  const heard: JobEvent[] = [];
  const subscription = feed.subscribe(options, (event) => heard.push(event));
  return { heard, subscription };
}

const sequences = (events: readonly JobEvent[]) => events.map((event) => event.sequence);

Deno.test("changeOf() tells what changed, and which attempt it is about", () => {
  const at = { jobId: "job-1", version: 5, atMs: NOW_MS };
  const spec = specOf({ name: "pay", queue: "mail" });
  const running = jobIn("running", {
    ...{ spec, running: runningOf({ number: 3, startedAtMs: NOW_MS }), progress: 40 },
    runAtMs: NOW_MS - 7,
  });
  assert.deepEqual(changeOf(running, at), {
    ...at,
    state: "running",
    name: "pay",
    queue: "mail",
    attempt: 3,
    progress: 40,
    lagMs: 7,
  });
  const failed = changeOf(jobIn("failed"), at);
  assert.deepEqual([failed.attempt, failed.lagMs], [3, null]);
});

Deno.test("Feed numbers events from 1 and hands them on as they come (F1)", () => {
  const feed = setup();
  const { heard, subscription } = listen(feed);
  assert.deepEqual([subscription.backlog, subscription.gap], [[], false]);
  feed.publish(change("job-1"));
  feed.publish(change("job-2"));
  assert.deepEqual(sequences(heard), [1, 2]);
  assert.equal(heard[1]?.jobId, "job-2");
});

Deno.test("Feed.subscribe() without `after` gets nothing of the past", () => {
  const { subscription } = listen(setup({ published: 3 }));
  assert.deepEqual([subscription.backlog, subscription.gap], [[], false]);
});

Deno.test("Feed.subscribe() goes on after the event that was seen last (F2)", () => {
  const feed = setup({ published: 3 });
  const { heard, subscription } = listen(feed, { after: 1 });
  feed.publish(change("job-1"));
  assert.deepEqual(sequences([...subscription.backlog, ...heard]), [2, 3, 4]);
  assert.equal(subscription.gap, false);
});

Deno.test("Feed.subscribe() says so when events are gone, and gives those that are left (F3)", () => {
  const feed = setup({ published: 10 });
  const { backlog, gap } = listen(feed, { after: 5 }).subscription;
  assert.deepEqual([sequences(backlog), gap], [[7, 8, 9, 10], true]);
  const edge = listen(feed, { after: 6 }).subscription;
  assert.deepEqual([sequences(edge.backlog), edge.gap], [[7, 8, 9, 10], false]);
});

Deno.test("Feed.subscribe() takes a sequence it never gave out for a gap", () => {
  const { backlog, gap } = listen(setup({ published: 2 }), { after: 3 }).subscription;
  assert.deepEqual([backlog, gap], [[], true]);
});

Deno.test("Feed.subscribe() of one job hears and is given that job's events alone", () => {
  const feed = setup({ published: 4 });
  const { heard, subscription } = listen(feed, { after: 0, jobId: "job-1" });
  feed.publish(change("job-0", 5));
  feed.publish(change("job-1", 6));
  assert.deepEqual(sequences(subscription.backlog), [1, 3]);
  assert.deepEqual(sequences(heard), [6]);
});

Deno.test("Feed stops telling a subscriber that stopped, and only that one", () => {
  const feed = setup();
  const push: JobEvent[] = [];
  const same = (event: JobEvent) => void push.push(event);
  const first = feed.subscribe({ jobId: "job-1" }, same);
  const second = feed.subscribe({ jobId: "job-1" }, same);
  const all = listen(feed);
  first.stop();
  first.stop();
  feed.publish(change("job-1"));
  assert.equal(push.length, 1);
  second.stop();
  all.subscription.stop();
  feed.publish(change("job-1"));
  assert.deepEqual([push.length, all.heard.length], [1, 1]);
});

Deno.test("Feed lets a subscriber come back after the job's last one stopped", () => {
  const feed = setup();
  const first = listen(feed, { jobId: "job-1" });
  first.subscription.stop();
  const second = listen(feed, { jobId: "job-1" });
  first.subscription.stop();
  feed.publish(change("job-1"));
  assert.deepEqual([first.heard.length, second.heard.length], [0, 1]);
});

Deno.test("Feed lets a subscriber stop while it is being told", () => {
  const feed = setup();
  const heard: number[] = [];
  const subscription = feed.subscribe({}, (event) => {
    heard.push(event.sequence);
    subscription.stop();
  });
  feed.publish(change("job-1"));
  feed.publish(change("job-1"));
  assert.deepEqual(heard, [1]);
});

Deno.test("Feed holds ten thousand events unless told otherwise", () => {
  const feed = new Feed({ boot: "boot-1" });
  for (let n = 0; n < EVENTS_HELD_MAX + 1; n++) feed.publish(change("job-1"));
  const { backlog, gap } = listen(feed, { after: 0 }).subscription;
  assert.deepEqual([backlog.length, gap, EVENTS_HELD_MAX], [10_000, true, 10_000]);
});

Deno.test("Feed tells a gap to all who listen, and to those who come back from before it (F4)", () => {
  const feed = setup({ published: 2 });
  const missed: string[] = [];
  feed.subscribe({ missed: (why) => missed.push(`all: ${why}`) }, () => {});
  feed.subscribe({ jobId: "job-1", missed: (why) => missed.push(`one: ${why}`) }, () => {});
  feed.miss("lost");
  feed.publish(change("job-1", 3));
  assert.deepEqual(missed, ["all: lost", "one: lost"]);
  const gapOf = (after: number) => listen(feed, { after }).subscription.gap;
  assert.deepEqual([gapOf(2), gapOf(3), gapOf(4)], [true, false, false]);
  assert.deepEqual(sequences(listen(feed, { after: 1 }).subscription.backlog), [2, 4]);
  assert.equal(listen(feed).subscription.latest, 4);
});

Deno.test("Feed.since() gives what is wanted in portions, none twice", () => {
  const feed = setup({ heldMax: 8, published: 8 });
  const wants = ({ jobId }: JobEvent) => jobId === "job-0";
  const first = feed.since(0, { wants, max: 3 });
  assert.deepEqual([sequences(first.events), first.to, first.gap], [[2, 4, 6], 6, false]);
  const rest = feed.since(first.to, { wants, max: 3 });
  assert.deepEqual([sequences(rest.events), rest.to], [[8], 8]);
  assert.deepEqual(feed.since(8, { wants }), { events: [], to: 8, gap: false });
});
