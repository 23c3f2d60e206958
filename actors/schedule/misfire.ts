/**
 * Misfire: which fires are made up for, of those whose time passed while nobody could act on them.
 * @module
 */
import { unreachable } from "../../runtime/fault.ts";
import type { MisfirePolicy } from "./spec.ts";
import type { TimedOccurrence } from "./timetable.ts";

/** A fire that comes later than this after it was due was missed, ms: a failover takes less. */
export const MISSED_AFTER_MS = 10_000;

/** Tells whether a fire was missed. */
export function isMissed({ dueAtMs }: TimedOccurrence, nowMs: number): boolean {
  return nowMs - dueAtMs > MISSED_AFTER_MS;
}

/**
 * Those of `missed` (oldest first) that fire after all, oldest first. `followed`: a fire that is in time
 * comes right after them, and is the one that `fire-once` asks for.
 */
export function madeUpFor(
  missed: readonly TimedOccurrence[],
  { policy, nowMs, followed }: {
    readonly policy: MisfirePolicy;
    readonly nowMs: number;
    readonly followed: boolean;
  },
): readonly TimedOccurrence[] {
  const { windowMs, max } = policy;
  const recent = windowMs === null
    ? missed
    : missed.filter(({ dueAtMs }) => nowMs - dueAtMs <= windowMs);
  switch (policy.policy) {
    case "skip":
      return [];
    case "fire-once":
      return followed ? [] : recent.slice(-1);
    case "catch-up":
      return recent.slice(-max);
    default:
      return unreachable(policy.policy);
  }
}
