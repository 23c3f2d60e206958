import assert from "node:assert/strict";
import fc from "fast-check";
import { MAILBOX_SYSTEM_MAX, MAILBOX_USER_MAX } from "../limits.ts";
import { type Lane, Mailbox } from "./mailbox.ts";

function takeAll<Item>(mailbox: Mailbox<Item>): Item[] {
  const taken: Item[] = [];
  for (let item = mailbox.take(); item !== undefined; item = mailbox.take()) taken.push(item);
  return taken;
}

Deno.test("take() keeps each lane's order and lets the system go first (M1, M2)", () => {
  const lanes = fc.array(fc.constantFrom<Lane>("system", "user"), { maxLength: 200, size: "max" });
  fc.assert(fc.property(lanes, (lanes) => {
    const mailbox = new Mailbox<number>();
    lanes.forEach((lane, at) => mailbox.offer(lane, at));
    assert.equal(mailbox.size, lanes.length);
    const of = (wanted: Lane) => lanes.flatMap((lane, at) => lane === wanted ? [at] : []);
    assert.deepEqual(takeAll(mailbox), [...of("system"), ...of("user")]);
    assert.equal(mailbox.size, 0);
  }));
});

Deno.test("offer() refuses what a full lane cannot hold; the other lane has room of its own (M3)", () => {
  const mailbox = new Mailbox<number>();
  for (let at = 0; at < MAILBOX_USER_MAX; at++) assert.ok(mailbox.offer("user", at));
  assert.equal(mailbox.offer("user", -1), false);
  for (let at = 0; at < MAILBOX_SYSTEM_MAX; at++) assert.ok(mailbox.offer("system", at));
  assert.equal(mailbox.offer("system", -1), false);
  assert.ok(!takeAll(mailbox).includes(-1));
});

Deno.test("putBack() makes messages the next ones, in their order, even in a full mailbox (M3)", () => {
  const mailbox = new Mailbox<number>();
  for (let at = 0; at < MAILBOX_SYSTEM_MAX; at++) mailbox.offer("system", at);
  mailbox.putBack(-2, -1);
  assert.equal(mailbox.size, MAILBOX_SYSTEM_MAX + 2);
  assert.deepEqual(takeAll(mailbox).slice(0, 3), [-2, -1, 0]);
});

Deno.test("drain() empties both lanes, system first", () => {
  const mailbox = new Mailbox<string>();
  mailbox.offer("user", "u1");
  mailbox.offer("system", "s1");
  mailbox.offer("user", "u2");
  assert.deepEqual(mailbox.drain(), ["s1", "u1", "u2"]);
  assert.equal(mailbox.take(), undefined);
});
