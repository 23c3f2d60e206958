import assert from "node:assert/strict";
import { Fault } from "../fault.ts";
import { openStore } from "./open_driver.ts";
import { insert, ME, read, SHARDS } from "./testing/fixtures.ts";

const OPTIONS = { clock: { wallMs: () => 42 } };

Deno.test("openStore() opens the twin on the given clock", async () => {
  const store = await openStore("memory:", { shards: SHARDS }, OPTIONS);
  await store.apply([insert("a")]);
  assert.equal((await read(store, "a"))?.version, 1);
  const { storeNowMs } = await store.renew(ME, { ttlMs: 1, opening: true });
  assert.equal(storeNowMs, 42);
});

for (const url of ["", "sqlite:", "redis://", "./data/orrery.db", "memory:x"]) {
  Deno.test(`openStore() refuses ${JSON.stringify(url)} as \`mismatch\``, async () => {
    await assert.rejects(openStore(url, { shards: SHARDS }, OPTIONS), (error) => {
      return error instanceof Fault && error.code === "mismatch" && !error.retryable;
    });
  });
}

Deno.test("openStore() doesn't repeat a password in its message", async () => {
  const url = "other://user:secret@host/0";
  await assert.rejects(openStore(url, { shards: SHARDS }, OPTIONS), (error) => {
    return error instanceof Fault && !error.message.includes("secret");
  });
});
