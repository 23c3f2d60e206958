/**
 * Audit: who changed what, from where, and what came of it: one line per request that could change something.
 *
 * Intuition: the line is made from the route and the answer, not by the routes, so that none can be forgotten.
 * It tells names and ids, never bodies: payloads are users' data, and secrets hide in them.
 *
 * Invariants: V1. A line never holds what was shown as a proof, a query string or any part of a body. V2. A
 * request never waits for its line. V3. Refusals are written at a bounded rate; what is left out is counted and
 * told with the next line.
 * Not here: where lines go (audit_file_driver.ts, or the node's log).
 * @module
 */
import type { Clock } from "../../runtime/clock.ts";
import { type Bucket, drip, fullBucket, take } from "../rates/bucket.ts";
import { AUDIT_REFUSALS_AT_ONCE, AUDIT_REFUSALS_PER_S } from "../limits.ts";

/** Where a request came from. */
export interface AuditOrigin {
  /** The address of whoever connected: a proxy's, where one stands before the node. */
  readonly from: string | null;
  /** What `X-Forwarded-For` says: a claim, which anyone can make. */
  readonly forwardedFor?: string;
}

/** One line. */
export interface AuditEntry extends AuditOrigin {
  /** A key's name, `jwt:` and a subject, or `anyone`; null: nobody who is known. */
  readonly who: string | null;
  /** The operation's id in the API, e.g. `cancelJob`. */
  readonly action: string;
  /** The path of what it is about, e.g. `/job/order-7`. */
  readonly target: string;
  readonly status: number;
  /** The kind of problem, of requests that were refused. */
  readonly problem?: string;
  /** Ids of jobs, of requests that make many. */
  readonly ids?: readonly string[];
}

/** Where lines go; it must neither throw nor wait. */
export type AuditSink = (line: Readonly<Record<string, unknown>>) => void;

const TARGET_CHARS_MAX = 300;
const FORWARDED = /^[0-9A-Fa-f:., \[\]]{1,200}$/;
const REFUSALS = {
  rate: { requests: AUDIT_REFUSALS_PER_S, perMs: 1_000, burst: AUDIT_REFUSALS_AT_ONCE },
  of: 1,
};

/** Writes the lines of one node (V1–V3). */
export class Audit {
  readonly #clock: Clock;
  readonly #sink: AuditSink;
  readonly #refusals: Bucket;
  #left = 0;

  constructor({ clock, sink }: { readonly clock: Clock; readonly sink: AuditSink }) {
    this.#clock = clock;
    this.#sink = sink;
    this.#refusals = fullBucket(REFUSALS, clock.monotonicMs());
  }

  /** Writes one line, or counts it when there are too many refusals. Never throws. */
  record({ target, ...entry }: AuditEntry): void {
    const outcome = outcomeOf(entry.status);
    if (outcome === "refused" && !this.#hasRoom()) return void this.#left++;
    const left = this.#left;
    this.#left = 0;
    this.#sink({
      ...{ event: "audit", ...entry, target: target.slice(0, TARGET_CHARS_MAX), outcome },
      ...(left > 0 && { leftOut: left }),
    });
  }

  #hasRoom(): boolean {
    drip(this.#refusals, REFUSALS, this.#clock.monotonicMs());
    return take(this.#refusals, 1);
  }
}

/** Where a request came from; `address` is the one of the connection. */
export function originOf(headers: Headers, address: string | undefined): AuditOrigin {
  const forwarded = headers.get("x-forwarded-for");
  return {
    from: address ?? null,
    ...(forwarded !== null && FORWARDED.test(forwarded) && { forwardedFor: forwarded }),
  };
}

/** A 504 is neither: nobody knows. */
function outcomeOf(status: number): "done" | "refused" | "failed" | "unknown" {
  if (status < 400) return "done";
  if (status < 500) return "refused";
  return status === 504 ? "unknown" : "failed";
}
