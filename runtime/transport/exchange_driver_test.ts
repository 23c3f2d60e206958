import assert from "node:assert/strict";
import {
  TRANSPORT_ASKS_PENDING_MAX,
  TRANSPORT_IDLE_MS,
  TRANSPORT_LINKS_MAX,
  TRANSPORT_QUEUE_ENVELOPES_MAX,
} from "../limits.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";
import { Exchange } from "./exchange_driver.ts";
import type { Lane } from "./lane.ts";
import type { Refusal } from "./refusals.ts";
import { faultFrom, MemoryStage, selfOf } from "./testing/stage.ts";
import { KINDS, type Protocol, protocolOf } from "./wire/message.ts";
import type { SendResult } from "./wire/outbox.ts";

/** An exchange whose links note what is sent on them. */
function setup(protocol: Protocol = protocolOf(1)) {
  const clock = new VirtualClock();
  const sent: { address: string; bytes: Uint8Array }[] = [];
  const closed: string[] = [];
  const refused: Refusal[] = [];
  let answer: SendResult = "sent";
  const exchange = new Exchange({
    self: selfOf("a", "a:1"),
    clock,
    protocol,
    log: () => {},
    connect: (address) => ({
      send: (bytes, length) => {
        if (answer === "sent") sent.push({ address, bytes: bytes.slice(0, length) });
        return answer;
      },
      close: () => void closed.push(address),
    }),
    soon: queueMicrotask,
    refuse: (reason) => void refused.push(reason),
  });
  const link = { answers: (result: SendResult) => void (answer = result) };
  return { exchange, clock, sent, closed, refused, link };
}

/** A lane of another exchange, as the receiver of what is sent there. */
function route(exchange: Exchange, replies: Uint8Array[] = []): Lane {
  return exchange.lanes.accept({
    send: (bytes, length) => {
      replies.push(bytes.slice(0, length));
      return "sent";
    },
    close: () => {},
  });
}

Deno.test("Exchange sends what one turn pushes as one message per peer", async () => {
  const { exchange, sent } = setup();
  for (let n = 0; n < 100; n++) exchange.tell(n % 2 === 0 ? "b:1" : "c:1", "x", n, "");
  assert.equal(sent.length, 0);
  await settle();
  assert.deepEqual(sent.map(({ address }) => address), ["b:1", "c:1"]);
});

Deno.test("Exchange refuses asks beyond what may wait, and takes more after some ended (T1)", async () => {
  const { exchange, clock } = setup();
  const stage = new MemoryStage();
  const ask = (n: number) => exchange.ask(`p${n % 8}:1`, "x", 0, { deadlineMs: 100 });
  const outcomes: Promise<unknown>[] = [];
  for (let n = 0; n < TRANSPORT_ASKS_PENDING_MAX; n++) outcomes.push(ask(n).catch(() => "failed"));
  await faultFrom(stage, ask(0), "overloaded");
  await clock.pass(200);
  assert.deepEqual(new Set(await Promise.all(outcomes)), new Set(["failed"]));
  const later = ask(0).catch((fault) => fault.code);
  await clock.pass(200);
  assert.equal(await later, "timeout");
});

Deno.test("Exchange closes links that carry nothing, and keeps those that are used (E4)", async () => {
  const { exchange, clock, closed } = setup();
  exchange.tell("idle:1", "x", 0, "");
  exchange.tell("used:1", "x", 0, "");
  for (let ms = 0; ms < TRANSPORT_IDLE_MS + 2_000; ms += 10_000) {
    await clock.pass(10_000);
    exchange.tell("used:1", "x", 0, "");
  }
  assert.deepEqual(closed, ["idle:1"]);
  assert.equal(exchange.lanes.peers, 1);
});

Deno.test("Exchange makes room for a new peer by the one that was idle for longest (E3)", async () => {
  const { exchange, clock, closed, link } = setup();
  for (let n = 0; n < TRANSPORT_LINKS_MAX; n++) {
    exchange.tell(`p${n}:1`, "x", 0, "");
    if (n < 2) await clock.pass(1);
  }
  await settle();
  assert.equal(exchange.tell("new:1", "x", 0, ""), true);
  assert.deepEqual(closed, ["p0:1"]);
  link.answers("held");
  for (let n = 1; n < TRANSPORT_LINKS_MAX; n++) exchange.tell(`p${n}:1`, "x", 0, "");
  exchange.tell("new:1", "x", 0, "");
  await settle();
  assert.equal(exchange.tell("newer:1", "x", 0, ""), false, "all are in use");
});

