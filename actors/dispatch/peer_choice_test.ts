import assert from "node:assert/strict";
import type { BootId, NodeName } from "../../runtime/ids.ts";
import { LOAD_KNOWN_MS, PEER_FULL_MS } from "../../runtime/limits.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { type Peer, PeerChoice } from "./peer_choice.ts";

function peer(
  name: string,
  running: number | null,
  given: Partial<Peer> & { slots?: number } = {},
): Peer {
  const { slots = 10, ...more } = given;
  return {
    name: name as NodeName,
    boot: `${name}1` as BootId,
    state: "alive",
    meta: { slots, roles: ["worker"] },
    load: running === null ? null : { running },
    ...more,
  };
}

function setup() {
  const clock = new VirtualClock();
  let draws = 0;
  const choice = new PeerChoice(clock, () => (draws++ % 10) / 10);
  return { clock, choice };
}

Deno.test("pick() takes the less loaded of those drawn, and one that never told its load", () => {
  const { choice } = setup();
  const peers = [peer("a", 9), peer("b", 1)];
  const names = Array.from({ length: 4 }, () => choice.pick(peers)?.node);
  assert.ok(names.filter((name) => name === "b").length >= 2, `${names}`);
  assert.equal(choice.pick([peer("c", null)])?.boot, "c1");
});

Deno.test("pick() counts what it sent until the node can have told of it (PC1)", () => {
  const { choice, clock } = setup();
  const peers = [peer("a", 7)];
  const picks = () => Array.from({ length: 5 }, () => choice.pick(peers)?.node);
  assert.deepEqual(picks(), ["a", "a", "a", undefined, undefined]);
  clock.advance(LOAD_KNOWN_MS);
  assert.deepEqual(picks(), ["a", "a", "a", undefined, undefined]);
});

Deno.test("pick() leaves out who is full, gone, or runs nothing (PC1)", () => {
  const { choice } = setup();
  const gateway = { slots: 10, roles: ["gateway"] };
  assert.equal(choice.pick([]), undefined);
  assert.equal(choice.pick([peer("a", 10)]), undefined);
  assert.equal(choice.pick([peer("a", 0, { state: "draining" })]), undefined);
  assert.equal(choice.pick([peer("a", 0, { state: "suspect" })]), undefined);
  assert.equal(choice.pick([peer("a", 0, { meta: gateway })]), undefined);
});

Deno.test("full() keeps a node from being chosen for a while (PC1)", () => {
  const { choice, clock } = setup();
  choice.full("a1" as BootId);
  assert.equal(choice.pick([peer("a", 0)]), undefined);
  clock.advance(PEER_FULL_MS);
  assert.equal(choice.pick([peer("a", 0)])?.node, "a");
});
