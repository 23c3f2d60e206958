/**
 * Protocol: what the node and its executor-hosts, and a host and its workers, say to each other.
 *
 * Intuition: node and host speak JSON in batched frames; host and worker speak structured clones through
 * Comlink, many commands per call. A `ticket` names an attempt between node and host; a slot and its
 * sequence number name it between host and worker. What comes from a worker is untrusted: {@link isSaying}.
 *
 * Not here: framing (frames.ts), delivery (channel.ts, host/worker_link.ts).
 * @module
 */
import type { RawDescription } from "../catalog/description.ts";
import type { PermissionSet } from "../catalog/permissions.ts";
import { type AttemptOutcome, CHECKPOINT_CHARS_MAX, RESULT_CHARS_MAX } from "../port.ts";

/** Between the signal that asks an attempt to stop and its end by force, ms. */
export const GRACE_MS = 500;
/** A host's exit code when memory outside of V8's bound ran out; V8's own abort is a signal. */
export const EXIT_MEMORY = 86;

/** An attempt as it travels. */
export interface WireOrder {
  readonly ticket: number;
  readonly jobId: string;
  readonly attempt: number;
  /** The handler's name. */
  readonly name: string;
  /** The file it comes from: errors without an owner are matched with it by their stack. */
  readonly moduleUrl: string;
  /** Which kind of worker may run it. */
  readonly profile: string;
  readonly payload: string;
  readonly timeoutMs: number | null;
  readonly scheduledForMs: number;
  readonly fence: number;
  readonly checkpoint: string;
  readonly steps: readonly (readonly [string, string])[];
  /** It wants a worker to itself. */
  readonly exclusive: boolean;
  readonly parents?: string;
  /** W3C traceparent of the attempt's span; absent: it is not traced. */
  readonly traceparent?: string;
}

/** Handlers that may share workers, and what those workers may touch. */
export interface Profile {
  readonly id: string;
  readonly permissions: PermissionSet;
  readonly modules: readonly { readonly name: string; readonly url: string }[];
}

/** Why an attempt is to stop. */
export type StopReason = "timeout" | "cancelled" | "drain";

/** What an attempt is suspected of: to hold up its worker, to take the host's memory, or to have run away with it. */
export type Suspicion = "stall" | "memory" | "eviction";

/** Node → host. */
export type HostCommand =
  | { readonly kind: "load"; readonly profiles: readonly Profile[] }
  | { readonly kind: "run"; readonly order: WireOrder }
  | { readonly kind: "abort"; readonly ticket: number; readonly reason: "cancelled" | "drain" }
  /** A durable report is committed, or is not: `problem`. */
  | {
    readonly kind: "answer";
    readonly ticket: number;
    readonly request: number;
    readonly problem: string | null;
  }
  /** Describe these files one after another; each is announced before it is imported. */
  | { readonly kind: "describe"; readonly urls: readonly string[] }
  | { readonly kind: "ping" };

/** Host → node. */
export type HostEvent =
  | { readonly kind: "said"; readonly ticket: number; readonly saying: Saying }
  /** The first workers of every profile are up. */
  | { readonly kind: "warm" }
  /** Of the attempts in the host, these are the likely cause of what comes; `eviction`: of what came already. */
  | {
    readonly kind: "suspects";
    readonly tickets: readonly number[];
    readonly why: Suspicion;
  }
  | { readonly kind: "describing"; readonly url: string }
  | { readonly kind: "described"; readonly url: string; readonly result: DescribeResult }
  | { readonly kind: "describe-ended" }
  | { readonly kind: "pong" };

/** What importing a file in the sandbox gave. */
export type DescribeResult =
  | { readonly kind: "described"; readonly raw: RawDescription }
  | { readonly kind: "failed"; readonly problem: string };

/** What an attempt says. */
export type Saying =
  | { readonly kind: "ended"; readonly outcome: AttemptOutcome }
  | { readonly kind: "progress"; readonly percent: number }
  | { readonly kind: "log"; readonly lines: readonly string[] }
  | {
    readonly kind: "step";
    readonly request: number;
    readonly name: string;
    readonly result: string;
  }
  | { readonly kind: "checkpoint"; readonly request: number; readonly value: string };

/** Host → worker. */
export type WorkerCommand =
  | {
    readonly kind: "start";
    readonly slot: number;
    readonly sequence: number;
    readonly order: WireOrder;
  }
  | {
    readonly kind: "abort";
    readonly slot: number;
    readonly sequence: number;
    readonly reason: StopReason;
  }
  | {
    readonly kind: "answer";
    readonly slot: number;
    readonly sequence: number;
    readonly request: number;
    readonly problem: string | null;
  };

/** Worker → host: slot, sequence number, saying. */
export type WorkerEvent = readonly [slot: number, sequence: number, saying: Saying];

/** What a worker offers through Comlink; both calls carry many items. */
export interface WorkerApi {
  push(commands: readonly WorkerCommand[]): void;
  /** Resolves as soon as there is anything to tell. The host always has one such call waiting. */
  collect(): Promise<readonly WorkerEvent[]>;
}

/** Longest text of a saying that is not a result: names, messages. */
const TEXT_CHARS_MAX = 16_384;
const LOG_LINES_PER_SAYING_MAX = 2_048;

/** Tells whether what a worker sent is a bounded {@link Saying}. */
export function isSaying(value: unknown): value is Saying {
  if (!isRecord(value)) return false;
  switch (value.kind) {
    case "ended":
      return isOutcome(value.outcome);
    case "progress":
      return typeof value.percent === "number" && value.percent >= 0 && value.percent <= 100;
    case "log":
      return Array.isArray(value.lines) && value.lines.length <= LOG_LINES_PER_SAYING_MAX &&
        value.lines.every((line) => isText(line, TEXT_CHARS_MAX));
    case "step":
      return Number.isInteger(value.request) && isText(value.name, TEXT_CHARS_MAX) &&
        isText(value.result, RESULT_CHARS_MAX);
    case "checkpoint":
      return Number.isInteger(value.request) && isText(value.value, CHECKPOINT_CHARS_MAX);
    default:
      return false;
  }
}

/** Workers only know success and error; every other outcome is the host's to tell. */
function isOutcome(value: unknown): value is AttemptOutcome {
  if (!isRecord(value)) return false;
  if (value.kind === "ok") return isText(value.result, RESULT_CHARS_MAX);
  return value.kind === "error" && isRecord(value.error) &&
    isText(value.error.name, TEXT_CHARS_MAX) && isText(value.error.message, TEXT_CHARS_MAX) &&
    (value.error.stack === undefined || isText(value.error.stack, TEXT_CHARS_MAX)) &&
    typeof value.retryable === "boolean" &&
    (value.retryAfterMs === undefined || typeof value.retryAfterMs === "number");
}

function isText(value: unknown, charsMax: number): boolean {
  return typeof value === "string" && value.length <= charsMax;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
