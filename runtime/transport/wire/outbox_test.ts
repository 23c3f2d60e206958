import assert from "node:assert/strict";
import {
  TRANSPORT_BATCH_BYTES,
  TRANSPORT_BODY_BYTES_MAX,
  TRANSPORT_QUEUE_BYTES_MAX,
  TRANSPORT_QUEUE_ENVELOPES_MAX,
} from "../../limits.ts";
import { selfOf } from "../testing/stage.ts";
import { type Envelope, KINDS, MessageReader, prelude } from "./message.ts";
import { BufferPool, Outbox, type SendResult } from "./outbox.ts";

/** An outbox, and a link that notes the correlations of each message that it takes. */
function setup() {
  const outbox = new Outbox(new BufferPool(), prelude(selfOf("a", "h:1"), 1, 1));
  const messages: number[][] = [];
  let answer: SendResult = "sent";
  const send = (bytes: Uint8Array, length: number): SendResult => {
    if (answer !== "sent") return answer;
    const reader = new MessageReader();
    assert.equal(reader.open(bytes, length), undefined);
    const correlations: number[] = [];
    while (reader.next()) correlations.push(reader.correlation);
    messages.push(correlations);
    return "sent";
  };
  const link = { answers: (result: SendResult) => void (answer = result) };
  return { outbox, link, messages, drain: () => outbox.drain(send) };
}

function ask(correlation: number, bodyBytes = 10): Envelope {
  const body = new Uint8Array(bodyBytes);
  return { kind: KINDS.ask, correlation, remainingMs: 1, channel: "c", traceparent: "", body };
}

Deno.test("Outbox gathers what comes before a drain into one message, in order (O1)", () => {
  const { outbox, messages, drain } = setup();
  for (const n of [1, 2, 3]) outbox.push(ask(n), 0);
  assert.equal(drain(), "sent");
  outbox.push(ask(4), 0);
  drain();
  assert.deepEqual(messages, [[1, 2, 3], [4]]);
  assert.equal(outbox.size, 0);
});

Deno.test("Outbox begins another message where one would be too large", () => {
  const { outbox, messages, drain } = setup();
  outbox.push(ask(1, TRANSPORT_BATCH_BYTES / 2), 0);
  outbox.push(ask(2, TRANSPORT_BATCH_BYTES / 2), 0);
  outbox.push(ask(3, TRANSPORT_BODY_BYTES_MAX), 0);
  outbox.push(ask(4), 0);
  drain();
  assert.deepEqual(messages, [[1], [2], [3], [4]]);
});

Deno.test("Outbox keeps what the link holds, and offers it again first", () => {
  const { outbox, link, messages, drain } = setup();
  link.answers("held");
  outbox.push(ask(1), 0);
  assert.equal(drain(), "held");
  outbox.push(ask(2), 0);
  assert.deepEqual([outbox.size, messages], [2, []]);
  link.answers("sent");
  drain();
  assert.deepEqual(messages, [[1, 2]]);
});

Deno.test("Outbox refuses beyond its bytes, and has room again after a drain (O2)", () => {
  const { outbox, drain } = setup();
  const bodyBytes = TRANSPORT_BODY_BYTES_MAX;
  let pushed = 0;
  while (outbox.push(ask(pushed, bodyBytes), 0) !== undefined) pushed++;
  assert.equal(pushed, Math.floor(TRANSPORT_QUEUE_BYTES_MAX / bodyBytes));
  drain();
  assert.notEqual(outbox.push(ask(1, bodyBytes), 0), undefined);
});

Deno.test("Outbox refuses beyond its number of envelopes (O2)", () => {
  const { outbox } = setup();
  for (let n = 0; n < TRANSPORT_QUEUE_ENVELOPES_MAX; n++) assert.ok(outbox.push(ask(n, 0), 0));
  assert.equal(outbox.push(ask(1, 0), 0), undefined);
});

Deno.test("Outbox takes back what waits, not what was sent (O3)", () => {
  const { outbox, messages, drain } = setup();
  const [first, second] = [outbox.push(ask(1), 0), outbox.push(ask(2), 0)];
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(outbox.takeBack(first), true);
  drain();
  assert.deepEqual(messages, [[2]]);
  assert.equal(outbox.takeBack(second), false);
});

Deno.test("Outbox drops what is too old, and knows that it was never sent (O3)", () => {
  const { outbox, link, messages, drain } = setup();
  link.answers("held");
  const old = outbox.push(ask(1), 100);
  drain();
  // Closes the first batch, so that the second one has a time of its own.
  outbox.push(ask(2, TRANSPORT_BATCH_BYTES), 200);
  assert.equal(outbox.dropOlderThan(100), 0);
  assert.equal(outbox.dropOlderThan(150), 1);
  assert.ok(old !== undefined && outbox.takeBack(old));
  link.answers("sent");
  drain();
  assert.deepEqual(messages, [[2]]);
});

Deno.test("Outbox.drain() stops at a link that is gone", () => {
  const { outbox, link, drain } = setup();
  outbox.push(ask(1), 0);
  link.answers("gone");
  assert.equal(drain(), "gone");
  assert.equal(outbox.size, 1);
});

Deno.test("BufferPool gives a buffer again, and none for outsized messages (O4)", () => {
  const pool = new BufferPool();
  const buffer = pool.take(10);
  pool.give(buffer);
  assert.equal(pool.take(TRANSPORT_BATCH_BYTES), buffer);
  const large = pool.take(TRANSPORT_BATCH_BYTES + 1);
  pool.give(large);
  assert.notEqual(pool.take(10), large);
});
