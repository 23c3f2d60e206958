/**
 * Batch: what every driver asks of the calls it is given, and how much a write weighs.
 *
 * A call that breaks these rules is a bug of the runtime: it throws before anything is written.
 * @module
 */
import { invariant } from "../fault.ts";
import { shardOf } from "../ids.ts";
import { BATCH_WRITES_MAX, CARRIED_INSERTS_MAX, LOAD_IDS_MAX } from "../limits.ts";
import type { Draft, Indexing } from "../snapshot.ts";
import type { Carried, Transition, Write } from "./port.ts";

/** Most labels of one actor. */
export const LABELS_MAX = 40;
/** Longest label, characters. */
export const LABEL_CHARS_MAX = 300;

/** Throws `InvariantError` unless `batch` keeps to its bounds and every write names its id's own shard. */
export function checkBatch(batch: readonly Write[], shards: number): void {
  invariant(batch.length <= BATCH_WRITES_MAX, `a batch of ${batch.length} writes`);
  for (const write of batch) {
    const { id, shard } = write.kind === "insert" ? write.draft : write;
    invariant(shardOf(id, shards) === shard, `${id} does not live in shard ${shard} of ${shards}`);
    if (write.kind === "insert") checkIndexing(write.draft.index);
    else if (write.kind === "transition") {
      checkIndexing(write.index);
      if (write.carries !== undefined) checkCarried(write, shards);
    }
  }
}

function checkCarried({ shard, carries }: Transition, shards: number): void {
  const inserts = carries?.inserts ?? [];
  invariant(inserts.length <= CARRIED_INSERTS_MAX, `a transition with ${inserts.length} inserts`);
  for (const draft of inserts) {
    const own = shardOf(draft.id, shards);
    invariant(own === shard && draft.shard === shard, `${draft.id} is not of shard ${shard}`);
    checkIndexing(draft.index);
  }
}

/** Throws `InvariantError` when one load asks for too much. */
export function checkLoad(ids: readonly unknown[]): void {
  invariant(ids.length <= LOAD_IDS_MAX, `a load of ${ids.length} ids`);
}

/** Throws `InvariantError` unless `limit` is a whole number from 1 to `max`. */
export function checkLimit(limit: number, max: number): void {
  invariant(Number.isInteger(limit) && limit >= 1 && limit <= max, `limit ${limit}, max ${max}`);
}

/** Actors that `write` may bring into being. */
export function insertsOf(write: Write): number {
  if (write.kind === "insert") return 1;
  return write.kind === "transition" ? write.carries?.inserts?.length ?? 0 : 0;
}

/** What `write` counts for against `BATCH_WRITES_MAX`: what a transition carries counts as well. */
export function writesOf(write: Write): number {
  return write.kind === "insert" ? 1 : 1 + insertsOf(write);
}

/** What `write` weighs against `BATCH_CHARS_MAX`: its texts, without what is small by nature. */
export function charsOf(write: Write): number {
  switch (write.kind) {
    case "insert":
      return charsOfDraft(write.draft);
    case "transition":
      return write.head.length + (write.carries === undefined ? 0 : charsOfCarried(write.carries));
    case "append":
      return charsOfLines(write.lines);
  }
}

function charsOfDraft({ head, body }: Draft): number {
  return head.length + body.length;
}

function charsOfCarried({ body = "", inserts = [], lines }: Carried): number {
  return inserts.reduce((sum, draft) => sum + charsOfDraft(draft), body.length) +
    charsOfLines(lines?.texts ?? []);
}

function charsOfLines(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}

function checkIndexing(index: Indexing): void {
  const { labels, wakeAtMs, expireAtMs } = index;
  for (const timeMs of [wakeAtMs, expireAtMs]) {
    invariant(timeMs === null || (Number.isSafeInteger(timeMs) && timeMs >= 0), `a time ${timeMs}`);
  }
  invariant(labels.length <= LABELS_MAX, `${labels.length} labels on one actor`);
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at] as string;
    invariant(label.length <= LABEL_CHARS_MAX, `a label of ${label.length} characters`);
    invariant(labels.indexOf(label) === at, `the label ${label} is given twice`);
  }
}
