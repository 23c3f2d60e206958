import assert from "node:assert/strict";
import { actorId } from "../../runtime/ids.ts";
import { WorkGate } from "../../runtime/wakeups/kind_gates.ts";
import { DeadlineDriver } from "./deadline_driver.ts";

const job = actorId("order-7");
const id = actorId("order-7@deadline");

function setup() {
  const heard: string[] = [];
  const settles: ((settled: { kind: "handled" | "missing" | "busy" }) => void)[] = [];
  const driver = new DeadlineDriver({
    gate: new WorkGate(8, () => heard.push("room")),
    tellJob: (to, message, settle) => {
      heard.push(`${to} ${message.kind}`);
      settles.push(settle as never);
    },
    tell: (to, message, settle) => {
      heard.push(`${to} ${message.kind} ${message.kind === "told" && message.gone}`);
      settle({ kind: "handled" });
    },
  });
  const settle = (kind: "handled" | "missing" | "busy") => settles.shift()!({ kind });
  return { driver, heard, settle };
}

const effect = { kind: "tell", job, atMs: 5 } as const;

Deno.test("a deadline hears of it once its job has handled the message, or is not there", () => {
  for (const [end, gone] of [["handled", false], ["missing", true]] as const) {
    const { driver, heard, settle } = setup();
    driver.perform(effect, { id });
    assert.deepEqual(heard.splice(0), ["order-7 deadline"]);
    settle(end);
    assert.deepEqual(heard, [`order-7@deadline told ${gone}`, "room"]);
  }
});

Deno.test("a job that could not be told leaves its deadline as it is, to be woken again", () => {
  const { driver, heard, settle } = setup();
  driver.perform(effect, { id });
  driver.perform(effect, { id });
  assert.deepEqual(heard.splice(0), ["order-7 deadline"]);
  settle("busy");
  assert.deepEqual(heard.splice(0), ["room"]);
  driver.perform(effect, { id });
  assert.deepEqual(heard, ["order-7 deadline"]);
});
