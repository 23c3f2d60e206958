import assert from "node:assert/strict";
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import { actorId } from "../ids.ts";
import { type FaultPlan, FaultyStore, type StoreCall } from "./faulty.ts";
import { MemoryStore } from "./memory.ts";
import { insert, ME, read, SHARDS } from "./testing/fixtures.ts";
import { storeContract } from "./contract.ts";

/** A clock that moves when it is told to. */
class HandClock implements Pick<Clock, "after"> {
  #nowMs = 0;
  readonly #timers: { atMs: number; fire: () => void }[] = [];

  after(delayMs: number, fire: () => void) {
    const timer = { atMs: this.#nowMs + delayMs, fire };
    this.#timers.push(timer);
    return { cancel: () => void this.#timers.splice(this.#timers.indexOf(timer), 1) };
  }

  async advance(ms: number): Promise<void> {
    await turns();
    this.#nowMs += ms;
    for (const timer of this.#timers.filter(({ atMs }) => atMs <= this.#nowMs)) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      timer.fire();
      await turns();
    }
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

function setup(plan: FaultPlan) {
  const inner = new MemoryStore({ wallMs: () => 0 }, { shards: SHARDS });
  const clock = new HandClock();
  const calls: StoreCall[] = [];
  const decide = (call: StoreCall) => {
    calls.push(call);
    return plan;
  };
  return { inner, clock, calls, store: new FaultyStore(inner, { clock, decide }) };
}

function isFault(code: string) {
  return (error: unknown) =>
    error instanceof Fault && error.code === code && error.op === "store.apply";
}

storeContract("faulty without faults", (birth) => {
  const inner = new MemoryStore({ wallMs: () => 0 }, birth);
  return Promise.resolve(new FaultyStore(inner, { clock: new HandClock(), decide: () => ({}) }));
});

for (const code of ["unavailable", "full", "read-only"] as const) {
  Deno.test(`FaultyStore refuses as \`${code}\` and applies nothing`, async () => {
    const { store, inner } = setup({ fault: code });
    await assert.rejects(store.apply([insert("a")]), isFault(code));
    assert.equal(await read(inner, "a"), undefined);
  });
}

Deno.test("FaultyStore times out before it applies", async () => {
  const { store, inner } = setup({ fault: "timeout-before" });
  await assert.rejects(store.apply([insert("a")]), isFault("timeout"));
  assert.equal(await read(inner, "a"), undefined);
});

Deno.test("FaultyStore times out after it applied", async () => {
  const { store, inner } = setup({ fault: "timeout-after" });
  await assert.rejects(store.apply([insert("a")]), isFault("timeout"));
  assert.equal((await read(inner, "a"))?.version, 1);
});

Deno.test("FaultyStore applies late, behind the back of who timed out", async () => {
  const { store, inner, clock } = setup({ fault: "timeout-late", replyDelayMs: 5, lateMs: 20 });
  const refused = assert.rejects(store.apply([insert("a")]), isFault("timeout"));
  await clock.advance(5);
  await refused;
  assert.equal(await read(inner, "a"), undefined);
  await clock.advance(20);
  assert.equal((await read(inner, "a"))?.version, 1);
});

Deno.test("FaultyStore delays the call and its answer", async () => {
  const { store, inner, clock } = setup({ delayMs: 10, replyDelayMs: 10 });
  let answered = false;
  const call = store.apply([insert("a")]).then(() => answered = true);
  await turns();
  assert.equal(await read(inner, "a"), undefined);
  await clock.advance(10);
  assert.equal((await read(inner, "a"))?.version, 1);
  assert.equal(answered, false);
  await clock.advance(10);
  await call;
  assert.equal(answered, true);
});

Deno.test("FaultyStore numbers its calls and names their operations", async () => {
  const { store, calls } = setup({});
  await store.load([actorId("a")]);
  await store.renew(ME, { ttlMs: 1, opening: true });
  await store.fences();
  assert.deepEqual(calls, [
    { op: "load", call: 1 },
    { op: "renew", call: 2 },
    { op: "fences", call: 3 },
  ]);
});
