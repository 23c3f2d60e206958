import assert from "node:assert/strict";
import { Fault } from "../fault.ts";
import type { BootId, NodeName } from "../ids.ts";
import { STORE_RETRY_MAX_MS } from "../limits.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { MemoryHub } from "../transport/memory.ts";
import { ProcessCalls } from "./process_calls_driver.ts";

/** One node, started twice at one address, and another that calls it. */
function street() {
  const clock = new VirtualClock();
  const hub = new MemoryHub(clock);
  const ended = new Set<string>();
  const heard: string[] = [];
  const open = (boot: string) => {
    const address = `${boot.charAt(0)}:1`;
    const transport = hub.open({
      node: boot.charAt(0) as NodeName,
      boot: boot as BootId,
      address,
    }, { log: () => {} });
    const calls = new ProcessCalls({
      clock,
      transport,
      self: boot as BootId,
      addressOf: (to) => to === "nobody" ? undefined : `${to.charAt(0)}:1`,
      lives: (to) => !ended.has(to),
    });
    calls.serve("say", (word) => {
      heard.push(`${boot} ${word}`);
      return `${word} to you`;
    });
    return { calls, transport };
  };
  return { clock, ended, heard, open };
}

const B1 = "b1" as BootId;

/** The code of the fault that `call` rejects with, in virtual time. */
async function codeOf(clock: VirtualClock, call: Promise<unknown>): Promise<string> {
  const code = call.then((answer) => `answered ${answer}`, (error) => (error as Fault).code);
  await clock.pass(10);
  return await code;
}

Deno.test("ask() and tell() reach the process start that they are for", async () => {
  const { clock, heard, open } = street();
  const { calls } = open("a1");
  open("b1");
  assert.equal(await codeOf(clock, calls.ask(B1, "say", "hello")), "answered hello to you");
  calls.tell(B1, "say", "bye");
  await clock.pass(10);
  assert.deepEqual(heard, ["b1 hello", "b1 bye"]);
});

Deno.test("what is for one process start is not heard by the next at its address (PC1)", async () => {
  const { clock, heard, open } = street();
  const { calls } = open("a1");
  await open("b1").transport.close();
  open("b2");
  assert.equal(await codeOf(clock, calls.ask(B1, "say", "hello")), "unavailable");
  assert.equal(await codeOf(clock, calls.ask("nobody" as BootId, "say", "hello")), "unavailable");
  calls.tell(B1, "say", "bye");
  await clock.pass(10);
  assert.deepEqual(heard, []);
});

Deno.test("insist() goes on until it was heard, or its process start has ended (PC2)", async () => {
  const { clock, ended, heard, open } = street();
  const { calls } = open("a1");
  open("b2");
  void calls.insist(B1, "say", "to the dead");
  void calls.insist("c1" as BootId, "say", "to a latecomer");
  await clock.pass(STORE_RETRY_MAX_MS * 3);
  ended.add("b1");
  open("c1");
  await clock.pass(STORE_RETRY_MAX_MS * 5);
  assert.deepEqual(heard, ["c1 to a latecomer"]);
  await clock.pass(STORE_RETRY_MAX_MS * 20);
  assert.deepEqual(heard, ["c1 to a latecomer"]);
});
