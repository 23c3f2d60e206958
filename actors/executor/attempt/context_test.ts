import assert from "node:assert/strict";
import { CHECKPOINT_CHARS_MAX, LOG_LINE_CHARS_MAX } from "../port.ts";
import { type AttemptFacts, createContext, LOG_LINES_MAX, logLine } from "./context.ts";
import type { CodeSpans } from "./spans.ts";

function setup(facts: Partial<AttemptFacts> = {}, spans?: CodeSpans) {
  const said: unknown[][] = [];
  const controller = new AbortController();
  let durable: () => Promise<void> = () => Promise.resolve();
  const ctx = createContext(
    {
      jobId: "j",
      attempt: 2,
      fence: 5,
      scheduledForMs: 1_000,
      checkpoint: "null",
      steps: [],
      ...facts,
    },
    {
      signal: () => controller.signal,
      spans,
      sink: {
        progress: (percent) => said.push(["progress", percent]),
        log: (line) => said.push(["log", line]),
        step(name, result) {
          said.push(["step", name, result]);
          return durable();
        },
        checkpoint(value) {
          said.push(["checkpoint", value]);
          return durable();
        },
      },
    },
  );
  return {
    ctx,
    said,
    controller,
    answer: (by: () => Promise<void>) => {
      durable = by;
    },
  };
}

Deno.test("ctx.step() runs once, reports, and gives what JSON keeps", async () => {
  const { ctx, said } = setup();
  let runs = 0;
  const step = () =>
    ctx.step("s", () => {
      runs++;
      return { at: new Date(0) };
    });
  const [first, second] = await Promise.all([step(), step()]);
  assert.deepEqual(first, { at: "1970-01-01T00:00:00.000Z" });
  assert.equal(first, second);
  assert.equal(runs, 1); // (C1)
  assert.deepEqual(said, [["step", "s", '{"at":"1970-01-01T00:00:00.000Z"}']]);
});

Deno.test("ctx.step() is a span where the attempt is traced, once, and none when it was done before", async () => {
  const stepped: string[] = [];
  const spans: CodeSpans = {
    within: (_traceparent, run) => run(),
    step(name, run) {
      stepped.push(name);
      return run();
    },
  };
  const { ctx, said } = setup({ steps: [["done", "1"]] }, spans);
  await ctx.step("done", () => assert.fail("it was done"));
  await Promise.all([ctx.step("s", () => 2), ctx.step("s", () => 2)]);
  assert.deepEqual(stepped, ["s"]);
  assert.deepEqual(said, [["step", "s", "2"]]);
});

Deno.test("ctx.parents is what the jobs that it waited for left; empty when there were none", () => {
  assert.deepEqual(setup().ctx.parents, {});
  const { ctx } = setup({ parents: '{"charge":{"state":"completed","result":7}}' });
  assert.equal(ctx.parents["charge"]?.result, 7);
  assert.equal(ctx.parents, ctx.parents);
});

Deno.test("ctx.step() gives a stored result without running", async () => {
  const { ctx, said } = setup({ steps: [["s", '{"id":7}']] });
  assert.deepEqual(await ctx.step("s", () => assert.fail("ran")), { id: 7 });
  assert.deepEqual(said, []);
});

Deno.test("ctx.step() resolves only when its result is durable, and rejects when it cannot be", async () => {
  const { ctx, answer } = setup();
  const kept = Promise.withResolvers<void>();
  answer(() => kept.promise);
  let done = false;
  const step = ctx.step("s", () => 1).then(() => done = true);
  await new Promise((turn) => setImmediate(turn));
  assert.equal(done, false);
  kept.resolve();
  await step;
  answer(() => Promise.reject(new Error("the store is away")));
  await assert.rejects(ctx.step("t", () => 1), /store is away/);
});

Deno.test("ctx.step() may be tried again after it failed, in the same attempt", async () => {
  const { ctx } = setup();
  await assert.rejects(ctx.step("s", () => Promise.reject(new Error("once"))), /once/);
  assert.equal(await ctx.step("s", () => "twice"), "twice");
});

Deno.test("ctx.step() begins nothing after the signal (C2), and checks its arguments", async () => {
  const { ctx, controller } = setup();
  await assert.rejects(ctx.step("", () => 1), /1 to 200 characters/);
  await assert.rejects(ctx.step("s", 1 as unknown as () => number), /needs a function/);
  controller.abort(new Error("stop"));
  await assert.rejects(ctx.step("s", () => assert.fail("ran")), /stop/);
});

Deno.test("ctx.checkpoint() keeps a copy, and ctx.lastCheckpoint shows what is durable", async () => {
  const { ctx, said, answer } = setup({ checkpoint: '{"page":1}' });
  assert.deepEqual(ctx.lastCheckpoint, { page: 1 });
  const value = { page: 2 };
  await ctx.checkpoint(value);
  value.page = 99;
  assert.deepEqual(ctx.lastCheckpoint, { page: 2 });
  assert.deepEqual(said, [["checkpoint", '{"page":2}']]);
  answer(() => Promise.reject(new Error("no")));
  await assert.rejects(ctx.checkpoint({ page: 3 }), /no/);
  assert.deepEqual(ctx.lastCheckpoint, { page: 2 });
  await assert.rejects(ctx.checkpoint("x".repeat(CHECKPOINT_CHARS_MAX)), /longer than/);
});

Deno.test("ctx.progress() takes 0 to 100 and nothing else", async () => {
  const { ctx, said } = setup();
  await ctx.progress(0);
  await ctx.progress(100);
  for (const wrong of [-1, 101, NaN, "50"]) {
    await assert.rejects(ctx.progress(wrong as number), RangeError);
  }
  assert.deepEqual(said, [["progress", 0], ["progress", 100]]);
});

Deno.test("ctx.log() is bounded in lines and in their length (C3)", () => {
  const { ctx, said } = setup();
  for (let at = 0; at < LOG_LINES_MAX + 500; at++) ctx.log("line", at);
  assert.equal(said.length, LOG_LINES_MAX + 1);
  assert.match(String(said.at(-1)?.[1]), /only 1000 lines/);
  assert.equal(logLine(["x".repeat(1_000_000), "y"]).length, LOG_LINE_CHARS_MAX);
});

Deno.test("logLine() shows any value without throwing", () => {
  assert.equal(logLine(["a", 1, { b: [2] }, null, undefined]), 'a 1 {"b":[2]} null null');
  assert.equal(logLine([new TypeError("t"), 1n]), "TypeError: t [bigint that JSON cannot hold]");
});
