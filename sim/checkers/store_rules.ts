/**
 * Store rules: the store's own invariants, checked on every write that it took.
 * @module
 */
import { COLLEAGUE } from "../world/colleague.ts";
import type { Checker } from "./checker.ts";

/** S1, promise P5. */
export const fence: Checker = {
  name: "fence",
  proves: "epochs only grow, each has one owner, and no write under another epoch is applied (P5)",
  watch: ({ fail }) => {
    const owners = new Map<number, { epoch: number; boot: string }>();
    return {
      see: (event) => {
        if (event.kind === "acquired") {
          const { shard, epoch, boot } = event;
          const before = owners.get(shard)?.epoch ?? 0;
          if (epoch <= before) fail(null, `shard ${shard}: epoch ${epoch} after ${before}`);
          owners.set(shard, { epoch, boot });
        } else if (
          event.kind === "moved" || event.kind === "actor-moved" || event.kind === "appended"
        ) {
          const write = event.kind === "appended" ? event.append : event.transition;
          const boot = event.kind === "appended" ? event.boot : event.after.boot;
          const owner = owners.get(write.shard);
          if (write.epoch !== owner?.epoch || (boot !== owner.boot && boot !== COLLEAGUE)) {
            fail(
              event.id,
              `${boot} wrote under epoch ${write.epoch}, owner is ${owner?.boot} ${owner?.epoch}`,
            );
          }
        }
      },
    };
  },
};

/** O1 of the store. */
export const takeover: Checker = {
  name: "takeover",
  proves: "a shard whose owner's session lasts changes hands by its owner's release alone (P5)",
  watch: ({ fail, storeWall }) => {
    const owners = new Map<number, string>();
    const sessions = new Map<string, number>();
    return {
      see: (event) => {
        if (event.kind === "session") {
          sessions.set(event.boot, event.untilMs);
          // A newer start of the same node ends the session of the older one.
          const node = nodeOf(event.boot);
          for (const boot of sessions.keys()) {
            if (boot !== event.boot && nodeOf(boot) === node) sessions.delete(boot);
          }
        } else if (event.kind === "released") {
          if (owners.get(event.shard) === event.boot) owners.delete(event.shard);
        } else if (event.kind === "acquired") {
          const owner = owners.get(event.shard);
          owners.set(event.shard, event.boot);
          if (owner === undefined || owner === event.boot) return;
          const leftMs = (sessions.get(owner) ?? 0) - storeWall.nowMs();
          if (leftMs > 0) {
            fail(
              null,
              `${event.boot} took shard ${event.shard} of ${owner}, alive for ${leftMs} ms`,
            );
          }
        }
      },
    };
  },
};

function nodeOf(boot: string): string {
  return boot.slice(0, boot.indexOf("."));
}

/** S2, S3. */
export const versions: Checker = {
  name: "versions",
  proves: "a job is inserted once, and each transition follows the version that it was made from",
  watch: ({ fail, wall }) => {
    const inserted = new Map<string, number | null>();
    return {
      see: (event) => {
        if (event.kind === "inserted") {
          const expireAtMs = inserted.get(event.id);
          const gone = typeof expireAtMs === "number" && expireAtMs <= wall.latestSince(0);
          if (inserted.has(event.id) && !gone) fail(event.id, "inserted over an existing job");
          inserted.set(event.id, event.after.snapshot.index.expireAtMs);
        } else if (event.kind === "moved") {
          const { before, transition, id } = event;
          const version = before?.snapshot.version;
          if (version !== transition.expectedVersion) {
            fail(id, `version ${transition.expectedVersion} expected, ${version} overwritten`);
          }
          inserted.set(id, event.after.snapshot.index.expireAtMs);
        }
      },
    };
  },
};
