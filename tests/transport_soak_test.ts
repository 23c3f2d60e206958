import assert from "node:assert/strict";
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
