/**
 * Guard: who a request is from, whether he may, and not too often.
 *
 * Order: what is shown → whose it is, and still is → the rate → the scope. So a key is charged for what it is
 * refused, and a stranger learns nothing but that he is one.
 *
 * Invariants: U1. Where keys or tokens are configured, nobody gets past {@link Guard.admit} without one, except
 * to routes that are open. U2. With a key at hand and no rate in doubt the answer comes at once, without a promise.
 * @module
 */
import type { Clock } from "../../runtime/clock.ts";
import { Problem } from "../http/problem.ts";
import type { Limited, RateLimiter } from "../rates/rate_limiter_driver.ts";
import { type Access, ANYONE, NOBODY, permit, type Principal, unauthorized } from "./access.ts";
import { type Caller, type CallerServices, confine } from "./caller.ts";
import { readCredentials } from "./credentials.ts";
import type { KeyRing } from "./key_ring.ts";
import type { JwtVerifier } from "./jwt/verifier_driver.ts";
import { looksLikeJwt } from "./jwt/token.ts";

/** How callers prove who they are. */
export interface Security {
  readonly keys: KeyRing;
  readonly jwt?: JwtVerifier | undefined;
  readonly limiter: RateLimiter;
}

/** Who was turned away, as far as he is known, and why. */
export class Refusal {
  constructor(readonly problem: Problem, readonly principal: Principal | null) {}
}

const SHOW_A_KEY = unauthorized("send a key: Authorization: Bearer KEY, or X-API-Key: KEY", {
  invalid: false,
});
const UNKNOWN = unauthorized("the key is not known", { invalid: true });
const EXPIRED = unauthorized("the key has expired", { invalid: true });

/** Stands before the routes. `security` undefined: everyone may do everything. */
export class Guard {
  readonly #services: CallerServices;
  readonly #security: Security | undefined;
  readonly #clock: Pick<Clock, "wallMs">;
  /** Made once per principal: they hold nothing of a request. */
  readonly #callers = new WeakMap<Principal, Caller>();

  constructor(
    services: CallerServices,
    { security, clock }: {
      readonly security: Security | undefined;
      readonly clock: Pick<Clock, "wallMs">;
    },
  ) {
    this.#services = services;
    this.#security = security;
    this.#clock = clock;
  }

  /** The caller of a request to a route that asks for `access`, or why he is turned away (U1, U2). */
  admit(headers: Headers, access: Access): Caller | Refusal | Promise<Caller | Refusal> {
    if (access === "open") return this.#callerOf(NOBODY);
    if (this.#security === undefined) return this.#callerOf(ANYONE);
    const principal = this.#identify(headers, this.#security);
    return principal instanceof Promise
      ? principal.then((known) => this.#charge(known, access))
      : this.#charge(principal, access);
  }

  #identify(
    headers: Headers,
    { keys, jwt }: Security,
  ): Principal | Problem | Promise<Principal | Problem> {
    const shown = readCredentials(headers);
    if (shown.kind === "none") return SHOW_A_KEY;
    if (shown.kind === "malformed") return unauthorized(shown.why, { invalid: true });
    const holder = keys.find(shown.token);
    if (holder !== undefined) return this.#expired(holder) ? EXPIRED : holder;
    return jwt !== undefined && shown.bearer && looksLikeJwt(shown.token)
      ? jwt.verify(shown.token)
      : UNKNOWN;
  }

  #charge(
    known: Principal | Problem,
    access: Access,
  ): Caller | Refusal | Promise<Caller | Refusal> {
    if (known instanceof Problem) return new Refusal(known, null);
    const decide = (limited: Problem | null) => {
      const problem = limited ?? permit(known, access);
      return problem === null ? this.#callerOf(known) : new Refusal(problem, known);
    };
    const limited = this.#limit(known);
    return limited instanceof Promise ? limited.then(decide) : decide(limited);
  }

  #limit({ name, rate }: Principal): Problem | null | Promise<Problem | null> {
    if (rate === null || this.#security === undefined) return null;
    const limited = this.#security.limiter.take(name, rate);
    return limited instanceof Promise ? limited.then(tooMany) : tooMany(limited);
  }

  #callerOf(principal: Principal): Caller {
    const known = this.#callers.get(principal);
    if (known !== undefined) return known;
    const { jobs, schedules, flows } = confine(this.#services, principal.namespaces);
    const caller: Caller = {
      ...{ jobs, schedules, flows },
      principal,
      more: () => this.#expired(principal) ? EXPIRED : this.#limit(principal),
    };
    this.#callers.set(principal, caller);
    return caller;
  }

  #expired({ untilMs }: Principal): boolean {
    return untilMs !== null && this.#clock.wallMs() >= untilMs;
  }
}

/** The refusal of a request that comes too early; null: it is in time. */
function tooMany(limited: Limited | null): Problem | null {
  if (limited === null) return null;
  const { rate: { requests, perMs }, retryAfterMs } = limited;
  const waitS = String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  return new Problem("rate-limited", `the key is good for ${requests} requests in ${perMs} ms`, {
    headers: {
      "retry-after": waitS,
      "ratelimit-limit": String(requests),
      "ratelimit-remaining": "0",
      "ratelimit-reset": waitS,
    },
  });
}
