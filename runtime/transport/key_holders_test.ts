import assert from "node:assert/strict";
import { TRANSPORT_KEY_HELD_MS, TRANSPORT_KEYS_HELD_MAX } from "../limits.ts";
import { KeyHolders } from "./key_holders.ts";

Deno.test("KeyHolders.admit() keeps a name for the key that speaks for it (K1)", () => {
  const holders = new KeyHolders();
  assert.equal(holders.admit("a", "key-1", 0), true);
  assert.equal(holders.admit("a", "key-2", 1), false);
  assert.equal(holders.admit("b", "key-2", 1), true);
  assert.equal(holders.admit("a", "key-1", TRANSPORT_KEY_HELD_MS - 1), true);
  assert.equal(holders.admit("a", "key-2", TRANSPORT_KEY_HELD_MS), false, "it went on speaking");
});

Deno.test("KeyHolders.admit() gives a name to another key after a silent minute", () => {
  const holders = new KeyHolders();
  holders.admit("a", "key-1", 0);
  assert.equal(holders.admit("a", "key-2", TRANSPORT_KEY_HELD_MS), true);
  assert.equal(holders.admit("a", "key-1", TRANSPORT_KEY_HELD_MS + 1), false);
});

Deno.test("KeyHolders forgets the oldest name beyond its bound", () => {
  const holders = new KeyHolders();
  for (let n = 0; n <= TRANSPORT_KEYS_HELD_MAX; n++) holders.admit(`node-${n}`, "key-1", 0);
  assert.equal(holders.admit("node-0", "key-2", 1), true);
  assert.equal(holders.admit("node-2", "key-2", 1), false);
});
