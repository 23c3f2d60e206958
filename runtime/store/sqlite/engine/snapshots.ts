/**
 * Snapshots: from a row and the vocabulary to what was committed.
 * @module
 */
import { type ActorId, shardOf } from "../../../ids.ts";
import type { Snapshot } from "../../../snapshot.ts";
import type { Row } from "./database.ts";
import type { Terms } from "./terms.ts";
import { parseLabels } from "./writes.ts";

/** What {@link readSnapshot} reads, from `actor`. */
export const SNAPSHOT_COLUMNS =
  `id, kind, version, lane, rank, wake, expire, created, tally, labels, head,
   ifnull(body, (SELECT apart.body FROM body AS apart WHERE apart.seq = actor.seq))`;

/** The snapshot in a row of {@link SNAPSHOT_COLUMNS}. */
export function readSnapshot(row: Row, context: { terms: Terms; shards: number }): Snapshot {
  const { terms } = context;
  const [id, kind, version, lane, rank, wake, expire, created, tally, labels, head, body] = row;
  return {
    id: id as ActorId,
    shard: shardOf(id as ActorId, context.shards),
    kind: terms.word(kind as number),
    version: version as number,
    createdAtMs: created as number,
    head: head as string,
    body: body as string,
    index: {
      wakeAtMs: wake as number | null,
      lane: terms.word(Math.abs(lane as number)),
      rank: rank as number,
      expireAtMs: expire as number | null,
      labels: parseLabels(labels as string).map((label) => terms.word(label)),
      tally: terms.word(tally as number),
    },
  };
}
