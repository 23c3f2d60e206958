import assert from "node:assert/strict";
import { Fault, InvariantError } from "../../fault.ts";
import { Channel, type ThreadPort } from "./channel.ts";
import type { Request, Response } from "./protocol.ts";

/** A thread that answers, or dies, when it is told to. */
class HeldThread implements ThreadPort {
  onmessage: ((event: MessageEvent<Response>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  onmessageerror: ((event: MessageEvent) => void) | null = null;
  readonly sent: Request[] = [];
  terminated = 0;

  postMessage(message: Request): void {
    this.sent.push(message);
  }

  terminate(): void {
    this.terminated++;
  }

  answer(data: Response): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }
}

function isFault(code: string) {
  return (error: unknown) => error instanceof Fault && error.code === code;
}

Deno.test("call() resolves with its own answer, whatever the order of answers", async () => {
  const thread = new HeldThread();
  const channel = new Channel(thread);
  const calls = [channel.call("lanes", undefined), channel.call("tallies", "job")];
  assert.deepEqual(thread.sent, [[1, "lanes", undefined], [2, "tallies", "job"]]);
  thread.answer([2, "value", "second"]);
  thread.answer([1, "value", "first"]);
  assert.deepEqual(await Promise.all(calls), ["first", "second"]);
});

Deno.test("call() rejects with the fault or the bug that the thread met", async () => {
  const thread = new HeldThread();
  const channel = new Channel(thread);
  const full = assert.rejects(channel.call("apply", []), isFault("full"));
  const bug = assert.rejects(channel.call("find", {}), InvariantError);
  thread.answer([1, "fault", { op: "store.apply", code: "full", message: "no space" }]);
  thread.answer([2, "bug", "what was assumed does not hold"]);
  await Promise.all([full, bug]);
});

Deno.test("a dying thread settles every call: reads failed, writes are unknown", async () => {
  const thread = new HeldThread();
  const channel = new Channel(thread);
  const settled = [
    assert.rejects(channel.call("apply", []), isFault("timeout")),
    assert.rejects(channel.call("acquire", {}), isFault("timeout")),
    assert.rejects(channel.call("load", []), isFault("unavailable")),
  ];
  const event = new ErrorEvent("error", { message: "out of luck", cancelable: true });
  thread.onerror?.(event);
  await Promise.all(settled);
  assert.equal(event.defaultPrevented, true, "the process lives on");
  await assert.rejects(channel.call("apply", []), isFault("unavailable"));
  assert.equal(thread.sent.length, 3, "nothing is sent to a dead thread");
});

Deno.test("an unreadable message ends the channel", async () => {
  const thread = new HeldThread();
  const channel = new Channel(thread);
  const failed = assert.rejects(channel.call("load", []), isFault("unavailable"));
  thread.onmessageerror?.(new MessageEvent("messageerror"));
  await failed;
});

Deno.test("refuse() turns away new calls and lets the others end", async () => {
  const thread = new HeldThread();
  const channel = new Channel(thread);
  const before = channel.call("lanes", undefined);
  channel.refuse("closing");
  await assert.rejects(channel.call("lanes", undefined), isFault("unavailable"));
  thread.answer([1, "value", []]);
  assert.deepEqual(await before, []);
});

Deno.test("end() stops the thread once and ignores what still comes", () => {
  const thread = new HeldThread();
  const channel = new Channel(thread);
  channel.end("over");
  channel.end("over again");
  thread.answer([1, "value", "late"]);
  assert.equal(thread.terminated, 1);
});
