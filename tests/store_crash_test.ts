import assert from "node:assert/strict";
import { actorId } from "../runtime/ids.ts";
import { LOAD_IDS_MAX } from "../runtime/limits.ts";
import { openStore } from "../runtime/store/open_driver.ts";
import type { Store } from "../runtime/store/port.ts";
import { findAll, SHARDS } from "../runtime/store/testing/fixtures.ts";
import { systemClock } from "../runtime/system/system_clock.ts";

const CHILD = new URL("./store_writer_child.ts", import.meta.url).pathname;
/** How many acknowledged batches each round lets pass before it kills. */
const KILL_AFTER = [1, 40, 173];

function open(path: string): Promise<Store> {
  return openStore(`sqlite:${path}`, { shards: SHARDS }, { clock: systemClock });
}

function startWriter(path: string, round: number) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", CHILD, path, String(round)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Lets a writer acknowledge some batches, kills it, and returns every batch that it acknowledged. */
async function acknowledgedBeforeKill(path: string, round: number): Promise<number[]> {
  const child = startWriter(path, round);
  const acknowledged: number[] = [];
  let rest = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [word, number] = line.split(" ");
      assert.notEqual(word, "refused", line);
      if (word === "ok") acknowledged.push(Number(number));
    }
    if (acknowledged.length >= (KILL_AFTER[round] as number)) kill(child);
  }
  await child.status;
  return acknowledged;
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // Dead already: more of its output came after the first kill.
  }
}

async function versions(store: Store, ids: readonly string[]): Promise<(number | undefined)[]> {
  const found: (number | undefined)[] = [];
  for (let from = 0; from < ids.length; from += LOAD_IDS_MAX) {
    const page = await store.load(ids.slice(from, from + LOAD_IDS_MAX).map(actorId));
    found.push(...page.map((snapshot) => snapshot?.version));
  }
  return found;
}

Deno.test("what was acknowledged survives kill -9, batch by batch as a whole (S4, S5, S6)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "orrery-crash-" });
  const path = `${folder}/store.db`;
  const acknowledged: string[] = [];
  for (let round = 0; round < KILL_AFTER.length; round++) {
    const batches = await acknowledgedBeforeKill(path, round);
    assert.ok(batches.length >= (KILL_AFTER[round] as number));
    for (const batch of batches) acknowledged.push(`r${round}-${batch}`);
  }
  const store = await open(path);
  try {
    const ids = acknowledged.flatMap((batch) =>
      Array.from({ length: 10 }, (_, at) => `${batch}-${at}`)
    );
    const want = acknowledged.flatMap(() => [2, 2, 2, 2, 2, 1, 1, 1, 1, 1]);
    assert.deepEqual(await versions(store, ids), want);
    // Unacknowledged batches are there as a whole or not at all, and all indexes agree.
    const find = { kind: "job", order: "oldest", limit: 500 } as const;
    const moved = await findAll(store, { ...find, labels: ["state=old"] });
    const waiting = await findAll(store, { ...find, labels: ["state=new"] });
    const all = await findAll(store, { ...find, labels: [] });
    assert.equal(moved.length, waiting.length);
    assert.equal(all.length, moved.length + waiting.length);
    assert.equal(all.length % 10, 0);
    const tallies = new Map([["default/old", moved.length], ["default/new", waiting.length]]);
    assert.deepEqual(await store.tallies("job"), tallies);
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a store that another process holds is refused, and free once that one is killed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "orrery-crash-" });
  const path = `${folder}/store.db`;
  const child = startWriter(path, 9);
  const reader = child.stdout.getReader();
  await reader.read();
  await assert.rejects(open(path), /another process holds this store/);
  child.kill("SIGKILL");
  while (!(await reader.read()).done);
  await child.status;
  const started = performance.now();
  const store = await open(path);
  assert.ok(performance.now() - started < 1_000, "a restart is ready at once");
  await store.close();
  await Deno.remove(folder, { recursive: true });
});
