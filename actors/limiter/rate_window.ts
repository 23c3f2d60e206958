/**
 * RateWindow: which starts a rate still allows, and when.
 *
 * Intuition: the starts of the last span are remembered, a few milliseconds of them as one. A start is allowed when
 * fewer than the limit lie within the span before it; and, so that the limit is not used up in one burst, when it
 * comes no sooner after the others than an even pace, a few at once excepted. Starts are granted a little ahead,
 * each with its moment: so their pace does not depend on how often they are asked for.
 *
 * Invariants: RW1. No span of `perMs`, wherever it begins, has more than `limit` moments granted in it and not given
 * back. RW2. While starts are asked for as fast as they are granted, `limit` come in a span, less 0.5 % at most.
 * RW3. In any shorter span there are at most its even share and one burst. RW4. A window has a bounded size.
 * Source: generic cell rate algorithm (ITU-T I.371) for the pace, a sliding log for the span.
 * @module
 */
import { RATE_BURST_MIN, RATE_BURST_MS, RATE_QUANTA_MAX } from "../../runtime/limits.ts";
import type { Rate } from "./limits.ts";

/** Starts that count together: of some moments, as if all were the last. */
export type Starts = readonly [atMs: number, count: number];

/** What is remembered. */
export interface RateWindow {
  /** Oldest first. */
  readonly starts: readonly Starts[];
  /** When an even pace has come to the next start, ms. */
  readonly evenMs: number;
}

/** Nothing was started yet. */
export const EMPTY_WINDOW: RateWindow = { starts: [], evenMs: 0 };

/** Starts that may come at once after a rest. */
export function burstOf({ limit, perMs }: Rate): number {
  const even = Math.ceil(limit * Math.min(RATE_BURST_MS / perMs, 0.2));
  return Math.min(limit, Math.max(RATE_BURST_MIN, even));
}

/** What was granted: moments, each with its count, and when there may be more. */
export interface RateGrant {
  readonly window: RateWindow;
  readonly starts: readonly Starts[];
  /** The earliest moment of another start, ms. */
  readonly nextMs: number;
}

/** Grants up to `count` starts from `nowMs` to `untilMs` (RW1–RW3). Cost: O(moments granted × quanta). */
export function grantStarts(
  window: RateWindow,
  rate: Rate,
  { nowMs, untilMs, count }: { nowMs: number; untilMs: number; count: number },
): RateGrant {
  const paceMs = rate.perMs / rate.limit;
  const slackMs = (burstOf(rate) - 1) * paceMs;
  const log = [...prune(window.starts, nowMs - rate.perMs)];
  const granted: Starts[] = [];
  let evenMs = window.evenMs;
  let left = count;
  for (;;) {
    const atMs = Math.max(nowMs, Math.ceil(evenMs - slackMs), freeAtMs(log, rate));
    if (left <= 0 || atMs > untilMs) {
      const unchanged = granted.length === 0 && log.length === window.starts.length;
      return {
        window: unchanged ? window : { starts: log, evenMs: Math.round(evenMs * 1e3) / 1e3 },
        starts: granted,
        nextMs: atMs,
      };
    }
    const even = Math.max(evenMs, atMs);
    const within = Math.floor((atMs + slackMs - even) / paceMs) + 1;
    const room = rate.limit - countSince(log, atMs - rate.perMs);
    const some = Math.max(1, Math.min(left, within, room));
    evenMs = even + some * paceMs;
    left -= some;
    granted.push([atMs, some]);
    remember(log, [atMs, some], rate);
  }
}

/** Takes back starts that were granted and not used. */
export function giveBackStarts(
  window: RateWindow,
  rate: Rate,
  unused: readonly Starts[],
): RateWindow {
  if (unused.length === 0) return window;
  const log = window.starts.map(([atMs, count]): [number, number] => [atMs, count]);
  let evenMs = window.evenMs;
  for (const [atMs, count] of unused) {
    // What counts together has the moment of its last.
    const found = log.find(([lastMs]) => lastMs >= atMs);
    if (found === undefined) continue;
    const back = Math.min(count, found[1]);
    found[1] -= back;
    evenMs -= back * rate.perMs / rate.limit;
  }
  return { starts: log.filter(([, count]) => count > 0), evenMs: Math.max(0, evenMs) };
}

/** How many starts lie in the span that ends at `nowMs`; those granted ahead are not yet among them. */
export function startsWithin({ starts }: RateWindow, rate: Rate, nowMs: number): number {
  return countSince(starts, nowMs - rate.perMs) - countSince(starts, nowMs);
}

/** When the span before a start has room for it. */
function freeAtMs(log: readonly Starts[], { limit, perMs }: Rate): number {
  let over = log.reduce((sum, [, count]) => sum + count, 0) - limit;
  for (const [atMs, count] of log) {
    if (over < 0) break;
    over -= count;
    if (over < 0) return atMs + perMs;
  }
  return -Infinity;
}

function countSince(log: readonly Starts[], sinceMs: number): number {
  let sum = 0;
  for (const [atMs, count] of log) if (atMs > sinceMs) sum += count;
  return sum;
}

function prune(starts: readonly Starts[], untilMs: number): readonly Starts[] {
  const first = starts.findIndex(([atMs]) => atMs > untilMs);
  return first === 0 ? starts : first < 0 ? [] : starts.slice(first);
}

/** Those of one quantum become one, as late as the last of them (RW1, RW4). */
function remember(log: Starts[], [atMs, count]: Starts, { perMs }: Rate): void {
  const quantumMs = perMs / RATE_QUANTA_MAX;
  const last = log.at(-1);
  if (last !== undefined && Math.floor(last[0] / quantumMs) === Math.floor(atMs / quantumMs)) {
    log[log.length - 1] = [Math.max(last[0], atMs), last[1] + count];
    return;
  }
  // What was given back lately may leave a moment free before others that were granted.
  let at = log.length;
  while (at > 0 && log[at - 1]![0] > atMs) at--;
  log.splice(at, 0, [atMs, count]);
}
