import assert from "node:assert/strict";
import type { BootId, NodeName } from "../../runtime/ids.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { MemoryHub } from "../../runtime/transport/memory.ts";
import { lifeTransport } from "./life_transport.ts";
import { Lifeline } from "./lifeline.ts";

/** Two processes on one network, `a` with a lifeline to be pulled. */
function setup() {
  const clock = new VirtualClock();
  const hub = new MemoryHub(clock);
  const open = (name: string) =>
    hub.open({ node: name as NodeName, boot: `${name}1` as BootId, address: `${name}:1` });
  const lifeline = new Lifeline({ dieAt: Infinity, died: () => {} });
  const a = lifeTransport(open("a"), lifeline);
  const b = open("b");
  const heard: unknown[] = [];
  for (const end of [a, b]) {
    end.serve("say", (body) => {
      heard.push(body);
      return body;
    });
  }
  return { clock, lifeline, a, b, heard };
}

Deno.test("lifeTransport() passes everything on while its process lives", async () => {
  const { clock, a, b, heard } = setup();
  assert.ok(a.tell("b:1", "say", 1));
  const answers = [a, b].map((from, at) =>
    from.ask(at === 0 ? "b:1" : "a:1", "say", `ask ${at}`, { deadlineMs: 100 })
  );
  // There, and back again.
  for (let way = 0; way < 4; way++) await clock.pass(10);
  assert.deepEqual(await Promise.all(answers), ["ask 0", "ask 1"]);
  assert.deepEqual(heard, [1, "ask 0", "ask 1"]);
});

Deno.test("lifeTransport() lets a process that stands still hear and answer when it goes on", async () => {
  const { clock, lifeline, b, heard } = setup();
  lifeline.pause();
  const answer = b.ask("a:1", "say", "late", { deadlineMs: 1_000 });
  await clock.pass(50);
  assert.deepEqual(heard, []);
  lifeline.resume();
  for (let way = 0; way < 4; way++) await clock.pass(10);
  assert.equal(await answer, "late");
});

Deno.test("lifeTransport() of a dead process says nothing, hears nothing and learns nothing (L1)", async () => {
  const { clock, lifeline, a, b, heard } = setup();
  let learnt = 0;
  const learn = () => void learnt++;
  a.ask("b:1", "say", "before", { deadlineMs: 100 }).then(learn, learn);
  lifeline.kill();
  assert.equal(a.tell("b:1", "say", "after"), false);
  a.ask("b:1", "say", "after", { deadlineMs: 100 }).then(learn, learn);
  const unanswered = b.ask("a:1", "say", "anybody?", { deadlineMs: 100 });
  const refused = assert.rejects(unanswered, { code: "timeout" });
  await clock.pass(200);
  await refused;
  assert.deepEqual([heard, learnt], [["before"], 0]);
});
