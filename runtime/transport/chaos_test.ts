import assert from "node:assert/strict";
import fc from "fast-check";
import { Fault } from "../fault.ts";
import type { MemoryTransport } from "./memory.ts";
import { MemoryStage } from "./testing/stage.ts";

/** One ask: who asks whom, how long it waits, how long its handler takes, and what else happens. */
const step = fc.record({
  from: fc.nat(2),
  to: fc.nat(3),
  deadlineMs: fc.integer({ min: 1, max: 60 }),
  handledMs: fc.nat(40),
  passMs: fc.nat(10),
  event: fc.constantFrom("none", "none", "none", "forget", "restart"),
});
const fate = fc.array(fc.nat(30), { maxLength: 2 });

interface Outcome {
  readonly asked: number;
  readonly reply: unknown;
  readonly atMs: number;
}

/** Runs a script of asks on a network of three nodes with these fates; tells all that settled. */
async function run(
  steps: readonly {
    from: number;
    to: number;
    deadlineMs: number;
    handledMs: number;
    passMs: number;
    event: string;
  }[],
  fates: readonly (readonly number[])[],
) {
  const stage = new MemoryStage();
  const addresses = ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4"];
  const handled = new Set<number>();
  const open = async (n: number) => {
    const node = await stage.open(`n${n}`, { address: addresses[n] ?? "" });
    node.serve("later", (body) => {
      const { id, handledMs } = body as { id: number; handledMs: number };
      handled.add(id);
      return new Promise((resolve) => stage.clock.after(handledMs, () => resolve(id)));
    });
    return node;
  };
  const nodes: MemoryTransport[] = [];
  for (const n of [0, 1, 2]) nodes.push(await open(n));
  let next = 0;
  stage.hub.network = { fate: () => fates[next++ % fates.length] ?? [] };
  const settled: Outcome[] = [];
  for (const [id, { from, to, deadlineMs, handledMs, passMs, event }] of steps.entries()) {
    const note = (reply: unknown) =>
      void settled.push({ asked: id, reply, atMs: stage.clock.monotonicMs() });
    nodes[from]?.ask(addresses[to] ?? "", "later", { id, handledMs }, { deadlineMs })
      .then(note, note);
    if (event === "forget") nodes[from]?.forget(addresses[to] ?? "");
    if (event === "restart") {
      await nodes[from]?.close();
      nodes[from] = await open(from);
    }
    await stage.clock.pass(passMs);
  }
  await stage.clock.pass(200);
  return { settled, handled };
}

Deno.test("every ask settles once, with its own reply or a fault that tells the truth (T2, T3)", async () => {
  const script = fc.array(step, { minLength: 1, maxLength: 25 });
  const fates = fc.array(fate, { minLength: 1, maxLength: 9 });
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(script, fates, async (steps, all) => {
      const { settled, handled } = await run(steps, all);
      const ids = settled.map(({ asked }) => asked).sort((a, b) => a - b);
      assert.deepEqual(ids, steps.map((_, id) => id), "each settles exactly once");
      for (const { asked, reply } of settled) {
        seen.add(reply instanceof Fault ? reply.code : "reply");
        if (!(reply instanceof Fault)) assert.equal(reply, asked);
        else if (reply.code === "unavailable") assert.ok(!handled.has(asked), reply.message);
        else assert.equal(reply.code, "timeout");
      }
    }),
    { numRuns: 60 },
  );
  assert.deepEqual(
    seen,
    new Set(["reply", "timeout", "unavailable"]),
    "the script reaches all ends",
  );
});
