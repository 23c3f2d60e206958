/**
 * Window events: what the {@link NearWindow} is told, and what it wants read from the store.
 * @module
 */
import {
  WINDOW_FUTURE_MAX,
  WINDOW_LANE_READY_MAX,
  WINDOW_LANES_MAX,
  WINDOW_LINE_READY_MAX,
} from "../limits.ts";
import type { ActorId } from "../ids.ts";
import type { LanesRead } from "./lane_rounds.ts";
import type { DueEntry } from "../snapshot.ts";

/** What the window is told. */
export type WindowEvent =
  /** An entry was committed, or its wake time, lane or rank changed. */
  | { readonly kind: "scheduled"; readonly entry: DueEntry }
  /** An actor no longer waits to be woken. */
  | { readonly kind: "unscheduled"; readonly id: ActorId }
  /** The wake-up made of a taken entry ended, whichever way. */
  | { readonly kind: "woken"; readonly id: ActorId }
  /** A page of the lanes of the store's due index: each may hold due entries that we don't. `next`: where it goes on. */
  | {
    readonly kind: "lanes-read";
    readonly after: string | null;
    readonly lanes: readonly string[];
    readonly next: string | null;
  }
  /** The answer to `read-lane`; `whole`: there was no more than this. */
  | {
    readonly kind: "lane-read";
    readonly lane: string;
    readonly entries: readonly DueEntry[];
    readonly whole: boolean;
  }
  /** The answer to `read-ahead`. */
  | {
    readonly kind: "ahead-read";
    readonly entries: readonly DueEntry[];
    readonly completeToMs: number;
  }
  /** The answer to `read-recent`. */
  | { readonly kind: "recent-read"; readonly entries: readonly DueEntry[] }
  /** A read failed; it is asked again. */
  | { readonly kind: "read-failed"; readonly read: WindowRead }
  /** There may be room in this lane, or in all lanes of this line: it was refused before. */
  | { readonly kind: "opened"; readonly name: string }
  /** Actors were added to what the index holds for us: what was read of the time ahead is no longer all. */
  | { readonly kind: "gained" }
  /** These actors are no longer ours to wake. */
  | { readonly kind: "lost"; readonly isLost: (id: ActorId) => boolean }
  /** Time passed. */
  | { readonly kind: "tick" };

/** What the window wants read from the store. */
export type WindowRead =
  | LanesRead
  /** Some entries that are due since `fromMs`, of whatever lane. */
  | { readonly kind: "read-recent"; readonly fromMs: number }
  /** The best entries of `lane` that are due, or will be within the arming span: at least `most`, or all. */
  | { readonly kind: "read-lane"; readonly lane: string; readonly most: number }
  /** The entries of `[fromMs, untilMs)`. */
  | { readonly kind: "read-ahead"; readonly fromMs: number; readonly untilMs: number };

/** How much a window may hold. */
export interface WindowBounds {
  /** Future entries; twice that for a moment. */
  readonly futureMax: number;
  /** Ready entries of each lane; twice that for a moment. */
  readonly laneReadyMax: number;
  /** The same of all lanes of one line; but each may hold two. */
  readonly lineReadyMax: number;
  /** Lanes. */
  readonly lanesMax: number;
}

/** The bounds of limits.ts. */
export const WINDOW_BOUNDS: WindowBounds = {
  futureMax: WINDOW_FUTURE_MAX,
  laneReadyMax: WINDOW_LANE_READY_MAX,
  lineReadyMax: WINDOW_LINE_READY_MAX,
  lanesMax: WINDOW_LANES_MAX,
};

/** What came of a wake-up: the actor handled it, or could not be reached. */
export type WakeEnd = "handled" | "unreached";
