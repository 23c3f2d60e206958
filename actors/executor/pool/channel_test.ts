import assert from "node:assert/strict";
import { Channel, type Connection } from "./channel.ts";
import { encodeFrame, FrameReader } from "./frames.ts";

/** A connection in memory, whose writes wait until the test lets them through. */
function setup() {
  const written: Uint8Array[] = [];
  const incoming: (Uint8Array | null)[] = [];
  let wake: () => void = () => {};
  const gate = Promise.withResolvers<void>();
  let closed = 0;
  const connection: Connection = {
    async read(into) {
      while (incoming.length === 0) await new Promise<void>((resolve) => wake = resolve);
      const bytes = incoming.shift() ?? null;
      if (bytes) into.set(bytes);
      return bytes ? bytes.length : null;
    },
    async write(bytes) {
      await gate.promise;
      const part = bytes.subarray(0, 7); // Short writes must not lose anything.
      written.push(part.slice());
      return part.length;
    },
    close: () => void closed++,
  };
  return {
    channel: new Channel<unknown, unknown>(connection),
    closed: () => closed,
    open: () => gate.resolve(),
    deliver(bytes: Uint8Array | null) {
      incoming.push(bytes);
      wake();
    },
    /** The batches that were written so far. */
    batches() {
      const reader = new FrameReader();
      return written.flatMap((part) => reader.push(part)).map((text) => JSON.parse(text));
    },
  };
}

const settle = () => new Promise((turn) => setImmediate(turn));

Deno.test("Channel sends a turn's messages as one batch, and gathers while it writes", async () => {
  const { channel, open, batches } = setup();
  channel.send(1);
  channel.send({ two: 2 });
  await settle();
  channel.send(3);
  channel.send(4);
  open();
  await settle();
  assert.deepEqual(batches(), [[1, { two: 2 }], [3, 4]]);
});

Deno.test("Channel cuts batches by their size", async () => {
  const { channel, open, batches } = setup();
  open();
  for (let at = 0; at < 3; at++) channel.send("x".repeat(600_000));
  while (batches().length < 2) await settle();
  assert.deepEqual(batches().map((batch) => batch.length), [2, 1]);
});

Deno.test("Channel.listen hands over batches and ends with the connection", async () => {
  const { channel, deliver, closed } = setup();
  const received: unknown[] = [];
  const listening = channel.listen((batch) => received.push(batch));
  deliver(encodeFrame("[1,2]"));
  deliver(encodeFrame("[3]"));
  deliver(null);
  await listening;
  assert.deepEqual(received, [[1, 2], [3]]);
  assert.equal(closed(), 1);
  channel.send(1);
  channel.close();
  assert.equal(closed(), 1);
});

Deno.test("Channel.listen throws what is wrong with a receiver instead of swallowing it", async () => {
  const { channel, deliver } = setup();
  const listening = channel.listen(() => {
    throw new Error("a bug");
  });
  deliver(encodeFrame("[1]"));
  await assert.rejects(listening, /a bug/);
});
