/**
 * Record: how two accounts of one member become one, and what users are shown of it.
 *
 * Intuition: an account is a point in an order: first the incarnation, which only the member raises,
 * then what weighs more, alive < suspect < dead < left. Of two accounts the higher one holds, so
 * it does not matter in which order, or how often, they come. What the member tells of itself (metadata,
 * birth) has a version of its own, because it is true whatever others think of the member.
 *
 * Invariants:
 *   C1. `join` is commutative, associative and idempotent in all but who said it.
 *   C2. A death learnt from others is a suspicion: each node gives the suspect its own chance to answer.
 * @module
 */
import { type MemberRecord, type MemberStatus, STATUSES } from "./messages.ts";

/** What users are shown: the status, and `draining` for those that are alive but take no work. */
export type ShownState = MemberStatus | "draining";

/** The higher of two accounts of one member, part by part (C1). Returns `known` itself when nothing is new. */
export function join(known: MemberRecord, told: MemberRecord): MemberRecord {
  const higher = outranks(told, known);
  const newer = told.metaVersion > known.metaVersion;
  if (!higher && !newer && told.bornMs <= known.bornMs) return known;
  const { incarnation, status, by } = higher ? told : known;
  const { metaVersion, meta } = newer ? told : known;
  const bornMs = Math.max(known.bornMs, told.bornMs);
  return { ...known, bornMs, incarnation, status, by, metaVersion, meta };
}

/** Tells whether what `told` says of the member goes before what `known` says. */
export function outranks(told: MemberRecord, known: MemberRecord): boolean {
  if (told.incarnation !== known.incarnation) return told.incarnation > known.incarnation;
  return STATUSES.indexOf(told.status) > STATUSES.indexOf(known.status);
}

/** An account as it counts when it comes from others (C2). */
export function secondHand(told: MemberRecord): MemberRecord {
  return told.status === "dead" ? { ...told, status: "suspect" } : told;
}

/** True when `one` is the later boot of two of the same name. */
export function isLaterBoot(
  one: Pick<MemberRecord, "bornMs" | "boot">,
  other: Pick<MemberRecord, "bornMs" | "boot">,
): boolean {
  return one.bornMs === other.bornMs ? one.boot > other.boot : one.bornMs > other.bornMs;
}

/** True for members that take part: they are probed, gossiped to and counted. */
export function isLive({ status }: Pick<MemberRecord, "status">): boolean {
  return status === "alive" || status === "suspect";
}

/** What users see of `record`. */
export function shownState({ status, meta }: Pick<MemberRecord, "status" | "meta">): ShownState {
  return status === "alive" && meta.draining ? "draining" : status;
}
