import assert from "node:assert/strict";
import type { Saying, WorkerEvent } from "../pool/protocol.ts";
import { Outbox } from "./outbox.ts";

const OK: Saying = { kind: "ended", outcome: { kind: "ok", result: "1" } };
const PLACE = { slot: 1, sequence: 9 };

function setup() {
  const deferred: (() => void)[] = [];
  const outbox = new Outbox((flush) => deferred.push(flush));
  return {
    outbox,
    deferred,
    /** Ends the turn; what was waiting for a batch gets it. */
    async turn(collecting: Promise<readonly WorkerEvent[]>) {
      deferred.splice(0).forEach((flush) => flush());
      return await collecting;
    },
  };
}

Deno.test("Outbox carries what was said in one turn as one batch", async () => {
  const { outbox, deferred, turn } = setup();
  const collecting = outbox.collect();
  outbox.say(PLACE, OK);
  outbox.say({ slot: 2, sequence: 3 }, OK);
  assert.equal(deferred.length, 1);
  assert.deepEqual(await turn(collecting), [[1, 9, OK], [2, 3, OK]]);
});

Deno.test("Outbox keeps what is said while nobody collects", async () => {
  const { outbox, deferred, turn } = setup();
  outbox.say(PLACE, OK);
  assert.equal(deferred.length, 0);
  assert.deepEqual(await turn(outbox.collect()), [[1, 9, OK]]);
});

Deno.test("Outbox keeps the latest progress, gathers lines, and puts both before what follows", async () => {
  const { outbox, turn } = setup();
  const collecting = outbox.collect();
  outbox.progress(PLACE, 10);
  outbox.log(PLACE, "a");
  outbox.progress(PLACE, 20);
  outbox.log(PLACE, "b");
  outbox.say(PLACE, OK);
  outbox.progress({ slot: 2, sequence: 3 }, 5);
  assert.deepEqual(await turn(collecting), [
    [1, 9, { kind: "log", lines: ["a", "b"] }],
    [1, 9, { kind: "progress", percent: 20 }],
    [1, 9, OK],
    [2, 3, { kind: "progress", percent: 5 }],
  ]);
});
