/**
 * Access: what a route asks of whoever calls it, and what a caller may.
 *
 * Intuition: a right has two sides. The scope says what may be done: `read`, `write` (jobs, schedules,
 * flows) or `admin` (settings of queues, nodes). The namespaces say to what: a queue belongs to the
 * namespace of its own name and to those that its name begins with at a dot, so `billing` has the queues
 * `billing` and `billing.eu`, not `billings`. Jobs, schedules and flows belong where their queues do.
 *
 * Invariants: A1. A scope contains no other one. A2. A caller with namespaces reaches nothing that belongs
 * to the cluster as a whole.
 * @module
 */
import { Problem } from "../http/problem.ts";
import type { Rate } from "../rates/bucket.ts";

/** What may be done, in the order in which it is told. */
export const SCOPES = ["read", "write", "admin"] as const;
/** One of {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];

/** What a route asks for. */
export type Access =
  /** Nothing: it tells what everyone may know. */
  | "open"
  /** Any valid key. */
  | "known"
  /** A scope; `queues`: over what belongs to queues, `cluster`: over what belongs to all (A2). */
  | { readonly scope: Scope; readonly over: "queues" | "cluster" };

/** Who calls, as far as it was proved. */
export interface Principal {
  /** For the audit log and the rate limit: a key's name, or `jwt:` and a subject. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Null: the whole cluster. */
  readonly namespaces: readonly string[] | null;
  /** When the proof ends, ms of the wall clock; null: never. */
  readonly untilMs: number | null;
  /** Null: no limit. */
  readonly rate: Rate | null;
}

/** Who calls where nobody is asked for a key. */
export const ANYONE: Principal = {
  name: "anyone",
  scopes: new Set(SCOPES),
  namespaces: null,
  untilMs: null,
  rate: null,
};

/** The caller of open routes, about whom nothing is known. */
export const NOBODY: Principal = { ...ANYONE, name: "nobody", scopes: new Set(), namespaces: [] };

/** Tells whether `queue` belongs to one of `namespaces`; null: to any. */
export function covers(namespaces: readonly string[] | null, queue: string): boolean {
  return namespaces === null ||
    namespaces.some((one) => queue === one || queue.startsWith(`${one}.`));
}

/** Why `principal` may not use a route; null when it may (A1, A2). */
export function permit(principal: Principal, access: Access): Problem | null {
  if (access === "open" || access === "known") return null;
  const { scope, over } = access;
  if (!principal.scopes.has(scope)) {
    return forbidden(`this needs the scope ${scope}, which the key does not have`, { scope });
  }
  if (over === "cluster" && principal.namespaces !== null) {
    return forbidden("this needs a key without namespaces", { scope });
  }
  return null;
}

/** The refusal of who is known and may not. `scope`: the one that is missing. */
export function forbidden(detail: string, { scope }: { readonly scope?: Scope } = {}): Problem {
  const missing = scope === undefined ? "" : `, scope="${scope}"`;
  const challenge = `Bearer realm="orrery", error="insufficient_scope"${missing}`;
  return new Problem("forbidden", detail, { headers: { "www-authenticate": challenge } });
}

/** The refusal of who is not known. `invalid`: something was shown, and it does not hold. */
export function unauthorized(detail: string, { invalid }: { readonly invalid: boolean }): Problem {
  const error = invalid ? ', error="invalid_token"' : "";
  const challenge = `Bearer realm="orrery"${error}`;
  return new Problem("unauthorized", detail, { headers: { "www-authenticate": challenge } });
}

/** Thrown by services on behalf of a caller who may not: it becomes its problem, wherever it surfaces. */
export class Forbidden extends Error {
  override readonly name = "Forbidden";
  readonly problem: Problem;

  constructor(detail: string) {
    super(detail);
    this.problem = forbidden(detail);
  }
}
