import assert from "node:assert/strict";
import { Deadlines } from "../http/deadlines.ts";
import { drained } from "../testing/setup.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { BulkRun } from "./bulk_run.ts";
import { readLines } from "./line_reader.ts";

function setup() {
  const clock = new VirtualClock();
  const told: string[] = [];
  const stop = new AbortController();
  const run = new BulkRun({
    submit: (value) => Promise.resolve(JSON.stringify(value)),
    report: {
      accepted: (index, id) => void told.push(`${index} ${id}`),
      rejected: (index, { kind }) => void told.push(`${index} ${kind}`),
    },
    inFlightMax: 10,
  });
  const idle = new Deadlines(clock, 1_000);
  const options = { run, idle, lineBytesMax: 50, stopping: stop.signal };
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  return {
    ...{ clock, told, stop, run, writer, options },
    read: (more = {}) => readLines(readable.getReader(), { ...options, ...more }),
    write: (text: string) => writer.write(new TextEncoder().encode(text)),
  };
}

Deno.test("readLines() feeds each line, good or bad, to the run", async () => {
  const { read, write, writer, told, run } = setup();
  const reading = read();
  await write('{"a":1}\noops\n"');
  await write(`${"x".repeat(60)}"\n${"[".repeat(30)}\n`);
  await write('"last"');
  await writer.close();
  assert.equal(await reading, undefined);
  await run.settled();
  assert.deepEqual(told.sort(), [
    '0 {"a":1}',
    "1 not-json",
    "2 too-large",
    "3 not-json",
    '4 "last"',
  ]);
});

Deno.test("readLines() stops at a silence, without the line that it cut (R2)", async () => {
  const { read, write, clock, told } = setup();
  const reading = read();
  await write("1\n2");
  await drained();
  clock.advance(1_000);
  assert.match(await reading ?? "", /nothing arrived/);
  assert.deepEqual(told, ["0 1"]);
});

Deno.test("readLines() stops when the node does, and reads nothing after (R2)", async () => {
  const { read, stop } = setup();
  const reading = read();
  stop.abort();
  assert.match(await reading ?? "", /stopping/);
  const late = setup();
  late.stop.abort();
  assert.match(await late.read() ?? "", /stopping/);
});

Deno.test("readLines() tells a body that breaks off", async () => {
  const { read, writer } = setup();
  const reading = read();
  await writer.abort(new Error("reset"));
  assert.equal(await reading, "the body broke off");
});

Deno.test("readLines() gives up on an answer that nobody reads, and releases it (R1)", async () => {
  const { read, write, clock } = setup();
  const room = Promise.withResolvers<void>();
  let released = 0;
  const answer = {
    room: () => released === 0 ? room.promise : undefined,
    release: () => {
      released++;
      room.resolve();
    },
  };
  const reading = read({ answer });
  write("1\n2\n").catch(() => {});
  await drained();
  clock.advance(1_000);
  assert.match(await reading ?? "", /nobody read the answer/);
  assert.equal(released, 1);
});
