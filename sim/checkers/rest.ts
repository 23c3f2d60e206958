/**
 * Rest: what must be true when the world has healed and nothing is left to do.
 * @module
 */
import { JOB_KIND } from "../../actors/job/codec.ts";
import { laneOf } from "../../actors/job/stored/indexing.ts";
import { type ActorId, actorId, type NodeName } from "../../runtime/ids.ts";
import { LOAD_IDS_MAX } from "../../runtime/limits.ts";
import { boundsOf } from "../../runtime/ring/placement.ts";
import type { Store } from "../../runtime/store/port.ts";
import type { Process } from "../node/process.ts";
import type { Ledger } from "../record/ledger.ts";
import type { Checker } from "./checker.ts";

/** A healed node gets through all that is due within this time, ms. */
export const HEALING_MS_MAX = 90_000;
/** Jobs due later than this after the healing, by the node's clock, are left to the future, ms. */
export const FUTURE_MS = 40_000;

/** Jobs and other actors that are not at rest: running, parked, or due before `dueBeforeMs` (wall clock). */
export function restless(ledger: Ledger, dueBeforeMs: number): string[] {
  const found: string[] = [];
  for (const { id, commits } of ledger.jobs.values()) {
    const commit = commits.at(-1);
    if (!commit || commit.job.finishedAtMs !== null) continue;
    const { wakeAtMs } = commit.snapshot.index;
    if (wakeAtMs === null || wakeAtMs < dueBeforeMs) found.push(id);
  }
  for (const [id, { snapshot: { index } }] of ledger.others) {
    if (index.wakeAtMs !== null && index.wakeAtMs < dueBeforeMs) found.push(id);
  }
  return found;
}

/** Promise P2, liveness. */
export const liveness: Checker = {
  name: "liveness",
  proves: `after healing, every due job reaches a final state within ${
    HEALING_MS_MAX / 1_000
  } s (P2)`,
  watch: ({ fail, ledger, wall }) => {
    let dueBeforeMs = 0;
    return {
      see: (event) => {
        if (event.kind === "healed") dueBeforeMs = wall.nowMs() + FUTURE_MS;
      },
      atRest: () => {
        for (const id of restless(ledger, dueBeforeMs)) {
          const state = ledger.committed(id)?.job.state ?? ledger.others.get(id)?.snapshot.head;
          fail(id, `still ${state}`);
        }
      },
    };
  },
};

/** Q2, Y3, G2. */
export const nothingLeft: Checker = {
  name: "nothing-left",
  proves: "at rest a node holds no slot, no actor, no unanswered write, and may work",
  watch: ({ fail, plan, ledger }) => ({
    atRest: ({ processes }) => {
      const waiting = restless(ledger, Infinity).length;
      for (const process of processes) {
        for (const flaw of flawsOf(process, { waiting, slots: plan.slots })) fail(null, flaw);
      }
    },
  }),
};

function flawsOf(
  { system, slots }: Process,
  expected: { readonly waiting: number; readonly slots: number },
): string[] {
  const flaws: string[] = [];
  const { actors, window, writesPending } = system.load();
  if (actors > 0) flaws.push(`${actors} actors are still in memory`);
  if (writesPending > 0) flaws.push(`${writesPending} writes are unanswered`);
  if (window > expected.waiting) {
    flaws.push(`${window} wake-ups are held for ${expected.waiting} waiting jobs`);
  }
  const { reasons } = system.readiness();
  if (reasons.length > 0) flaws.push(`not ready: ${reasons.join(", ")}`);
  if (slots.running > 0) flaws.push(`${slots.running} slots are still taken`);
  const free = Array.from({ length: expected.slots }, (_, slot) => actorId(`probe-${slot}`));
  const leaked = free.findIndex((id) =>
    slots.reserve({ id, wakeAtMs: 0, lane: laneOf("default"), rank: 0 }) !== "held"
  );
  for (const id of leaked < 0 ? free : free.slice(0, leaked)) slots.settled(id);
  if (leaked >= 0) flaws.push(`slot ${leaked} of ${expected.slots} leaked`);
  return flaws;
}

/** P7, O1. */
export const owners: Checker = {
  name: "owners",
  proves:
    "at rest every shard has one owner that lives and knows it, and no node has too many or too few (P7)",
  watch: ({ fail, plan }) => ({
    atRest: async ({ processes, store }) => {
      const fences = new Map(
        (await store.fences()).map((fence) => [fence.shard, fence.owner?.boot]),
      );
      const weights = processes.map(({ boot }) => ({ name: boot as NodeName, weight: 1 }));
      const [bounds] = boundsOf(weights, plan.shards);
      let owned = 0;
      for (const { boot, system } of processes) {
        const shards = system.owned();
        owned += shards.length;
        for (const shard of shards) {
          const owner = fences.get(shard);
          if (owner !== boot) {
            fail(null, `${boot} thinks it owns shard ${shard}, which is ${owner}'s`);
          }
        }
        if (shards.length > bounds!.cap || shards.length < bounds!.floor) {
          fail(null, `${boot} owns ${shards.length} of ${plan.shards} shards`);
        }
      }
      if (owned !== plan.shards) fail(null, `${owned} of ${plan.shards} shards are owned`);
    },
  }),
};

/** S6. */
export const indexAgrees: Checker = {
  name: "index-agrees",
  proves: "tallies, due index and snapshots agree with what was committed",
  watch: ({ fail, ledger }) => ({
    atRest: async ({ store }) => {
      const present = await presentIds(store, ledger);
      const tallies = new Map<string, number>();
      const due = new Map<string, number>();
      for (const id of present) {
        const index = ledger.committed(id)?.snapshot.index;
        if (!index) continue;
        tallies.set(index.tally, (tallies.get(index.tally) ?? 0) + 1);
        if (index.wakeAtMs !== null) due.set(id, index.wakeAtMs);
      }
      for (const [tally, count] of await store.tallies(JOB_KIND)) {
        if (count !== tallies.get(tally)) {
          fail(null, `tally ${tally}: ${count}, not ${tallies.get(tally)}`);
        }
        tallies.delete(tally);
      }
      for (const [tally, count] of tallies) fail(null, `tally ${tally} is missing, not ${count}`);
      const range = await store.dueBetween({ fromMs: 0, untilMs: Infinity, limit: 10_000 });
      for (const { id, wakeAtMs } of range.entries) {
        if (due.get(id) !== wakeAtMs) {
          fail(id, `in the due index at ${wakeAtMs}, not ${due.get(id)}`);
        }
        due.delete(id);
      }
      for (const id of due.keys()) fail(id, "missing from the due index");
    },
  }),
};

async function presentIds(store: Store, ledger: Ledger): Promise<ActorId[]> {
  const ids = [...ledger.jobs.keys()].map(actorId);
  const present: ActorId[] = [];
  for (let at = 0; at < ids.length; at += LOAD_IDS_MAX) {
    const page = ids.slice(at, at + LOAD_IDS_MAX);
    const snapshots = await store.load(page);
    page.forEach((id, place) => snapshots[place] && present.push(id));
  }
  return present;
}
