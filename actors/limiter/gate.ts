/**
 * Gate: who holds how many permits of one queue or key, and what a claim comes to.
 *
 * Intuition: a node says what it has and what it would like. It gets what is free, up to its fair share of what all
 * want; whoever has more than its share is called to give back as its attempts end. Permits are kept as long as they
 * are used, so that thousands of short jobs need few claims.
 *
 * Invariants: LG1. Permits held never exceed the concurrency, but for what nodes say they have: an attempt that runs
 * is counted, whatever was thought of it. LG2. What a node holds is never given to another before that node said
 * that it keeps less, or has ended: its session lapsed, and nothing was heard of it for a while. LG3. What was wanted
 * counts until its node says otherwise, or nothing for `WANT_KEPT_MS`.
 * @module
 */
import type { BootId } from "../../runtime/ids.ts";
import {
  HOLDER_QUIET_MS,
  HOLDER_SILENT_MS,
  RATE_AHEAD_MS,
  RATE_PORTION_MS,
  WANT_KEPT_MS,
} from "../../runtime/limits.ts";
import type { GateLimits, Rate } from "./limits.ts";
import type { GateClaim, GateGrant } from "./messages.ts";
import { giveBackStarts, grantStarts, type RateGrant, type RateWindow } from "./rate_window.ts";
import { sharesOf } from "./shares.ts";
import type { GateState, Holder } from "./state.ts";

/** What a gate may know of the world. */
export interface GateScene {
  readonly boot: BootId;
  readonly nowMs: number;
  readonly limits: GateLimits;
  readonly lives: (boot: BootId) => boolean;
}

/** What a claim comes to. */
export interface GateStep {
  readonly state: GateState;
  readonly grant: GateGrant;
  /** Process starts that are to claim again. */
  readonly calls: readonly BootId[];
}

/** Handles what one node says of one gate (LG1–LG3). */
export function claimed(state: GateState, claim: GateClaim, scene: GateScene): GateStep {
  const others = state.holders.filter((holder) =>
    holder.boot !== scene.boot && !isGone(holder, scene)
  );
  const before = state.holders.find(({ boot }) => boot === scene.boot);
  const permits = permitsOf(others, { claim, before, scene });
  const starts = startsOf(state.window, { claim, others, scene });
  const holder: Holder = {
    boot: scene.boot,
    held: permits.held,
    want: claim.want,
    servedMs: permits.held > claim.keep ? scene.nowMs : before?.servedMs ?? 0,
    askedMs: claim.starts > 0 ? scene.nowMs : before?.askedMs ?? 0,
    heardMs: scene.nowMs,
  };
  const keeps = holder.held > 0 || holder.want > 0 || claim.starts > 0;
  return {
    state: {
      holders: keeps ? [...others, holder] : others,
      window: starts?.window ?? state.window,
    },
    grant: {
      gate: claim.gate,
      held: permits.held,
      share: permits.share,
      starts: (starts?.starts ?? []).map(([atMs, count]) => ({
        inMs: atMs - scene.nowMs,
        atMs,
        count,
      })),
      nextInMs: starts === null ? null : Math.max(0, starts.nextMs - scene.nowMs),
    },
    calls: permits.calls,
  };
}

/** Permits that are held, as far as nodes that live have said. */
export function heldIn({ holders }: GateState): number {
  return holders.reduce((sum, { held }) => sum + held, 0);
}

/** Its session has lapsed, and it was not heard of: one that has only just begun is not seen to live yet (LG2). */
function isGone({ boot, heardMs }: Holder, { nowMs, lives }: GateScene): boolean {
  return !lives(boot) && Math.abs(nowMs - heardMs) > HOLDER_QUIET_MS;
}

function wantOf({ held, want, heardMs }: Holder, nowMs: number): number {
  return nowMs - heardMs > WANT_KEPT_MS ? held : Math.max(held, want); // (LG3)
}

function permitsOf(
  others: readonly Holder[],
  { claim, before, scene }: {
    readonly claim: GateClaim;
    readonly before: Holder | undefined;
    readonly scene: GateScene;
  },
): { readonly held: number; readonly share: number | null; readonly calls: readonly BootId[] } {
  const { nowMs, limits } = scene;
  const limit = limits.concurrency;
  if (limit === null) return { held: claim.keep, share: null, calls: [] };
  const all = [...others, { boot: scene.boot, servedMs: before?.servedMs ?? 0 }]
    .sort((one, other) => one.boot < other.boot ? -1 : 1);
  const shares = sharesOf(
    all.map((one) => ({
      want: Math.min(limit, "held" in one ? wantOf(one, nowMs) : Math.max(claim.keep, claim.want)),
      servedMs: one.servedMs,
    })),
    { limit, nowMs },
  );
  const shareOf = (boot: BootId) => shares[all.findIndex((one) => one.boot === boot)]!;
  const share = shareOf(scene.boot);
  const taken = others.reduce((sum, { held }) => sum + held, 0);
  const free = Math.max(0, limit - taken - claim.keep);
  const held = claim.keep + Math.min(free, Math.max(0, share - claim.keep));
  const left = free - (held - claim.keep);
  const isShort = (other: Holder) => other.held < shareOf(other.boot);
  const othersShort = others.some(isShort);
  const someoneShort = othersShort || held < share;
  const calls = others.filter((other) =>
    (left > 0 && isShort(other)) ||
    (someoneShort && other.held > shareOf(other.boot)) ||
    (someoneShort && nowMs - other.heardMs > HOLDER_SILENT_MS)
  );
  return { held, share: othersShort ? share : null, calls: calls.map(({ boot }) => boot) };
}

/** A part of what the next moments allow: as many as there are nodes that ask get one. */
function startsOf(
  window: RateWindow,
  { claim, others, scene: { limits: { rate }, nowMs } }: {
    readonly claim: GateClaim;
    readonly others: readonly Holder[];
    readonly scene: GateScene;
  },
): RateGrant | null {
  if (rate === null) return null;
  const back = giveBackStarts(window, rate, claim.unused);
  const rivals = others.filter(({ askedMs }) => nowMs - askedMs <= WANT_KEPT_MS).length;
  const count = Math.min(claim.starts, portionOf(rate, rivals + 1));
  return grantStarts(back, rate, { nowMs, untilMs: nowMs + RATE_AHEAD_MS, count });
}

function portionOf({ limit, perMs }: Rate, nodes: number): number {
  return Math.max(1, Math.ceil(limit * RATE_PORTION_MS / perMs / nodes));
}
