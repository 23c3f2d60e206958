/**
 * Messages: what a limiter can be told, what it answers, and what it asks of the world.
 * @module
 */
import type { BootId } from "../../runtime/ids.ts";
import type { GateLimits } from "./limits.ts";
import type { Starts } from "./rate_window.ts";

/** What one node says of one gate. */
export interface GateClaim {
  /** The key; empty: the queue itself. */
  readonly gate: string;
  /** Permits that the node has and keeps, whatever the answer: never fewer than its attempts. */
  readonly keep: number;
  /** Permits that it would like to have in all. */
  readonly want: number;
  /** Starts of the rate that it would like to have. */
  readonly starts: number;
  /** Starts that it was granted and does not need. */
  readonly unused: readonly Starts[];
}

/** What a limiter receives. */
export type LimiterMessage = {
  readonly kind: "claim";
  readonly boot: BootId;
  /** Grows with every claim of a process start to a limiter: what was overtaken is not heard. */
  readonly turn: number;
  /** The version of the settings that `limits` is of: the newest counts. */
  readonly version: number;
  readonly limits: GateLimits;
  readonly gates: readonly GateClaim[];
};

/** What one gate gives. */
export interface GateGrant {
  readonly gate: string;
  /** Permits that the node has now. */
  readonly held: number;
  /** How many it should come down to, as its attempts end; null: no need. */
  readonly share: number | null;
  /** Starts, each some ms from now on. */
  readonly starts: readonly {
    readonly inMs: number;
    readonly atMs: number;
    readonly count: number;
  }[];
  /** In how many ms there may be more; null: the rate was not asked for. */
  readonly nextInMs: number | null;
}

/** What a limiter answers. `overtaken`: a later claim was here first. */
export type LimiterReply =
  | { readonly kind: "granted"; readonly gates: readonly GateGrant[] }
  | { readonly kind: "overtaken" };

/** What a limiter asks of the world. */
export type LimiterEffect = {
  /** Have these process starts claim again: there is something for them, or others want what they have. */
  readonly kind: "call";
  readonly queue: string;
  readonly calls: readonly { readonly boot: BootId; readonly gates: readonly string[] }[];
};
