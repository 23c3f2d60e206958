/**
 * Zoned: what a time zone makes of local times: the instants at which they occur.
 *
 * Intuition: within a stretch of constant offset, local times are instants by addition. All that is
 * special happens where stretches meet: local times between them were jumped over (a gap), or belong
 * to both (an overlap). So the search goes stretch by stretch, and looks at each seam once.
 *
 * Invariants:
 *   O1. One occurrence per instant. Local times in a gap are one occurrence at its end, the instant
 *       that the clock is put forward; none of their own when the rule names that instant too.
 *   O2. What there is at an instant depends on the instant alone, not on where the search began.
 *   O3. Nothing fires on an excluded date, neither by the date that the rule names nor by the one
 *       that the wall clock shows. Of times in a gap, which have one date, the first stands for all.
 * @module
 */
import type { DstPolicy } from "../spec.ts";
import type { Occurrence, Recurrence, RuleTimes } from "./occurrence.ts";
import { OFFSET_MS_MAX, type Stretch, type TimeZone } from "./zone.ts";

/** A local time and its instant, or those of two stretches, are never farther apart than this, ms. */
const SLACK_MS = 2 * OFFSET_MS_MAX;

/** The zone of a rule, and what it is to make of special times. */
export interface ZonedOptions {
  readonly zone: TimeZone;
  readonly dst: DstPolicy;
  /** Tells whether the date of a local time is excluded. */
  readonly excluded: (localMs: number) => boolean;
}

/** The occurrences of the local times `times`. An `after` costs one or two of theirs, and some µs. */
export function zonedRecurrence(times: RuleTimes, options: ZonedOptions): Recurrence {
  return new ZonedRecurrence(times, options);
}

class ZonedRecurrence implements Recurrence {
  readonly #times: RuleTimes;
  readonly #options: ZonedOptions;

  constructor(times: RuleTimes, options: ZonedOptions) {
    this.#times = times;
    this.#options = options;
  }

  after(afterMs: number): Occurrence | null {
    for (let fromMs = afterMs + 1;;) {
      const stretch = this.#options.zone.stretchAt(fromMs);
      const regular = this.#within(stretch, fromMs);
      if (regular?.atMs === fromMs) return regular;
      const found = (fromMs === stretch.fromMs ? this.#inGap(stretch) : null) ?? regular;
      if (found !== null) return found;
      // Local times before the stretch's end may come once more, hence the slack.
      const localMs = this.#times.after(stretch.toMs + stretch.offsetMs - SLACK_MS);
      if (localMs === null) return null;
      fromMs = Math.max(stretch.toMs, localMs - SLACK_MS);
    }
  }

  /** The first occurrence in `stretch` from `fromMs` on that has a local time of its own. */
  #within({ toMs, offsetMs }: Stretch, fromMs: number): Occurrence | null {
    const { zone, dst, excluded } = this.#options;
    let localMs = this.#times.after(fromMs + offsetMs - 1);
    while (localMs !== null && localMs < toMs + offsetMs) {
      const atMs = localMs - offsetMs;
      const instants = zone.instantsOf(localMs);
      const chosenMs = dst.overlap === "both"
        ? atMs
        : instants.at(dst.overlap === "first" ? 0 : -1);
      if (chosenMs === undefined || chosenMs === atMs) {
        if (excluded(localMs)) return { atMs, localMs, note: "excluded", fires: false };
        return { atMs, localMs, note: instants.length > 1 ? "dst-overlap" : null, fires: true };
      }
      // Another stretch has this local time, and all that follow to its end.
      const other = zone.stretchAt(chosenMs);
      localMs = this.#times.after(other.toMs + other.offsetMs - 1);
    }
    return null;
  }

  /** What becomes of the local times that the clock jumped over at the start of `stretch` (O1, O3). */
  #inGap({ fromMs, offsetMs }: Stretch): Occurrence | null {
    const { zone, dst, excluded } = this.#options;
    const endMs = fromMs + offsetMs;
    const localMs = this.#times.after(fromMs + zone.stretchAt(fromMs - 1).offsetMs - 1);
    if (localMs === null || localMs >= endMs) return null;
    if (excluded(localMs) || excluded(endMs)) {
      return { atMs: fromMs, localMs, note: "excluded", fires: false };
    }
    return { atMs: fromMs, localMs, note: "dst-gap", fires: dst.gap === "run-after" };
  }
}