Deno.test("Exchange speaks the older version until it hears a newer one (L1, F3)", async () => {
  const [a, b] = [setup(protocolOf(2)), setup(protocolOf(2))];
  const replies: Uint8Array[] = [];
  const toB = route(b.exchange, replies);
  b.exchange.serve("x", (body) => body);
  const versions: (number | undefined)[] = [];
  for (let round = 0; round < 2; round++) {
    const answered = a.exchange.ask("b:1", "x", round, { deadlineMs: 100 });
    await settle();
    const message = a.sent[round]?.bytes ?? new Uint8Array(0);
    versions.push(message[1]);
    b.exchange.received(toB, message, message.length, "");
    await settle();
    const [reply, lane] = [replies[round], a.exchange.lanes.peer("b:1")];
    assert.ok(reply !== undefined && lane !== undefined);
    versions.push(reply[1]);
    a.exchange.received(lane, reply, reply.length, "");
    assert.equal(await answered, round);
  }
  // The ask goes first, in the old version; from then on both know of the new one.
  assert.deepEqual(versions, [1, 2, 2, 2]);
});

Deno.test("Exchange lets neighbouring versions speak, and refuses those further apart", async () => {
  const [old, next, far] = [setup(protocolOf(1)), setup(protocolOf(2)), setup(protocolOf(3))];
  for (const each of [old, next, far]) each.exchange.tell("b:1", "x", 0, "");
  await settle();
  const heard = (
    { exchange, refused }: ReturnType<typeof setup>,
    from: ReturnType<typeof setup>,
  ) => {
    const { bytes } = from.sent[0] ?? { bytes: new Uint8Array(0) };
    exchange.received(route(exchange), bytes, bytes.length, "");
    return refused.at(-1);
  };
  // The channel has no handler here: that refusal means that the message was read.
  assert.deepEqual([heard(old, next), heard(next, old), heard(next, far)], [
    "channel",
    "channel",
    "channel",
  ]);
  assert.deepEqual([heard(old, far), heard(far, old)], ["version", "version"]);
});

Deno.test("Exchange takes a reply only on the link by which its ask left", async () => {
  const { exchange, sent, refused } = setup();
  const stage = new MemoryStage();
  const waiting = exchange.ask("b:1", "x", 0, { deadlineMs: 100 });
  exchange.tell("c:1", "x", 0, "");
  await settle();
  const forged = (sent[0]?.bytes ?? new Uint8Array(0)).slice();
  const kindAt = forged.length - 1 - "x".length - 15;
  assert.equal(forged[kindAt], KINDS.ask);
  forged[kindAt] = KINDS.reply;
  const [other, right] = [exchange.lanes.peer("c:1"), exchange.lanes.peer("b:1")];
  assert.ok(other !== undefined && right !== undefined);
  exchange.received(other, forged, forged.length, "");
  assert.deepEqual(refused, ["late-reply"]);
  exchange.received(right, forged, forged.length, "");
  assert.equal(await stage.wait(waiting), 0);
});

Deno.test("Exchange takes no asks on links of its own", async () => {
  const { exchange, sent, refused } = setup();
  let handled = 0;
  exchange.serve("x", () => void handled++);
  exchange.tell("b:1", "x", 0, "");
  await settle();
  const [bytes, lane] = [sent[0]?.bytes, exchange.lanes.peer("b:1")];
  assert.ok(bytes !== undefined && lane !== undefined);
  exchange.received(lane, bytes, bytes.length, "");
  assert.deepEqual([handled, refused], [0, ["frames"]]);
});

Deno.test("Exchange refuses a node name that another key speaks for", async () => {
  const [a, b] = [setup(), setup()];
  const seen: unknown[] = [];
  b.exchange.serve("x", (body) => void seen.push(body));
  a.exchange.tell("b:1", "x", "mine", "");
  await settle();
  const bytes = a.sent[0]?.bytes ?? new Uint8Array(0);
  b.exchange.received(route(b.exchange), bytes, bytes.length, "key-1");
  b.exchange.received(route(b.exchange), bytes, bytes.length, "key-2");
  assert.deepEqual([seen, b.refused], [["mine"], ["stolen-name"]]);
});

Deno.test("Exchange says that a queue of small messages is full, too", () => {
  const { exchange, link } = setup();
  link.answers("held");
  for (let n = 0; n < TRANSPORT_QUEUE_ENVELOPES_MAX; n++) {
    assert.ok(exchange.tell("b:1", "x", n, ""));
  }
  assert.equal(exchange.tell("b:1", "x", 0, ""), false);
});
