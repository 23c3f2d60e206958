import assert from "node:assert/strict";
import fc from "fast-check";
import {
  ADDRESS_CHARS_MAX,
  NODE_WORD_MAX,
  PIGGYBACK_UPDATES_MAX,
  ROLES_MAX,
  SYNC_MEMBERS_MAX,
} from "../limits.ts";
import { decodeMessage, type SwimMessage } from "./messages.ts";
import { bootOf, metaOf, parcelOf, recordOf } from "./testing/people.ts";

const UPDATE = recordOf("b1", { status: "suspect", by: bootOf("c1"), incarnation: 7 });
const PARCEL = {
  ...parcelOf("a1", [UPDATE]),
  loads: [{ boot: bootOf("b1"), version: 3, load: { running: 4, waiting: 5 } }],
};
const TARGET = bootOf("b1");

/** One message of each kind. */
const MESSAGES: readonly SwimMessage[] = [
  { kind: "ping", seq: 1, target: TARGET, ...PARCEL },
  { kind: "ping-req", seq: 2, target: TARGET, address: "b1:1", ...PARCEL },
  { kind: "ack", seq: 3, ...PARCEL },
  { kind: "nack", seq: 4, ...PARCEL },
  { kind: "gossip", ...PARCEL },
  { kind: "sync", ask: true, ...PARCEL },
];

/** The message with one field, given by its path, replaced. */
function damaged(message: SwimMessage, path: readonly (string | number)[], value: unknown) {
  const copy = structuredClone(message) as unknown as Record<string | number, unknown>;
  let at = copy;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  at[path.at(-1)!] = value;
  return copy;
}

Deno.test("decodeMessage() gives back every kind of message after a way through JSON", () => {
  for (const message of MESSAGES) {
    assert.deepEqual(decodeMessage(JSON.parse(JSON.stringify(message))), message);
  }
});

Deno.test("decodeMessage() keeps nothing that it does not know (D1)", () => {
  for (const message of MESSAGES) {
    const padded = { ...damaged(message, ["updates", 0, "more"], "x"), extra: 1 };
    assert.deepEqual(decodeMessage(padded), message);
  }
});

Deno.test("decodeMessage() refuses a message with any part that is wrong or beyond its bound (D1)", () => {
  const long = "x".repeat(NODE_WORD_MAX + 1);
  const cases: [path: (string | number)[], values: unknown[]][] = [
    [["kind"], ["pong", undefined, 7]],
    [["from"], ["", long, null, 7]],
    [["seq"], [-1, 1.5, NaN, "1", undefined, 2 ** 53]],
    [["target"], ["", long, undefined]],
    [["address"], ["b1", "b1:", "b 1:1", `${"x".repeat(ADDRESS_CHARS_MAX)}:1`, 7]],
    [["updates"], [null, {}, [null], Array(PIGGYBACK_UPDATES_MAX + 3).fill(UPDATE)]],
    [["updates", 0, "status"], ["zombie", undefined]],
    [["updates", 0, "incarnation"], [-1, Infinity, 2 ** 53 - 1, "1"]],
    [["updates", 0, "bornMs"], [undefined, -1]],
    [["updates", 0, "by"], [undefined, long]],
    [["updates", 0, "metaVersion"], [null, 0.5]],
    [["updates", 0, "meta"], [undefined, [], "meta"]],
    [["updates", 0, "meta", "peer"], ["", "nowhere", null]],
    [["updates", 0, "meta", "http"], [undefined, "x"]],
    [["updates", 0, "meta", "weight"], [0, -1, NaN, Infinity, "1"]],
    [["updates", 0, "meta", "slots"], [-1, 0.1]],
    [["updates", 0, "meta", "roles"], ["worker", [7], Array(ROLES_MAX + 1).fill("worker")]],
    [["updates", 0, "meta", "version"], ["", undefined, long]],
    [["updates", 0, "meta", "protocol"], [null, { min: 2, max: 1 }, { min: 1 }]],
    [["updates", 0, "meta", "draining"], [undefined, 1]],
    [["updates", 0, "meta", "leaving"], [undefined, "no"]],
    [["loads"], [undefined, [{ boot: TARGET }]]],
    [["loads", 0, "load"], [null, { running: 1 }, { running: -1, waiting: 0 }]],
  ];
  const request = MESSAGES[1]!;
  assert.ok(decodeMessage(request));
  for (const [path, values] of cases) {
    for (const value of values) {
      const raw = damaged(request, path, value);
      assert.equal(decodeMessage(raw), undefined, `${path.join(".")} = ${JSON.stringify(value)}`);
    }
  }
  assert.equal(decodeMessage(damaged(MESSAGES[5]!, ["ask"], "yes")), undefined);
});

Deno.test("decodeMessage() bounds an exchange of views by its own bound (D1)", () => {
  const sync = (count: number) => ({
    kind: "sync",
    ask: false,
    ...parcelOf("a1", Array(count).fill(UPDATE)),
  });
  assert.ok(decodeMessage(sync(SYNC_MEMBERS_MAX)));
  assert.equal(decodeMessage(sync(SYNC_MEMBERS_MAX + 1)), undefined);
});

Deno.test("decodeMessage() never throws, whatever comes", () => {
  fc.assert(fc.property(fc.anything(), (raw) => {
    const message = decodeMessage(raw);
    assert.ok(message === undefined || typeof message.kind === "string");
  }));
  const names = ["kind", "from", "seq", "target", "updates", "loads", "ask", "address"];
  fc.assert(fc.property(
    fc.constantFrom(...MESSAGES),
    fc.constantFrom(...names),
    fc.jsonValue(),
    (message, name, value) => {
      decodeMessage(damaged(message, [name], value));
    },
  ));
});

Deno.test("an incarnation that was decoded can be raised and decoded again", () => {
  const highest = decodeMessage(damaged(MESSAGES[4]!, ["updates", 0, "incarnation"], 2 ** 52));
  assert.equal(highest?.updates[0]?.incarnation, 2 ** 52);
  assert.ok(Number.isSafeInteger(2 ** 52 + 1));
});

Deno.test("metadata of tests is what real nodes could tell", () => {
  assert.ok(decodeMessage({ kind: "gossip", ...parcelOf("a1", [recordOf("a1")]) }));
  assert.deepEqual(metaOf("x:1", { slots: 3 }).slots, 3);
});
