import assert from "node:assert/strict";
import { Fault } from "../runtime/fault.ts";
import { actorId } from "../runtime/ids.ts";
import { openStore, type OpenStoreOptions } from "../runtime/store/open_driver.ts";
import type { Store } from "../runtime/store/port.ts";
import { insert, ME, move, outcomes, own, SHARDS } from "../runtime/store/testing/fixtures.ts";
import { systemClock } from "../runtime/system/system_clock.ts";

const BODY = JSON.stringify("x".repeat(2_000));
const isRoot = Deno.uid() === 0 && Deno.build.os === "linux";

function open(path: string, options: Partial<OpenStoreOptions> = {}): Promise<Store> {
  return openStore(`sqlite:${path}`, { shards: SHARDS }, { clock: systemClock, ...options });
}

function isFault(code: string) {
  return (error: unknown) => {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Runs `body` in a file system of its own, of 6 MiB. */
async function onSmallDisk(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "orrery-disk-" });
  await run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder);
  try {
    await body(folder);
  } finally {
    await run("umount", folder);
    await Deno.remove(folder);
  }
}

/** Inserts batches until one fails; returns how many actors were acknowledged, and the fault. */
async function fillUp(store: Store): Promise<{ stored: number; fault: unknown }> {
  for (let stored = 0;; stored += 20) {
    try {
      await store.apply(Array.from({ length: 20 }, (_, at) => {
        return insert(`job-${stored + at}`, { body: BODY, labels: ["l"], expireAtMs: 1 });
      }));
    } catch (fault) {
      return { stored, fault };
    }
  }
}

async function checkStored(store: Store, stored: number): Promise<void> {
  assert.deepEqual(await store.tallies("job"), new Map([["default/new", stored]]));
  const ids = [0, stored - 1, stored].map((at) => actorId(`job-${at}`));
  const loaded = await store.load(ids);
  assert.deepEqual(loaded.map((snapshot) => snapshot?.body), [BODY, BODY, undefined]);
}

Deno.test("a full file refuses writes as `full`, and takes them again when space is back", async () => {
  const folder = await Deno.makeTempDir({ prefix: "orrery-disk-" });
  const store = await open(`${folder}/store.db`, { pagesMax: 500 });
  const { stored, fault } = await fillUp(store);
  isFault("full")(fault);
  assert.ok(stored > 100, `${stored}`);
  await checkStored(store, stored);
  await store.sweep({ nowMs: 1, limit: 100 });
  assert.deepEqual(await outcomes(store, [insert("after")]), ["applied"]);
  await store.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "a full disk refuses writes as `full`; nothing acknowledged is lost, even by a restart",
  ignore: !isRoot,
  fn: () =>
    onSmallDisk(async (folder) => {
      const path = `${folder}/store.db`;
      let store = await open(path);
      await own(store);
      const { stored, fault } = await fillUp(store);
      isFault("full")(fault);
      assert.ok(stored > 100, `${stored}`);
      await checkStored(store, stored);
      await assert.rejects(store.apply([insert("b", { body: BODY.repeat(500) })]), isFault("full"));
      const alive = await store.renew(ME, { ttlMs: 1_000, opening: false });
      assert.equal(alive.kind, "live", "a full disk ends no session");
      // Space comes back.
      await run("mount", "-o", "remount,size=60m", folder);
      assert.deepEqual(await outcomes(store, [insert("after"), move("job-0", 1)]), [
        "applied",
        "applied",
      ]);
      await store.close();
      store = await open(path);
      const [first, last, after] = await store.load(
        ["job-0", `job-${stored - 1}`, "after"].map(actorId),
      );
      assert.deepEqual([first?.version, last?.version, after?.version], [2, 1, 1]);
      await store.close();
    }),
});

Deno.test({
  name: "openStore() on a full disk says `full`",
  ignore: !isRoot,
  fn: () =>
    onSmallDisk(async (folder) => {
      await run("dd", "if=/dev/zero", `of=${folder}/ballast`, "bs=64k", "count=96");
      await assert.rejects(open(`${folder}/store.db`), isFault("full"));
      await Deno.remove(`${folder}/ballast`);
      await (await open(`${folder}/store.db`)).close();
    }),
});

Deno.test({
  name: "openStore() on a read-only disk says `read-only`, and works once it can be written to",
  ignore: !isRoot,
  fn: () =>
    onSmallDisk(async (folder) => {
      const path = `${folder}/store.db`;
      let store = await open(path);
      await store.apply([insert("a")]);
      await store.close();
      await run("mount", "-o", "remount,ro", folder);
      await assert.rejects(open(path), isFault("read-only"));
      await assert.rejects(open(`${folder}/new.db`), isFault("read-only"));
      await run("mount", "-o", "remount,rw", folder);
      store = await open(path);
      assert.equal((await store.load([actorId("a")]))[0]?.id, "a");
      await store.close();
    }),
});
