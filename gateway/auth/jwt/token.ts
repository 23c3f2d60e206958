/**
 * Token: reads a JSON Web Token and judges its claims. Pure; the signature is checked elsewhere.
 *
 * Intuition: the header only helps to find the key. Which algorithms there are is ours to say, and each key
 * has exactly one; what a token says of keys (`jku`, `jwk`, `x5u`) is never looked at.
 *
 * Invariants: T1. `none` and every symmetric algorithm are refused. T2. A token without `exp`, `sub`, our
 * issuer and our audience proves nothing. T3. What a refusal says never repeats the token.
 * Source: RFC 7519, RFC 8725 (best practices).
 * @module
 */
import type { Rate } from "../../rates/bucket.ts";
import { type Principal, type Scope, SCOPES } from "../access.ts";

/** The algorithms (T1). */
export const JWT_ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
/** One of {@link JWT_ALGORITHMS}. */
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** What tokens must say to be believed. */
export interface JwtRules {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly JwtAlgorithm[];
  /** The claim with the scopes: text divided by spaces, or a list. */
  readonly scopesClaim: string;
  /** What our scopes begin with there, e.g. `orrery:` for `orrery:read`. */
  readonly scopePrefix: string;
  /** The claim with the namespaces, a list; null: every token is good for the whole cluster. */
  readonly namespacesClaim: string | null;
  /** How far clocks may be apart, ms. */
  readonly leewayMs: number;
  /** Of each subject; null: no limit. */
  readonly rate: Rate | null;
}

/** A token in its parts. */
export interface ParsedJwt {
  readonly algorithm: JwtAlgorithm;
  readonly keyId: string | null;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What is signed, and the signature. */
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** Why a token proves nothing, for people (T3). */
export class Unproved {
  constructor(readonly why: string) {}
}

const TYPE = /^(application\/)?(at\+)?jwt$/i;
const SUBJECT = /^[\x21-\x7e]{1,200}$/;
const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;
const NAMESPACES_MAX = 100;
const KEY_ID_CHARS_MAX = 200;

/** Tells whether a bearer token has the form of a JWT at all. */
export function looksLikeJwt(token: string): boolean {
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/.test(token);
}

/** Reads a token (T1). `algorithms`: those that are accepted. */
export function parseJwt(
  token: string,
  algorithms: readonly JwtAlgorithm[],
): ParsedJwt | Unproved {
  const parts = token.split(".");
  const [head = "", body = "", tail = ""] = parts;
  const header = jsonPart(head);
  const claims = jsonPart(body);
  const signature = bytesPart(tail);
  if (
    parts.length !== 3 || header === undefined || claims === undefined || signature === undefined
  ) {
    return new Unproved("the token is not a signed JWT");
  }
  const { alg, kid, crit, typ } = header;
  const algorithm = algorithms.find((one) => one === alg);
  if (algorithm === undefined) return new Unproved("the token's algorithm is not accepted");
  if (crit !== undefined) return new Unproved("the token needs what is not understood here (crit)");
  if (typ !== undefined && !(typeof typ === "string" && TYPE.test(typ))) {
    return new Unproved("the token is of another type than JWT");
  }
  if (kid !== undefined && !(typeof kid === "string" && kid.length <= KEY_ID_CHARS_MAX)) {
    return new Unproved("the token's key id is no text");
  }
  const signed = new TextEncoder().encode(`${head}.${body}`);
  return { algorithm, keyId: kid ?? null, claims, signed, signature };
}

/** Who a token is about, if its claims hold at `nowMs` (T2). Only for tokens whose signature was checked. */
export function judgeClaims(
  claims: Readonly<Record<string, unknown>>,
  rules: JwtRules,
  nowMs: number,
): Principal | Unproved {
  const { iss, aud, sub, exp, nbf, iat } = claims;
  if (iss !== rules.issuer) return new Unproved("the token is from another issuer");
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(rules.audience)) return new Unproved("the token is for someone else");
  if (typeof sub !== "string" || !SUBJECT.test(sub)) {
    return new Unproved("the token names no subject");
  }
  const latestMs = nowMs + rules.leewayMs;
  const untilMs = typeof exp === "number" ? exp * 1_000 + rules.leewayMs : NaN;
  if (!Number.isFinite(untilMs)) return new Unproved("the token has no expiry");
  if (nowMs >= untilMs) return new Unproved("the token has expired");
  if (!isPast(nbf, latestMs)) return new Unproved("the token is not valid yet");
  if (!isPast(iat, latestMs)) return new Unproved("the token is from the future");
  const namespaces = namespacesOf(claims, rules.namespacesClaim);
  if (namespaces instanceof Unproved) return namespaces;
  const scopes = scopesOf(claims[rules.scopesClaim], rules.scopePrefix);
  return { name: `jwt:${sub}`, scopes, namespaces, untilMs, rate: rules.rate };
}

function isPast(claim: unknown, latestMs: number): boolean {
  return claim === undefined || (typeof claim === "number" && claim * 1_000 <= latestMs);
}

/** What is none of our scopes is somebody else's. */
function scopesOf(claim: unknown, prefix: string): ReadonlySet<Scope> {
  const given: unknown[] = typeof claim === "string"
    ? claim.split(" ")
    : Array.isArray(claim)
    ? claim
    : [];
  return new Set(SCOPES.filter((scope) => given.includes(prefix + scope)));
}

function namespacesOf(
  claims: Readonly<Record<string, unknown>>,
  name: string | null,
): readonly string[] | null | Unproved {
  if (name === null) return null;
  const claim = claims[name];
  const sound = Array.isArray(claim) && claim.length > 0 && claim.length <= NAMESPACES_MAX &&
    claim.every((one) => typeof one === "string" && NAMESPACE.test(one));
  return sound ? claim as string[] : new Unproved("the token names no namespaces");
}

function jsonPart(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = bytesPart(part);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

/** Only the one spelling of its bytes is taken. */
function bytesPart(part: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.fromBase64(part, { alphabet: "base64url" });
    const again = bytes.toBase64({ alphabet: "base64url", omitPadding: true });
    return again === part ? bytes : undefined;
  } catch {
    return undefined;
  }
}
