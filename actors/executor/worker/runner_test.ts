import assert from "node:assert/strict";
import type { CodeSpans } from "../attempt/spans.ts";
import { ClaimTable } from "../pool/claims.ts";
import type { Saying, WireOrder, WorkerEvent } from "../pool/protocol.ts";
import { Outbox } from "./outbox.ts";
import { type LoadedHandler, Runner } from "./runner.ts";

const ORDER: WireOrder = {
  ticket: 1,
  jobId: "j",
  attempt: 1,
  name: "h",
  moduleUrl: "file:///h.ts",
  profile: "p",
  payload: '{"a":1}',
  timeoutMs: null,
  scheduledForMs: 0,
  fence: 1,
  checkpoint: "null",
  steps: [],
  exclusive: false,
};

type Run = (LoadedHandler & { kind: "loaded" })["run"];

function setup(run: Run, spans?: CodeSpans) {
  const table = new ClaimTable();
  const outbox = new Outbox((flush) => setImmediate(flush));
  const handlers = new Map<string, LoadedHandler>([["h", { kind: "loaded", run }]]);
  const runner = new Runner({ table, handlers, outbox, spans });
  const said: WorkerEvent[] = [];
  return {
    table,
    runner,
    said,
    start(slot: number, order: Partial<WireOrder> = {}) {
      table.offer(slot, 1);
      runner.push([{ kind: "start", slot, sequence: 1, order: { ...ORDER, ...order } }]);
    },
    /** The next batch of sayings. */
    async collect(): Promise<Saying[]> {
      const events = await outbox.collect();
      said.push(...events);
      return events.map(([, , saying]) => saying);
    },
  };
}

/** The outcome that the only saying tells. */
function outcomeOf(sayings: Saying[]) {
  const [saying] = sayings;
  assert.equal(saying?.kind, "ended");
  return saying?.kind === "ended" ? saying.outcome : assert.fail();
}

Deno.test("Runner calls the handler with its payload and tells the result", async () => {
  const { start, collect } = setup((_ctx, payload) => ({ got: payload }));
  start(0);
  assert.deepEqual(outcomeOf(await collect()), { kind: "ok", result: '{"got":{"a":1}}' });
});

Deno.test("Runner calls nothing whose offer was revoked (R1)", () => {
  const { table, runner } = setup(() => assert.fail("called"));
  table.offer(0, 1);
  assert.ok(table.revoke(0, 1));
  runner.push([{ kind: "start", slot: 0, sequence: 1, order: ORDER }]);
  assert.equal(runner.load, 0);
});

Deno.test("Runner marks whose handler has the thread, only while it has it", async () => {
  const busy: (number | null)[] = [];
  const { table, start, collect } = setup(async () => {
    busy.push(table.busySlot());
    await null;
    busy.push(table.busySlot());
  });
  start(5);
  assert.deepEqual(busy, [5]);
  await collect();
  assert.deepEqual(busy, [5, null]);
});

Deno.test("Runner fires the signal with its reason, also for who asks late", async () => {
  const begun = Promise.withResolvers<void>();
  const { runner, start, collect } = setup(async (ctx) => {
    await begun.promise;
    return String(ctx.signal.reason);
  });
  start(0);
  runner.push([{ kind: "abort", slot: 0, sequence: 1, reason: "drain" }]);
  begun.resolve();
  assert.match(JSON.stringify(await collect()), /the attempt is to stop: drain/);
});

Deno.test("Runner waits for the answer to a durable report, and passes its problem on", async () => {
  const { runner, start, collect } = setup(async (ctx) => {
    await ctx.step("s", () => 1);
    await ctx.checkpoint(2);
  });
  start(0);
  const answer = { kind: "answer", slot: 0, sequence: 1 } as const;
  assert.deepEqual(await collect(), [{ kind: "step", request: 1, name: "s", result: "1" }]);
  runner.push([{ ...answer, request: 1, problem: null }]);
  assert.deepEqual(await collect(), [{ kind: "checkpoint", request: 2, value: "2" }]);
  runner.push([{ ...answer, request: 2, problem: "the store is full" }]);
  const outcome = outcomeOf(await collect());
  assert.match(JSON.stringify(outcome), /checkpoint could not be kept: the store is full/);
});

Deno.test("Runner gives an error that nobody caught to the attempt it belongs to, once (R2)", async () => {
  const { runner, start, said, collect } = setup(async (_ctx, payload) => {
    if (payload === "bad") runner.uncaught(new RangeError("lost"), "unhandled rejection");
    await new Promise((turn) => setImmediate(turn));
    return payload;
  });
  start(0, { payload: '"good"' });
  start(1, { payload: '"bad"' });
  while (said.length < 2) await collect();
  const outcomes = said.map(([slot, , saying]) => [slot, JSON.stringify(saying)] as const);
  assert.match(outcomes.find(([slot]) => slot === 1)?.[1] ?? "", /unhandled rejection: lost/);
  assert.match(outcomes.find(([slot]) => slot === 0)?.[1] ?? "", /"kind":"ok"/);
  assert.equal(runner.load, 0);
});

Deno.test("Runner matches an error without context by its stack, and drops one of nobody's", async () => {
  const wake = Promise.withResolvers<void>();
  const { runner, start, collect } = setup(() => wake.promise);
  start(0, { moduleUrl: "file:///a.ts" });
  start(1, { moduleUrl: "file:///b.ts" });
  runner.uncaught(new Error("of nobody"), "uncaught error");
  assert.equal(runner.load, 2);
  const error = new Error("late");
  error.stack = "Error: late\n    at file:///b.ts:1:1";
  runner.uncaught(error, "uncaught error");
  assert.equal(runner.load, 1);
  assert.match(JSON.stringify(outcomeOf(await collect())), /uncaught error: late/);
});

Deno.test("Runner calls a handler within its attempt's span, and within none where it is not traced", async () => {
  let active: string | undefined = "another's";
  const spans: CodeSpans = {
    within(traceparent, run) {
      active = traceparent;
      return run();
    },
    step: (_name, run) => run(),
  };
  const { start, collect } = setup(() => active ?? "none", spans);
  start(0, { traceparent: "00-1-2-01" });
  assert.deepEqual(outcomeOf(await collect()), { kind: "ok", result: '"00-1-2-01"' });
  start(1);
  assert.deepEqual(outcomeOf(await collect()), { kind: "ok", result: '"none"' });
});

Deno.test("Runner tells why a handler is not loaded", async () => {
  const { start, collect } = setup(() => 1);
  start(0, { name: "other" });
  assert.match(JSON.stringify(outcomeOf(await collect())), /its module is not loaded/);
});
