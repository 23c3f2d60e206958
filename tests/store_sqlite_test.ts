import assert from "node:assert/strict";
import { Fault } from "../runtime/fault.ts";
import { actorId } from "../runtime/ids.ts";
import { storeContract } from "../runtime/store/contract.ts";
import { openStore } from "../runtime/store/open_driver.ts";
import type { Store } from "../runtime/store/port.ts";
import {
  ALIVE_MS,
  ALL_SHARDS,
  append,
  findAll,
  idsOf,
  insert,
  lanesOf,
  ME,
  move,
  OTHER,
  own,
  SHARDS,
} from "../runtime/store/testing/fixtures.ts";
import { systemClock } from "../runtime/system/system_clock.ts";

const OPTIONS = { clock: systemClock };

function open(path: string, shards = SHARDS): Promise<Store> {
  return openStore(`sqlite:${path}`, { shards }, OPTIONS);
}

/** Runs `body` with a folder of its own. */
async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "orrery-store-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function isFault(code: string, message: RegExp) {
  return (error: unknown) =>
    error instanceof Fault && error.code === code && message.test(error.message);
}

const folders: string[] = [];
storeContract("sqlite file", async (birth) => {
  const folder = await Deno.makeTempDir({ prefix: "orrery-store-" });
  folders.push(folder);
  return await openStore(`sqlite:${folder}/store.db`, birth, OPTIONS);
});
globalThis.addEventListener("unload", () => {
  for (const folder of folders) Deno.removeSync(folder, { recursive: true });
});

Deno.test("openStore() makes missing folders", () =>
  inFolder(async (folder) => {
    const store = await open(`${folder}/a/b/store.db`);
    await store.apply([insert("a")]);
    await store.close();
    assert.ok((await Deno.stat(`${folder}/a/b/store.db`)).isFile);
  }));

Deno.test("openStore() finds everything again after a close (S4, S6)", () =>
  inFolder(async (folder) => {
    const path = `${folder}/store.db`;
    let store = await open(path);
    await own(store);
    const whole = { wakeAtMs: 9, lane: "mail", rank: 4, labels: ["l", "m"], tally: "t" };
    await store.apply([insert("a", whole), insert("b", { labels: ["l"], createdAtMs: 500 })]);
    await store.apply([move("b", 1, { labels: ["l", "x"] }), append("a", ["one"])]);
    const before = await store.load([actorId("a"), actorId("b")]);
    await store.close();

    store = await open(path);
    assert.deepEqual(await store.load([actorId("a"), actorId("b")]), before);
    assert.deepEqual(await store.tallies("job"), new Map([["t", 1], ["default/new", 1]]));
    assert.deepEqual(await lanesOf(store), ["mail"]);
    const find = { kind: "job", order: "newest", limit: 10 } as const;
    assert.deepEqual(idsOf(await findAll(store, { ...find, labels: ["l"] })), ["b", "a"]);
    assert.deepEqual(idsOf(await findAll(store, { ...find, labels: [], toMs: 600 })), ["b"]);
    const journal = { id: actorId("a"), stream: "log", after: 0, limit: 10 };
    await own(store);
    await store.apply([append("a", ["two"], { epoch: 2 })]);
    assert.deepEqual(await store.journal(journal), [{ n: 1, text: "one" }, { n: 2, text: "two" }]);
    await store.close();
  }));

Deno.test("openStore() never gives a swept actor's serial again: cursors outlive a restart", () =>
  inFolder(async (folder) => {
    const path = `${folder}/store.db`;
    const find = { kind: "job", labels: ["l"], order: "oldest", limit: 2 } as const;
    let store = await open(path);
    const ids = ["a", "b", "c"];
    await store.apply(ids.map((id, at) => {
      return insert(id, { labels: ["l"], expireAtMs: at > 0 ? 1 : null });
    }));
    const { cursor } = await store.find(find);
    await store.sweep({ nowMs: 1, limit: 10 });
    await store.close();
    store = await open(path);
    await store.apply([insert("d", { labels: ["l"] })]);
    const next = await store.find({ ...find, cursor: cursor as string });
    assert.deepEqual(idsOf(next.snapshots), ["d"]);
    await store.close();
  }));

Deno.test("openStore() keeps epochs, and ends the sessions of the process before (S1)", () =>
  inFolder(async (folder) => {
    const path = `${folder}/store.db`;
    let store = await open(path);
    await own(store);
    await store.close();

    store = await open(path);
    assert.deepEqual((await store.fences())[0], { shard: ALL_SHARDS[0], epoch: 1, owner: ME });
    await store.renew(OTHER, { ttlMs: ALIVE_MS, opening: true });
    const taken = await store.acquire(OTHER, ALL_SHARDS);
    assert.deepEqual(new Set(taken.map(({ kind }) => kind)), new Set(["acquired"]));
    assert.deepEqual((await store.fences())[0], { shard: ALL_SHARDS[0], epoch: 2, owner: OTHER });
    await store.close();
  }));

Deno.test("openStore() refuses another number of shards, in words for people", () =>
  inFolder(async (folder) => {
    const path = `${folder}/store.db`;
    await (await open(path, 8)).close();
    await assert.rejects(open(path, 16), isFault("mismatch", /8 shards.*16.*set "shards" to 8/));
    await (await open(path, 8)).close();
  }));

Deno.test("openStore() refuses files that are none of ours", () =>
  inFolder(async (folder) => {
    const text = `${folder}/text.db`;
    await Deno.writeTextFile(
      text,
      "not a database at all, but long enough to be looked at\n".repeat(99),
    );
    await assert.rejects(open(text), isFault("corrupt", /not a database/));
    const { DatabaseSync } = await import("node:sqlite");
    const foreign = `${folder}/foreign.db`;
    const other = new DatabaseSync(foreign);
    other.exec("CREATE TABLE theirs(x)");
    other.close();
    await assert.rejects(open(foreign), isFault("mismatch", /another program/));
    const future = `${folder}/future.db`;
    await (await open(future)).close();
    const edited = new DatabaseSync(future);
    edited.exec("UPDATE meta SET value = 99 WHERE key = 'schema'");
    edited.close();
    await assert.rejects(open(future), isFault("mismatch", /format 99/));
  }));

Deno.test("openStore() refuses a path that can't be opened", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(open(`${folder}/file/store.db`), isFault("unavailable", /file/));
    await assert.rejects(open(folder), isFault("unavailable", /./));
  }));

Deno.test("openStore() refuses a second opening while the first lasts", () =>
  inFolder(async (folder) => {
    const path = `${folder}/store.db`;
    const first = await open(path);
    await first.apply([insert("a")]);
    await assert.rejects(open(path), isFault("unavailable", /another process holds this store/));
    await first.apply([insert("b")]);
    await first.close();
    const second = await open(path);
    assert.equal((await second.load([actorId("b")]))[0]?.id, "b");
    await second.close();
  }));
