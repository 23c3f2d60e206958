import assert from "node:assert/strict";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { JobEvent } from "../service.ts";
import { StreamReader } from "../testing/setup.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { EventStreams, message } from "./event_streams.ts";

function event(sequence: number): JobEvent {
  const what = { state: "running", name: "mail", queue: "default", attempt: 1 } as const;
  return {
    ...what,
    sequence,
    jobId: "job-1",
    version: sequence,
    progress: null,
    lagMs: null,
    atMs: 0,
  };
}

function setup(limits = {}) {
  const clock = new VirtualClock();
  const streams = new EventStreams(clock, { ...GATEWAY_LIMITS, ...limits });
  const open = (padding = "") => {
    const stream = streams.open((event) =>
      message("job", { at: event.sequence, padding }, String(event.sequence))
    );
    assert.ok(stream !== undefined);
    return { stream, reader: new StreamReader(new Response(stream.body)) };
  };
  return { clock, streams, open };
}

const numbers = (text: string) =>
  [...text.matchAll(/^id: (\d+)$/gm)].map((found) => Number(found[1]));
const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

Deno.test("message() writes one event with its data on one line", () => {
  assert.equal(
    message("job", { text: "two\nlines" }, "7"),
    'id: 7\nevent: job\ndata: {"text":"two\\nlines"}\n\n',
  );
});

Deno.test("EventStream sends the past before what came meanwhile, each once (V1)", async () => {
  const { open } = setup();
  const { stream, reader } = open("x".repeat(10_000));
  stream.replay(upTo(1, 50).map(event));
  for (const at of upTo(51, 100)) stream.push(event(at));
  assert.deepEqual(numbers(await reader.until("id: 100\n")), upTo(1, 100));
});

Deno.test("EventStream cuts a reader that is too slow, and says so (V2)", async () => {
  const { open, streams } = setup({ eventsWaitingMax: 10 });
  const { stream, reader } = open("x".repeat(1_000));
  let ended = 0;
  stream.onEnd(() => ended++);
  for (const at of upTo(1, 1_000)) stream.push(event(at));
  assert.equal(ended, 1);
  assert.equal(streams.size, 0);
  const text = await reader.toEnd();
  assert.match(text, /event: cut\n[^]*too slowly[^]*$/);
  const got = numbers(text);
  assert.deepEqual(got, upTo(1, got.length));
  assert.ok(got.length < 200);
});

Deno.test("EventStream runs onEnd once, however it ends (V3)", async () => {
  const { open } = setup();
  const { stream, reader } = open();
  let ended = 0;
  stream.onEnd(() => ended++);
  await reader.stop();
  stream.end("bye", {});
  stream.push(event(1));
  assert.equal(ended, 1);
  stream.onEnd(() => ended++);
  assert.equal(ended, 2);
});

Deno.test("EventStreams sends heartbeats while any stream is open", async () => {
  const { clock, open } = setup({ eventHeartbeatMs: 1_000 });
  const { reader } = open();
  clock.advance(2_000);
  assert.equal((await reader.until(": alive\n\n: alive\n\n")).includes("retry"), true);
  await reader.stop();
  clock.advance(1_000);
  assert.equal(clock.timers, 0);
});
