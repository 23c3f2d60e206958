/**
 * LimiterState: what a limiter knows of its gates and of the nodes that hold their permits.
 * @module
 */
import type { BootId } from "../../runtime/ids.ts";
import type { GateLimits } from "./limits.ts";
import type { RateWindow } from "./rate_window.ts";

/** A process start that holds permits of a gate, or wants some. */
export interface Holder {
  readonly boot: BootId;
  readonly held: number;
  readonly want: number;
  /** When it was last given a permit, ms. */
  readonly servedMs: number;
  /** When it last asked for starts of the rate, ms; 0: never. */
  readonly askedMs: number;
  /** When it was last heard of, ms. */
  readonly heardMs: number;
}

/** A gate. One that nobody holds anything of, and that remembers no starts, is left out. */
export interface GateState {
  readonly holders: readonly Holder[];
  readonly window: RateWindow;
}

/** A limiter. */
export interface LimiterState {
  readonly queue: string;
  readonly version: number;
  readonly limits: GateLimits;
  /** The last turn heard of each process start. */
  readonly turns: ReadonlyMap<BootId, number>;
  /** By key; the queue's own is the empty one. */
  readonly gates: ReadonlyMap<string, GateState>;
}
