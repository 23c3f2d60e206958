/**
 * Problem: every refusal of the gateway, as RFC 9457 `application/problem+json`.
 *
 * Intuition: a refusal is a value. Routes return it; one function turns it into a response, so that
 * status, title, `Retry-After` and `Allow` cannot disagree.
 * @module
 */
import type { Fault } from "../../runtime/fault.ts";
import { RETRY_AFTER_S } from "../limits.ts";
import type { FieldError } from "../schemas/validate.ts";

/** Each kind of refusal with its status and title; `type` is `urn:orrery:problem:<kind>`. */
export const PROBLEM_KINDS = {
  "not-json": [400, "The body is not JSON"],
  "invalid": [400, "The request is not valid"],
  "body-broken": [400, "The body broke off"],
  "unauthorized": [401, "A valid key is needed"],
  "forbidden": [403, "The key does not allow this"],
  "cross-site": [403, "Requests from other sites are refused"],
  "no-such-route": [404, "There is nothing here"],
  "not-found": [404, "Not found"],
  "wrong-method": [405, "This method is not offered here"],
  "too-slow": [408, "The body did not arrive in time"],
  "conflict": [409, "The current state does not allow it"],
  "too-large": [413, "The request is too large"],
  "wrong-media-type": [415, "The content type is not accepted"],
  "wrong-host": [421, "This host name is not served here"],
  "unsound-flow": [422, "The flow does not hold together"],
  "reserved": [422, "This name is reserved"],
  "key-reused": [422, "The Idempotency-Key belongs to another request"],
  "rate-limited": [429, "Too many requests"],
  "internal": [500, "An unexpected error occurred"],
  "overloaded": [503, "Too much is under way"],
  "unavailable": [503, "The store cannot take this now"],
  "draining": [503, "The node is stopping"],
  "not-ready": [503, "The node is not ready"],
  "unknown-outcome": [504, "The outcome is unknown"],
} as const satisfies Record<string, readonly [number, string]>;

/** The name of a kind of refusal. */
export type ProblemKind = keyof typeof PROBLEM_KINDS;

/** A refusal. */
export class Problem {
  constructor(
    readonly kind: ProblemKind,
    /** What went wrong this time, for people. */
    readonly detail: string,
    readonly more: {
      readonly errors?: readonly FieldError[];
      /** Methods that the path does offer. */
      readonly allow?: readonly string[];
      /** Further members of the document. */
      readonly members?: Readonly<Record<string, unknown>>;
      /** Headers of the response beside those that every refusal has. */
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {}

  get status(): number {
    return PROBLEM_KINDS[this.kind][0];
  }

  get title(): string {
    return PROBLEM_KINDS[this.kind][1];
  }

  /** The document; `instance` is the path of the request. */
  document(instance: string): Record<string, unknown> {
    return {
      type: `urn:orrery:problem:${this.kind}`,
      title: this.title,
      status: this.status,
      detail: this.detail,
      instance,
      ...(this.more.errors !== undefined && { errors: this.more.errors }),
      ...this.more.members,
    };
  }
}

/** A refusal of invalid fields, with a detail that repeats the first of them. */
export function invalid(errors: readonly FieldError[], kind: ProblemKind = "invalid"): Problem {
  const first = errors[0];
  const detail = first === undefined
    ? "the request is not valid"
    : `${first.path === "" ? "the request" : first.path}: ${first.message}`;
  return new Problem(kind, detail, { errors });
}

/** What a {@link Fault} means to clients. Its message stays inside: it may name files and hosts. */
export function faultProblem(fault: Fault): Problem {
  switch (fault.code) {
    case "timeout":
      return new Problem("unknown-outcome", "unknown: repeat with the same Idempotency-Key");
    case "unavailable":
      return new Problem("unavailable", "the store is out of reach; nothing was accepted");
    case "full":
      return new Problem("unavailable", "the store has no space left; nothing was accepted");
    case "read-only":
      return new Problem("unavailable", "the store is read-only; nothing was accepted");
    case "overloaded":
      return new Problem(
        "overloaded",
        "too much is under way, or its shard is just moving to another node; nothing was accepted",
      );
    case "corrupt":
    case "mismatch":
      return new Problem("internal", "the store needs an operator; see the node's log");
  }
}

/** A refusal as a response. */
export function problemResponse(problem: Problem, instance: string): Response {
  const headers = new Headers({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...problem.more.headers,
  });
  if (problem.status === 503) headers.set("retry-after", String(RETRY_AFTER_S));
  if (problem.more.allow !== undefined) headers.set("allow", problem.more.allow.join(", "));
  // The rest of the body was not read: the connection cannot be used again.
  if (problem.status === 408 || problem.status === 413) headers.set("connection", "close");
  return new Response(JSON.stringify(problem.document(instance)), {
    status: problem.status,
    headers,
  });
}
