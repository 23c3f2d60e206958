import assert from "node:assert/strict";
import { settle } from "../runtime/testing/virtual_clock.ts";
import { ZmqStage } from "../runtime/transport/testing/zmq_stage.ts";

const DEADLINE_MS = 10_000;
const PEERS = 2_000;
/** Peers that are there at once. Each waits on one of the process's 32 threads for blocking calls. */
const WAVE = 20;

Deno.test(`a transport opens, uses and closes links with ${PEERS} peers within 10 s`, async () => {
  const stage = new ZmqStage();
  const hub = await stage.open("hub");
  hub.serve("double", (body) => 2 * (body as number));
  const beganMs = performance.now();
  let answered = 0;
  for (let first = 0; first < PEERS; first += WAVE) {
    const wave = new ZmqStage();
    await Promise.all(Array.from({ length: WAVE }, async (_, n) => {
      const peer = await wave.open(`peer-${first + n}`);
      peer.serve("triple", (body) => 3 * (body as number));
      const [there, back] = await Promise.all([
        peer.ask(hub.address, "double", n, { deadlineMs: DEADLINE_MS }),
        hub.ask(peer.address, "triple", n, { deadlineMs: DEADLINE_MS }),
      ]);
      if (there === 2 * n && back === 3 * n) answered++;
      hub.forget(peer.address);
    }));
    await wave.close();
  }
  const seconds = (performance.now() - beganMs) / 1_000;
  const left = hub.peers;
  const descriptors = [...Deno.readDirSync("/proc/self/fd")].length;
  await stage.close();
  assert.equal(answered, PEERS);
  assert.equal(left, 0);
  assert.ok(descriptors < 300, `${descriptors} descriptors are open`);
  assert.ok(seconds < 10, `${seconds.toFixed(1)} s`);
});

Deno.test("no wake-up is lost while nodes ask each other now and then (W1)", async () => {
  const stage = new ZmqStage();
  const nodes = await Promise.all(Array.from({ length: 6 }, (_, n) => stage.open(`n${n}`)));
  for (const node of nodes) node.serve("echo", (body) => body);
  // A lost one shows as an ask that takes as long as the loop's longest wait, a second.
  let slowestMs = 0;
  await Promise.all(nodes.map(async (node, n) => {
    for (let round = 0; round < 1_000; round++) {
      const to = nodes[(n + 1 + round % 5) % nodes.length];
      const beganMs = performance.now();
      await node.ask(to?.address ?? "", "echo", round, { deadlineMs: DEADLINE_MS });
      slowestMs = Math.max(slowestMs, performance.now() - beganMs);
      if (round % 7 === n) node.forget(to?.address ?? "");
      if (round % 3 === 0) await settle();
    }
  }));
  await stage.close();
  assert.ok(slowestMs < 800, `the slowest ask took ${slowestMs.toFixed(0)} ms`);
});
