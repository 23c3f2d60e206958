/**
 * Colleague: another node, that may cancel jobs which are not running when their owner is out of
 * reach: it writes by the version alone, and the owner learns of it from a conflict.
 *
 * Intuition: on one node every job has one writer, and the version check is never needed. With a
 * colleague the owner's view of a job can be old at any moment, as it will be in a cluster.
 * @module
 */
import { jobBehaviour } from "../../actors/job/behaviour.ts";
import type { BootId, NodeName } from "../../runtime/ids.ts";
import { actorId, shardOf } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { Store, Transition } from "../../runtime/store/port.ts";
import type { VirtualTime } from "./virtual_time.ts";
import type { Wall } from "./wall.ts";

/** The name under which the colleague writes. */
export const COLLEAGUE = "colleague";

/** What the colleague needs of the world. */
export interface ColleagueOptions {
  readonly store: Store;
  readonly shards: number;
  readonly time: VirtualTime;
  readonly wall: Wall;
}

/** Cancels `jobId` if it waits; it reads, thinks for `thinkMs`, and writes by the version it read. */
export async function cancelByVersion(
  jobId: string,
  { thinkMs, store, shards, time, wall }: ColleagueOptions & { readonly thinkMs: number },
): Promise<void> {
  const id = actorId(jobId);
  const shard = shardOf(id, shards);
  const [snapshot] = await store.load([id]);
  if (!snapshot) return;
  await new Promise<void>((resume) => time.after(thinkMs, resume));
  const epoch = (await store.fences()).find((fence) => fence.shard === shard)?.epoch;
  if (epoch === undefined) return;
  const write = transitionOf(snapshot, { nowMs: wall.nowMs(), epoch });
  if (write) await store.apply([write]);
}

function transitionOf(
  snapshot: Snapshot,
  { nowMs, epoch }: { readonly nowMs: number; readonly epoch: number },
): Transition | null {
  const { decode, encode, receive } = jobBehaviour();
  const job = decode(snapshot);
  const { id, shard, version } = snapshot;
  const { state } = receive(job, { kind: "cancel" }, {
    id,
    nowMs,
    chance: 0,
    unique: COLLEAGUE,
    node: COLLEAGUE as NodeName,
    boot: COLLEAGUE as BootId,
    lives: () => false,
    nextVersion: version + 1,
  });
  if (state.state !== "cancelled" || state === job) return null;
  return { kind: "transition", id, shard, epoch, expectedVersion: version, ...encode(state) };
}
