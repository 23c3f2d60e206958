/**
 * Swim events: what the membership machine is told, what it wants done, and what it shows of members.
 * @module
 */
import type { BootId, NodeName } from "../ids.ts";
import type { Address, Load, Metadata, SwimMessage } from "./messages.ts";
import type { ShownState } from "./record.ts";

/** What the machine is told. */
export type SwimEvent =
  /** Time passed: due no earlier than `nextTickMs`, and late only if the node stood still. */
  | { readonly kind: "tick" }
  /** A decoded message, and where its sender can be answered. */
  | { readonly kind: "received"; readonly message: SwimMessage; readonly from: Address }
  /** Ask the nodes at these addresses who is there, and tell them what we know. */
  | { readonly kind: "join"; readonly addresses: readonly Address[] }
  /** What this node tells of itself has changed. */
  | { readonly kind: "described"; readonly meta: Partial<Metadata> }
  /** This node is now so busy. */
  | { readonly kind: "loaded"; readonly load: Load }
  /** Something other than membership messages came from a member just now. */
  | { readonly kind: "heard"; readonly boot: BootId }
  /** This node's event loop stood still for so long. */
  | { readonly kind: "stalled"; readonly ms: number }
  /** Say goodbye; the effect `gone` tells when that is done. */
  | { readonly kind: "leave" };

/** What the machine wants done, in this order. */
export type SwimEffect =
  | { readonly kind: "send"; readonly to: Address; readonly message: SwimMessage }
  /** What users see of a member changed; null: it was unknown, or is forgotten now. */
  | {
    readonly kind: "changed";
    readonly member: MemberView;
    readonly from: ShownState | null;
    readonly to: ShownState | null;
  }
  /** A member tells something new of itself (not its load), its state being the same. */
  | { readonly kind: "updated"; readonly member: MemberView }
  /** Another live node has our name and started later: the others take it for us. Told once for each. */
  | { readonly kind: "superseded"; readonly by: MemberView }
  /** The goodbye has been said. */
  | { readonly kind: "gone" };

/** A member as users see it. A copy: it does not change. */
export interface MemberView {
  readonly name: NodeName;
  readonly boot: BootId;
  readonly state: ShownState;
  readonly incarnation: number;
  readonly meta: Metadata;
  /** Null until it was told. */
  readonly load: Load | null;
}

/** What the machine counted since its start. */
export interface SwimCounts {
  /** Messages meant for another boot, or in answer to nothing that was asked. */
  misdirected: number;
  /** Newcomers that found no room. */
  refused: number;
  /** Probes made, and those of them that failed. */
  probes: number;
  probesFailed: number;
  /** Accusations of this node that it contradicted. */
  refuted: number;
  /** Times at which this node found that it had stood still. */
  stalls: number;
}
