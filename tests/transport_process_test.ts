import assert from "node:assert/strict";
import { Fault } from "../runtime/fault.ts";
import type { Transport } from "../runtime/transport/port.ts";
import { ZmqStage } from "../runtime/transport/testing/zmq_stage.ts";
import { pause } from "./support/eventually.ts";
import { dial, frameOf, shakeHands, writeAll } from "./support/zmtp.ts";

const DEADLINE_MS = 10_000;
const CHILD = new URL("./transport_echo_child.ts", import.meta.url).pathname;

/** Starts another process with a transport at `bind`; resolves once it listens. */
async function startEcho(bind: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", CHILD, bind],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const kill = async () => {
    child.kill("SIGKILL");
    await reader.cancel();
    await child.status;
  };
  return { address: new TextDecoder().decode(value).trim(), pid: child.pid, child, kill };
}

/** Asks again until it is answered: what was sent into a broken link is lost, as the port says. */
async function askUntilAnswered(transport: Transport, to: string): Promise<unknown> {
  for (let tries = 0; tries < 100; tries++) {
    const reply = await transport.ask(to, "pid", null, { deadlineMs: 200 }).catch(() => undefined);
    if (reply !== undefined) return reply;
  }
  return undefined;
}

Deno.test("transports of two processes answer each other", async () => {
  const stage = new ZmqStage();
  const a = await stage.open("a");
  const echo = await startEcho("127.0.0.1:0");
  try {
    const bodies = Array.from({ length: 2_000 }, (_, n) => ({ n, text: "x".repeat(n % 300) }));
    const asks = bodies.map((body) =>
      a.ask(echo.address, "echo", body, { deadlineMs: DEADLINE_MS })
    );
    assert.deepEqual(await Promise.all(asks), bodies);
  } finally {
    await echo.kill();
    await stage.close();
  }
});

Deno.test("a transport reaches a process that was killed and started again", async () => {
  const stage = new ZmqStage();
  const a = await stage.open("a");
  const first = await startEcho("127.0.0.1:0");
  assert.equal(await askUntilAnswered(a, first.address), first.pid);
  await first.kill();
  await assert.rejects(
    a.ask(first.address, "pid", null, { deadlineMs: 300 }),
    (fault) => fault instanceof Fault && ["timeout", "unavailable"].includes(fault.code),
  );
  const second = await startEcho(first.address);
  try {
    assert.equal(await askUntilAnswered(a, second.address), second.pid);
  } finally {
    await second.kill();
    await stage.close();
  }
});

Deno.test("a process that is busy while a sender floods it and goes away lives on", async () => {
  const stage = new ZmqStage();
  const a = await stage.open("a");
  const echo = await startEcho("127.0.0.1:0");
  try {
    const stranger = await dial(echo.address);
    await shakeHands(stranger);
    const blocked = a.ask(echo.address, "block", 5_500, { deadlineMs: DEADLINE_MS });
    await pause(200);
    await writeAll(stranger, ...Array.from({ length: 500 }, () => frameOf(new Uint8Array(3))));
    // It goes with an unread heartbeat, so that the connection breaks; the next one is due while all is blocked.
    await pause(2_500);
    stranger.close();
    await blocked;
    assert.equal(await askUntilAnswered(a, echo.address), echo.pid);
  } finally {
    await echo.kill();
    await stage.close();
  }
});

Deno.test("asking a stopped process ends at the deadline, and works when it goes on", async () => {
  const stage = new ZmqStage();
  const a = await stage.open("a");
  const echo = await startEcho("127.0.0.1:0");
  try {
    assert.equal(await askUntilAnswered(a, echo.address), echo.pid);
    echo.child.kill("SIGSTOP");
    const beganMs = performance.now();
    await assert.rejects(
      a.ask(echo.address, "pid", null, { deadlineMs: 300 }),
      (fault) => fault instanceof Fault && fault.code === "timeout",
    );
    const tookMs = performance.now() - beganMs;
    assert.ok(tookMs >= 295 && tookMs < 1_500, `${tookMs} ms`);
    echo.child.kill("SIGCONT");
    assert.equal(await askUntilAnswered(a, echo.address), echo.pid);
  } finally {
    await echo.kill();
    await stage.close();
  }
});
