/**
 * KeySet: the public keys of an issuer, from the text of its JWKS.
 *
 * Invariants: W1. Each key has one algorithm, which follows from its kind; a key that names another is left
 * out. W2. Only public members are taken, and symmetric and weak keys are left out.
 * Source: RFC 7517, RFC 7518 §6, RFC 8037.
 * @module
 */
import { JWKS_KEYS_MAX } from "../../limits.ts";
import type { JwtAlgorithm } from "./token.ts";

/** One key, not yet imported. */
export interface PublicKey {
  readonly id: string | null;
  readonly algorithm: JwtAlgorithm;
  readonly jwk: JsonWebKey;
}

/** Characters of the modulus of an RSA key of 2048 bits, in base64url. */
const MODULUS_CHARS_MIN = 342;

type Fields = Readonly<Record<string, unknown>>;

/** The keys that can prove a token; undefined when `text` is no key set. Unusable keys are left out (W1, W2). */
export function parseKeySet(text: string): readonly PublicKey[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { keys } = (value ?? {}) as { readonly keys?: unknown };
  if (!Array.isArray(keys) || keys.length > JWKS_KEYS_MAX) return undefined;
  return keys.flatMap((key: unknown) => {
    const usable = typeof key === "object" && key !== null ? publicKey(key as Fields) : undefined;
    return usable === undefined ? [] : [usable];
  });
}

function publicKey(key: Fields): PublicKey | undefined {
  const { kid, use, alg, key_ops: operations } = key;
  const known = kindOf(key);
  if (known === undefined || (use !== undefined && use !== "sig")) return undefined;
  if (
    alg !== undefined && alg !== known.algorithm && !(alg === "Ed25519" && known.jwk.crv === alg)
  ) {
    return undefined;
  }
  if (Array.isArray(operations) && !operations.includes("verify")) return undefined;
  return { id: typeof kid === "string" ? kid : null, ...known };
}

function kindOf({ kty, crv, n, e, x, y }: Fields): Omit<PublicKey, "id"> | undefined {
  const texts = (...all: unknown[]) => all.every((one) => typeof one === "string");
  if (kty === "RSA" && texts(n, e) && (n as string).length >= MODULUS_CHARS_MIN) {
    return { algorithm: "RS256", jwk: { kty, n: n as string, e: e as string } };
  }
  if (kty === "EC" && crv === "P-256" && texts(x, y)) {
    return { algorithm: "ES256", jwk: { kty, crv, x: x as string, y: y as string } };
  }
  if (kty === "OKP" && crv === "Ed25519" && texts(x)) {
    return { algorithm: "EdDSA", jwk: { kty, crv, x: x as string } };
  }
  return undefined;
}
