/**
 * Events: what a host's scheduler is told, what it wants done, and within which bounds it works.
 * @module
 */
import type { HostCommand, HostEvent, WorkerCommand, WorkerEvent } from "../pool/protocol.ts";
import type { CrewSize } from "./crew.ts";
import type { Seat } from "./seat.ts";

/** What the scheduler is told. */
export type SchedulerEvent =
  | Exclude<HostCommand, { kind: "describe" | "ping" }>
  | { readonly kind: "seat-up"; readonly seat: number }
  | { readonly kind: "seat-down"; readonly seat: number; readonly problem: string }
  | {
    readonly kind: "worker-said";
    readonly seat: number;
    readonly events: readonly WorkerEvent[];
  }
  /** Time passes; `rssMiB` is the memory of the whole process. */
  | { readonly kind: "tick"; readonly rssMiB: number };

/** What it wants done, in order. */
export type SchedulerEffect =
  | { readonly kind: "spawn"; readonly seat: Seat }
  | { readonly kind: "terminate"; readonly seat: number }
  | { readonly kind: "post"; readonly seat: number; readonly command: WorkerCommand }
  | { readonly kind: "tell"; readonly event: HostEvent }
  /** Memory outside of V8's bound runs out: tell the node, then end the process. */
  | { readonly kind: "die" };

/** Bounds of one host. */
export interface HostLimits {
  readonly size: CrewSize;
  /** Workers in all (G3). */
  readonly seatsMax: number;
  /** Profiles that are kept warm without demand. */
  readonly warmProfilesMax: number;
  /** Attempts after which a worker is replaced: what handlers leave behind goes with it. */
  readonly recycleAfter: number;
  /** V8's bound per worker. */
  readonly heapMiB: number;
  /** The host runs one attempt at a time: nobody else can be meant or harmed. */
  readonly solo: boolean;
  /** Between the signal and termination. */
  readonly graceMs: number;
}
