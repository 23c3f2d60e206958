/**
 * Events: what a node's dispatcher is told and what it wants done; and how an order travels.
 * @module
 */
import type { ModuleHandler } from "../catalog/catalog.ts";
import type { AttemptKey, AttemptOrder } from "../port.ts";
import type { HostExit } from "./host_process.ts";
import type { HostCommand, HostEvent, Profile, Saying, WireOrder } from "./protocol.ts";

/** What the dispatcher is told. */
export type DispatchEvent =
  | { readonly kind: "order"; readonly order: AttemptOrder; readonly handler: ModuleHandler }
  | {
    readonly kind: "abort";
    readonly token: string;
    readonly reason: "cancelled" | "drain";
  }
  | {
    readonly kind: "answer";
    readonly ticket: number;
    readonly request: number;
    readonly problem: string | null;
  }
  | { readonly kind: "host-up"; readonly host: number }
  | { readonly kind: "host-said"; readonly host: number; readonly batch: readonly HostEvent[] }
  | { readonly kind: "host-down"; readonly host: number; readonly exit: HostExit }
  /** New code: hosts with these profiles, `count` of them. */
  | { readonly kind: "renew"; readonly profiles: readonly Profile[]; readonly count: number }
  /** End everything. */
  | { readonly kind: "close" };

/** What it wants done, in order. */
export type DispatchEffect =
  | {
    readonly kind: "start";
    readonly host: number;
    readonly solo: boolean;
    readonly delayMs: number;
  }
  | { readonly kind: "send"; readonly host: number; readonly command: HostCommand }
  | { readonly kind: "stop"; readonly host: number }
  | {
    readonly kind: "report";
    readonly ticket: number;
    readonly key: AttemptKey;
    readonly saying: Saying;
  }
  /** Every host of the generation is warm. */
  | { readonly kind: "warm" };

/** `order` as hosts understand it; what the order leaves open, its handler says. */
export function wireOf(
  order: AttemptOrder,
  { ticket, handler, exclusive }: { ticket: number; handler: ModuleHandler; exclusive: boolean },
): WireOrder {
  return {
    ticket,
    jobId: order.key.jobId,
    attempt: order.key.attempt,
    name: handler.info.name,
    moduleUrl: handler.url,
    profile: handler.profile,
    payload: order.payload,
    timeoutMs: order.timeoutMs ?? handler.info.timeoutMs,
    scheduledForMs: order.scheduledForMs,
    fence: order.fence,
    checkpoint: order.checkpoint,
    steps: [...order.steps],
    exclusive,
    ...(order.parents !== undefined && { parents: order.parents }),
    ...(order.trace !== undefined && { traceparent: order.trace.parent }),
  };
}
