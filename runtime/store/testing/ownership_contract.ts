/**
 * What every store does with sessions and fences.
 * @module
 */
import assert from "node:assert/strict";
import type { BootId, NodeName, ShardId } from "../../ids.ts";
import type { Check } from "../contract.ts";
import type { Claimant, Store } from "../port.ts";
import { ALIVE_MS, insert, ME, move, OTHER, outcomes, OVER_MS, shardIn } from "./fixtures.ts";

const REBORN: Claimant = { ...ME, boot: "a-2" as BootId };
const THIRD: Claimant = { node: "c" as NodeName, boot: "c-1" as BootId };
const ONE = 1 as ShardId;
const TWO = 2 as ShardId;

async function live(store: Store, claimant: Claimant): Promise<void> {
  await store.renew(claimant, { ttlMs: ALIVE_MS, opening: true });
}

/** Registers the tests. */
export function ownershipContract(check: Check): void {
  check("renew() prolongs a session that is alive, and no other", async (store) => {
    const renew = async (ttlMs: number, opening = false) =>
      (await store.renew(ME, { ttlMs, opening })).kind;
    assert.equal(await renew(ALIVE_MS), "lapsed", "never opened");
    assert.equal(await renew(ALIVE_MS, true), "live");
    assert.equal(await renew(ALIVE_MS), "live");
    assert.equal(await renew(OVER_MS), "live", "alive until now");
    assert.equal(await renew(ALIVE_MS), "lapsed", "over since");
    assert.equal(await renew(ALIVE_MS, true), "live", "opened again");
  });

  check("renew() of a newer boot ends the older one's session (O2)", async (store) => {
    await live(store, ME);
    await live(store, REBORN);
    assert.equal((await store.renew(ME, { ttlMs: ALIVE_MS, opening: false })).kind, "replaced");
    assert.equal((await store.renew(REBORN, { ttlMs: ALIVE_MS, opening: false })).kind, "live");
    assert.deepEqual((await store.sessions()).map(({ boot }) => boot), [REBORN.boot]);
  });

  check("sessions() tells until when each is alive, by the store's clock", async (store) => {
    const { storeNowMs } = await store.renew(ME, { ttlMs: ALIVE_MS, opening: true });
    await store.renew(OTHER, { ttlMs: OVER_MS, opening: true });
    const sessions = new Map((await store.sessions()).map((session) => [session.node, session]));
    assert.equal(sessions.get(ME.node)?.leaseUntilMs, storeNowMs + ALIVE_MS);
    assert.ok((sessions.get(OTHER.node)?.leaseUntilMs ?? Infinity) >= storeNowMs, "still listed");
  });

  check("acquire() takes free shards, with epochs that grow by one (S1)", async (store) => {
    await live(store, ME);
    assert.deepEqual(await store.acquire(ME, [ONE, TWO]), [
      { kind: "acquired", shard: ONE, epoch: 1 },
      { kind: "acquired", shard: TWO, epoch: 1 },
    ]);
    assert.deepEqual(await store.acquire(ME, [TWO]), [
      { kind: "acquired", shard: TWO, epoch: 2 },
    ]);
    assert.deepEqual(await store.fences(), [
      { shard: ONE, epoch: 1, owner: ME },
      { shard: TWO, epoch: 2, owner: ME },
    ]);
  });

  check("acquire() leaves a shard to an owner who is alive (O1)", async (store) => {
    await live(store, ME);
    await live(store, OTHER);
    await store.acquire(ME, [ONE]);
    assert.deepEqual(await store.acquire(OTHER, [ONE, TWO]), [
      { kind: "held", shard: ONE, fence: { shard: ONE, epoch: 1, owner: ME } },
      { kind: "acquired", shard: TWO, epoch: 1 },
    ]);
  });

  check("acquire() takes over from a session that is over, and fences it (S1)", async (store) => {
    const shard = shardIn("a");
    await live(store, ME);
    await live(store, OTHER);
    await store.acquire(ME, [shard]);
    await store.apply([insert("a")]);
    await store.renew(ME, { ttlMs: OVER_MS, opening: false });
    assert.deepEqual(await store.acquire(OTHER, [shard]), [
      { kind: "acquired", shard, epoch: 2 },
    ]);
    assert.deepEqual(await store.apply([move("a", 1, { epoch: 1 })]), [
      { kind: "fenced", epoch: 2 },
    ]);
    assert.deepEqual(await outcomes(store, [move("a", 1, { epoch: 2 })]), ["applied"]);
  });

  check("acquire() of a restarted node takes over from its former self", async (store) => {
    await live(store, ME);
    await store.acquire(ME, [ONE]);
    await live(store, REBORN);
    assert.deepEqual(await store.acquire(REBORN, [ONE]), [
      { kind: "acquired", shard: ONE, epoch: 2 },
    ]);
  });

  check("release() frees the claimant's own shards and keeps their epochs (S1)", async (store) => {
    await live(store, ME);
    await live(store, OTHER);
    await store.acquire(ME, [ONE]);
    await store.acquire(OTHER, [TWO]);
    await store.release(ME, [ONE, TWO]);
    assert.deepEqual(await store.fences(), [
      { shard: ONE, epoch: 1, owner: null },
      { shard: TWO, epoch: 1, owner: OTHER },
    ]);
    assert.deepEqual(await store.acquire(OTHER, [ONE]), [
      { kind: "acquired", shard: ONE, epoch: 2 },
    ]);
  });

  check(
    "release() with a reservation keeps the shard for the node that it names (O3)",
    async (store) => {
      await live(store, ME);
      await live(store, OTHER);
      await live(store, THIRD);
      await store.acquire(ME, [ONE, TWO]);
      await store.release(ME, [ONE], { for: OTHER.node, forMs: ALIVE_MS });
      const [fence] = await store.fences();
      assert.equal(fence?.owner, null);
      assert.equal(fence?.reservation?.for, OTHER.node);
      for (const claimant of [ME, THIRD]) {
        assert.deepEqual(await store.acquire(claimant, [ONE]), [{
          kind: "held",
          shard: ONE,
          fence,
        }]);
      }
      assert.deepEqual(await store.acquire(OTHER, [ONE]), [
        { kind: "acquired", shard: ONE, epoch: 2 },
      ]);
      assert.deepEqual((await store.fences())[0], { shard: ONE, epoch: 2, owner: OTHER });
      await store.release(OTHER, [ONE]);
      assert.equal((await store.acquire(THIRD, [ONE]))[0]?.kind, "acquired", "kept for nobody now");
    },
  );

  check("release() with a reservation that is over frees the shard for all (O3)", async (store) => {
    await live(store, ME);
    await live(store, THIRD);
    await store.acquire(ME, [ONE]);
    await store.release(ME, [ONE], { for: OTHER.node, forMs: OVER_MS });
    assert.deepEqual(await store.acquire(THIRD, [ONE]), [
      { kind: "acquired", shard: ONE, epoch: 2 },
    ]);
  });

  check("leave() ends the session and frees its shards; twice is no error", async (store) => {
    await live(store, ME);
    await live(store, OTHER);
    await store.acquire(ME, [ONE, TWO]);
    await store.leave(ME);
    await store.leave(ME);
    assert.deepEqual((await store.sessions()).map(({ node }) => node), [OTHER.node]);
    assert.deepEqual((await store.fences()).map(({ owner }) => owner), [null, null]);
    assert.equal((await store.renew(ME, { ttlMs: ALIVE_MS, opening: false })).kind, "lapsed");
  });

  check("leave() of an older boot leaves the newer one alone", async (store) => {
    await live(store, ME);
    await live(store, REBORN);
    await store.acquire(REBORN, [ONE]);
    await store.leave(ME);
    assert.deepEqual((await store.fences())[0]?.owner, REBORN);
    assert.equal((await store.renew(REBORN, { ttlMs: ALIVE_MS, opening: false })).kind, "live");
  });
}
