import assert from "node:assert/strict";
import fc from "fast-check";
import { TRANSPORT_BODY_BYTES_MAX, TRANSPORT_ENVELOPES_MAX } from "../../limits.ts";
import { selfOf } from "../testing/stage.ts";
import {
  type Envelope,
  ENVELOPE_BYTES,
  envelopeBytes,
  isChannel,
  isWireText,
  KINDS,
  MessageReader,
  prelude,
  PROTOCOL,
  protocolOf,
  writeEnvelope,
} from "./message.ts";

const SELF = selfOf("a", "10.0.0.1:7000");

function envelope(given: Partial<Envelope> = {}): Envelope {
  const body = new Uint8Array([1, 2, 3]);
  const traceparent = "00-1-2-01";
  return {
    kind: KINDS.ask,
    correlation: 4_294_967_295,
    remainingMs: 600_000,
    channel: "jobs/start",
    traceparent,
    body,
    ...given,
  };
}

/** A message of `envelopes`, as it goes over the wire. */
function message(...envelopes: Envelope[]): Uint8Array {
  const head = prelude(SELF, PROTOCOL.newest, PROTOCOL.newest);
  const size = envelopes.reduce((sum, one) => sum + envelopeBytes(one), head.length);
  const bytes = new Uint8Array(size);
  bytes.set(head);
  let at = head.length;
  for (const one of envelopes) at = writeEnvelope(bytes, at, one);
  assert.equal(at, size);
  return bytes;
}

/** Everything that a reader gives of a message that it takes. */
function readAll(bytes: Uint8Array): Envelope[] | string {
  const reader = new MessageReader();
  const refusal = reader.open(bytes, bytes.length);
  if (refusal !== undefined) return refusal;
  const read: Envelope[] = [];
  while (reader.next()) {
    const { kind, correlation, remainingMs, channel, traceparent, bodyStart, bodyEnd } = reader;
    const body = bytes.slice(bodyStart, bodyEnd);
    read.push({ kind, correlation, remainingMs, channel, traceparent, body });
  }
  return read;
}

Deno.test("MessageReader gives back what was written, and who sent it", () => {
  const all = [envelope(), envelope({ kind: KINDS.reply, channel: "", traceparent: "" })];
  const bytes = message(...all, envelope({ body: new Uint8Array(0) }));
  assert.deepEqual(readAll(bytes), [...all, envelope({ body: new Uint8Array(0) })]);
  const reader = new MessageReader();
  reader.open(bytes, bytes.length);
  assert.deepEqual(reader.sender(), SELF);
});

Deno.test("MessageReader skips envelopes that were taken back", () => {
  const bytes = message(envelope({ kind: KINDS.void }), envelope({ correlation: 2 }));
  assert.deepEqual(readAll(bytes), [envelope({ correlation: 2 })]);
});

Deno.test("MessageReader refuses a message at whatever length it is cut (F1)", () => {
  const bytes = message(envelope(), envelope());
  const whole = new Set([message(envelope()).length, bytes.length]);
  for (let length = 0; length <= bytes.length; length++) {
    const refusal = new MessageReader().open(bytes, length);
    assert.equal(refusal, whole.has(length) ? undefined : "garbage", `at ${length}`);
  }
});

Deno.test("MessageReader refuses lengths beyond the bounds before it reads (F1)", () => {
  const head = prelude(SELF, PROTOCOL.newest, PROTOCOL.newest).length;
  const spoil = (offset: number, value: number) => {
    const bytes = message(envelope());
    bytes[head + offset] = value;
    return readAll(bytes);
  };
  assert.equal(spoil(0, KINDS.fault + 1), "garbage", "an unknown kind");
  assert.equal(spoil(1, 0xff), "garbage", "a body of 4 GiB");
  assert.equal(spoil(13, 65), "garbage", "a channel of 65 characters");
  assert.equal(spoil(14, 201), "garbage", "a traceparent of 201 characters");
  assert.equal(spoil(ENVELOPE_BYTES, 0x20), "garbage", "a space in a channel");
  assert.equal(spoil(ENVELOPE_BYTES, 0x80), "garbage", "a channel beyond ASCII");
});

Deno.test("MessageReader refuses more envelopes than a message may have", () => {
  const tiny = envelope({ channel: "", traceparent: "", body: new Uint8Array(0) });
  const most = Array.from({ length: TRANSPORT_ENVELOPES_MAX }, () => tiny);
  assert.equal(readAll(message(...most)).length, TRANSPORT_ENVELOPES_MAX);
  assert.equal(readAll(message(...most, tiny)), "garbage");
});

Deno.test("MessageReader takes the versions of its protocol only (F3)", () => {
  const bytes = message(envelope());
  const open = (newest: number) => new MessageReader(protocolOf(newest)).open(bytes, bytes.length);
  assert.deepEqual([1, 2, 3].map(open), [undefined, undefined, "version"]);
  bytes[1] = bytes[2] = 2;
  assert.equal(open(1), "version");
});

Deno.test("protocolOf() is the version and the one before", () => {
  assert.deepEqual(protocolOf(1), { oldest: 1, newest: 1 });
  assert.deepEqual(protocolOf(5), { oldest: 4, newest: 5 });
});

Deno.test("MessageReader never throws nor reads behind the end, whatever comes (F2)", () => {
  const spoiled = fc.tuple(
    fc.nat(200),
    fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 8 }),
  );
  fc.assert(fc.property(spoiled, fc.uint8Array({ maxLength: 100 }), ([cut, changes], noise) => {
    const good = message(envelope(), envelope({ kind: KINDS.tell }));
    for (const [at, value] of changes) good[at % good.length] = value;
    const spoiledBytes = good.slice(0, good.length - (cut % good.length));
    for (const bytes of [noise, spoiledBytes]) {
      const read = readAll(bytes);
      if (typeof read === "string") continue;
      const size = read.reduce((sum, one) => sum + one.body.length, 0);
      assert.ok(size <= bytes.length);
    }
  }));
});

Deno.test("isChannel() and isWireText() take visible ASCII of bounded length", () => {
  assert.deepEqual(["a", "swim.ping/1_x-Y", "x".repeat(64)].map(isChannel), [true, true, true]);
  assert.deepEqual(["", "a b", "x".repeat(65), "ä"].map(isChannel), [false, false, false, false]);
  assert.deepEqual(["a:1", "~!"].map(isWireText), [true, true]);
  assert.deepEqual(["", " ", "x".repeat(201), "€"].map(isWireText), [false, false, false, false]);
});

Deno.test("an envelope of the largest body fits its length field", () => {
  const body = new Uint8Array(TRANSPORT_BODY_BYTES_MAX).fill(9);
  const read = readAll(message(envelope({ body })));
  assert.ok(typeof read !== "string");
  assert.deepEqual(read[0]?.body.length, TRANSPORT_BODY_BYTES_MAX);
});
