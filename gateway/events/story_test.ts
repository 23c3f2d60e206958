import assert from "node:assert/strict";
import { jobIn, NOW_MS } from "../../actors/job/testing/samples.ts";
import { changeOf } from "../feed.ts";
import type { JobEvent } from "../service.ts";
import { AHEAD_MAX, Story } from "./story.ts";

function event(version: number): JobEvent {
  return { sequence: 1, ...changeOf(jobIn("pending"), { jobId: "job-1", version, atMs: NOW_MS }) };
}

const versions = (events: readonly JobEvent[]) => events.map(({ version }) => version);
const hear = (story: Story, ...all: number[]) =>
  all.flatMap((version) => versions(story.hear(event(version))));

Deno.test("Story tells every version once, in order, whatever the order in which they come (Y1)", () => {
  const story = new Story(1);
  assert.deepEqual(hear(story, 1, 2, 2, 4, 5, 3, 3, 6), [2, 3, 4, 5, 6]);
  assert.deepEqual([story.told, story.broken], [6, false]);
});

Deno.test("Story tells nothing over a hole, until the job was read (Y2)", () => {
  const story = new Story(1);
  assert.deepEqual(hear(story, 3, 6), []);
  assert.equal(story.broken, true);
  const { missing, before, tellsState, after } = story.read(5);
  assert.deepEqual([missing, versions(before), tellsState, versions(after)], [true, [3], true, [
    6,
  ]]);
  assert.deepEqual([story.told, story.broken], [6, false]);
});

Deno.test("Story takes the job's state for its next event: nothing is missing then", () => {
  const story = new Story(4);
  const { missing, before, tellsState, after } = story.read(5);
  assert.deepEqual([missing, before, tellsState, after], [false, [], true, []]);
  assert.deepEqual(hear(story, 5, 6), [6]);
});

Deno.test("Story needs no state that an event told already", () => {
  const story = new Story(1);
  hear(story, 3, 4);
  const { missing, before, tellsState } = story.read(4);
  assert.deepEqual([missing, versions(before), tellsState], [true, [3, 4], false]);
});

Deno.test("Story learns nothing from a job that was read too early", () => {
  const story = new Story(3);
  hear(story, 5);
  const { missing, before, tellsState, after } = story.read(3);
  assert.deepEqual([missing, before, tellsState, after], [false, [], false, []]);
  assert.equal(story.broken, true);
  assert.deepEqual(hear(story, 4), [4, 5]);
});

Deno.test("Story holds few events behind a hole: the job stands for the rest (Y3)", () => {
  const story = new Story(0);
  for (let version = 2; version <= AHEAD_MAX + 50; version++) hear(story, version);
  const { before, tellsState } = story.read(AHEAD_MAX + 50);
  assert.deepEqual([before.length, tellsState], [AHEAD_MAX, true]);
  assert.deepEqual(hear(story, AHEAD_MAX + 51), [AHEAD_MAX + 51]);
});
