import assert from "node:assert/strict";
import type { Settled } from "../../../runtime/actor/envelope.ts";
import { type ActorId, actorId, type ShardId } from "../../../runtime/ids.ts";
import type { Snapshot } from "../../../runtime/snapshot.ts";
import { VirtualClock } from "../../../runtime/testing/virtual_clock.ts";
import { WorkGate } from "../../../runtime/wakeups/kind_gates.ts";
import { contextOf, NOW_MS } from "../../job/testing/samples.ts";
import { newsSample } from "../testing/samples.ts";
import { draftOfNews, newsBehaviour, type NewsLetter } from "./behaviour.ts";
import { OutboxDriver } from "./outbox_driver.ts";

/** News with the version `version` of `job`, after those with the version `after`. */
function letterOf(version: number, { job = "job-1", after = 0, to = ["in"] } = {}): NewsLetter {
  const before = after === 0 ? null : actorId(newsSample(job, after).id);
  return { news: newsSample(job, version), to, after: before };
}

function stored(letter: NewsLetter, over = false): Snapshot {
  const draft = { ...draftOfNews(letter), shard: 0 as ShardId, version: 1 };
  if (!over) return draft;
  const state = { letter, bornAtMs: NOW_MS, overAtMs: NOW_MS };
  return { ...draft, ...newsBehaviour.encode(state) };
}

function setup() {
  const clock = new VirtualClock(NOW_MS);
  const heard: string[] = [];
  const known = new Map<ActorId, Snapshot>();
  const held: (() => void)[] = [];
  const state = { kind: "handled" as Settled<unknown>["kind"], hold: false };
  const driver = new OutboxDriver({
    clock,
    gate: new WorkGate(8, () => {}),
    tellWebhook: (name, message, settle) => {
      const versions = message.kind === "news" ? message.events.map(({ job }) => job.version) : [];
      heard.push(`${name} ${versions}`);
      const { kind } = state;
      if (state.hold) held.push(() => settle({ kind }));
      else settle({ kind });
    },
    tellNews: (id, { kind }, settle) => {
      heard.push(`${kind} ${id.split("-").at(-1)}`);
      settle({ kind: "handled" });
    },
    read: (id) => Promise.resolve(known.get(id)),
  });
  const tell = (letter: NewsLetter) =>
    driver.perform({ kind: "tell", letter }, { id: actorId(letter.news.id) });
  return { clock, heard, known, held, state, tell };
}

const settled = () => new Promise<void>((resume) => queueMicrotask(() => queueMicrotask(resume)));

Deno.test("news are told when each webhook has committed them; one that was deleted has (OD1)", () => {
  const { tell, heard, state } = setup();
  tell(letterOf(2, { to: ["in", "out"] }));
  assert.deepEqual(heard.splice(0), ["in 2", "out 2", "told 2"]);
  state.kind = "missing";
  tell(letterOf(3));
  assert.deepEqual(heard.splice(0), ["in 3", "told 3"]);
  state.kind = "busy";
  tell(letterOf(4));
  assert.deepEqual(heard.splice(0), ["in 4"]);
});

Deno.test("news for one webhook that come meanwhile travel together (OD2)", () => {
  const { tell, heard, state, held } = setup();
  state.hold = true;
  for (const [at, job] of ["a", "b", "c"].entries()) tell(letterOf(at + 2, { job }));
  assert.deepEqual(heard.splice(0), ["in 2"]);
  held.shift()?.();
  assert.deepEqual(heard.splice(0), ["told 2", "in 3,4"]);
});

Deno.test("news wait for those of the job before them that are at work here (OD3)", async () => {
  const { tell, heard, state, held } = setup();
  state.hold = true;
  tell(letterOf(2));
  tell(letterOf(5, { after: 2 }));
  await settled();
  assert.deepEqual(heard.splice(0), ["in 2"]);
  held.shift()?.();
  assert.deepEqual(heard.splice(0), ["told 2", "in 5"]);
});

Deno.test("news whose predecessor could not be told are not told either (OD3)", () => {
  const { tell, heard, state, held } = setup();
  state.hold = true;
  state.kind = "unknown";
  tell(letterOf(2));
  tell(letterOf(5, { after: 2 }));
  held.shift()?.();
  assert.deepEqual(heard, ["in 2"]);
});

Deno.test("news have those before them woken that are at work nowhere, and wait for their end (OD3)", async () => {
  const { tell, heard, known, clock } = setup();
  const first = letterOf(2);
  known.set(actorId(first.news.id), stored(first));
  tell(letterOf(5, { after: 2 }));
  await settled();
  assert.deepEqual(heard.splice(0), ["wake 2"]);
  known.set(actorId(first.news.id), stored(first, true));
  clock.advance(50);
  await settled();
  assert.deepEqual(heard.splice(0), ["in 5", "told 5"]);
});

Deno.test("news are due at once, ask to be told until they are, and are over then (NW4)", () => {
  const letter = letterOf(2);
  const draft = draftOfNews(letter);
  assert.equal(draft.index.wakeAtMs, NOW_MS);
  const state = newsBehaviour.decode(stored(letter));
  const context = contextOf({ nowMs: NOW_MS + 5 });
  const step = newsBehaviour.receive(state, { kind: "wake" }, context);
  assert.deepEqual([step.state, step.effects], [state, [{ kind: "tell", letter }]]);
  const over = newsBehaviour.receive(state, { kind: "told" }, context).state;
  assert.deepEqual(newsBehaviour.encode(over).index.expireAtMs, NOW_MS + 5);
  assert.deepEqual(newsBehaviour.receive(over, { kind: "wake" }, context).effects, []);
});
