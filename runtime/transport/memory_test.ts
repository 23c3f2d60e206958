import assert from "node:assert/strict";
import { transportContract } from "./contract.ts";
import type { MessageInFlight } from "./memory.ts";
import { faultFrom, MemoryStage, selfOf } from "./testing/stage.ts";

transportContract("memory", () => new MemoryStage());

/** Two nodes, and what `b` was told on the channel `log`. */
async function setup() {
  const stage = new MemoryStage();
  const [a, b] = [await stage.open("a"), await stage.open("b")];
  const told: unknown[] = [];
  b.serve("log", (body) => void told.push(body));
  b.serve("echo", (body) => body);
  return { stage, a, b, told };
}

Deno.test("MemoryTransport delivers nothing in the turn of its sending (N1)", async () => {
  const { stage, a, b, told } = await setup();
  a.tell(b.address, "log", 1);
  assert.deepEqual(told, []);
  stage.clock.advance(0);
  assert.deepEqual(told, [1]);
});

Deno.test("MemoryTransport delivers after the network's delay", async () => {
  const { stage, a, b, told } = await setup();
  stage.hub.network = { fate: () => [30] };
  a.tell(b.address, "log", 1);
  stage.clock.advance(29);
  assert.deepEqual(told, []);
  stage.clock.advance(1);
  assert.deepEqual(told, [1]);
});

Deno.test("MemoryTransport loses, doubles and reorders what the network says", async () => {
  const { stage, a, b, told } = await setup();
  const fates = [[], [5, 9], [1]];
  stage.hub.network = { fate: () => fates.shift() ?? [] };
  for (const n of [1, 2, 3]) a.tell(b.address, "log", n);
  stage.clock.advance(10);
  assert.deepEqual(told, [3, 2, 2]);
});

Deno.test("MemoryTransport: a partition may have a direction", async () => {
  const { stage, a, b, told } = await setup();
  const seen: MessageInFlight[] = [];
  stage.hub.network = {
    fate: (message) => {
      seen.push(message);
      return message.from === b.address ? [] : [1];
    },
  };
  a.tell(b.address, "log", "there");
  await faultFrom(stage, a.ask(b.address, "echo", 1, { deadlineMs: 50 }), "timeout");
  assert.deepEqual(told, ["there"]);
  const [first] = seen;
  assert.deepEqual([first?.from, first?.to], [a.address, b.address]);
  assert.ok((first?.bytes ?? 0) > 20);
});

Deno.test("MemoryTransport: a doubled reply settles its ask once and is counted (T2)", async () => {
  const { stage, a, b } = await setup();
  stage.hub.network = { fate: ({ from }) => from === b.address ? [1, 2] : [1] };
  assert.equal(await stage.wait(a.ask(b.address, "echo", 1, { deadlineMs: 50 })), 1);
  await stage.clock.pass(5);
  assert.equal(a.refusals.of("late-reply"), 1);
});

Deno.test("MemoryTransport drops what a peer that is away doesn't take (E4)", async () => {
  const { stage, a } = await setup();
  const address = stage.nobody();
  a.tell(address, "log", "old");
  await stage.clock.pass(6_500);
  const told: unknown[] = [];
  (await stage.open("c", { address })).serve("log", (body) => void told.push(body));
  a.tell(address, "log", "new");
  await stage.clock.pass(1);
  assert.deepEqual(told, ["new"]);
  assert.equal(a.refusals.of("dropped"), 1);
});

Deno.test("MemoryTransport counts garbage, tells of it once, and serves on (T5)", async () => {
  const { stage, a, b } = await setup();
  for (let n = 0; n < 10; n++) b.injected(new Uint8Array([n, 1, 2, 3]));
  assert.equal(b.refusals.of("garbage"), 10);
  assert.equal(stage.logged.length, 1);
  assert.equal(await stage.wait(a.ask(b.address, "echo", 1, { deadlineMs: 50 })), 1);
});

Deno.test("MemoryTransport leaves no timer behind when it is closed", async () => {
  const { stage, a, b } = await setup();
  await stage.wait(a.ask(b.address, "echo", 1, { deadlineMs: 50 }));
  await a.close();
  await b.close();
  assert.equal(stage.clock.timers, 0);
});

Deno.test("MemoryHub.open() refuses an address that is taken", async () => {
  const { stage, a } = await setup();
  assert.throws(() => stage.hub.open(selfOf("x", a.address)), /taken/);
});
