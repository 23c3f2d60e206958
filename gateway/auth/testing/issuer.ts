/**
 * Issuer: an issuer of tokens, for tests: it has a key of each kind, signs whatever it is told to, and
 * publishes its key set.
 * @module
 */
import type { JwtAlgorithm } from "../jwt/token.ts";

const KINDS = {
  RS256: {
    make: {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 2_048,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    sign: { name: "RSASSA-PKCS1-v1_5" },
  },
  ES256: {
    make: { name: "ECDSA", namedCurve: "P-256" },
    sign: { name: "ECDSA", hash: "SHA-256" },
  },
  EdDSA: { make: { name: "Ed25519" }, sign: { name: "Ed25519" } },
} as const;

const ALGORITHMS = Object.keys(KINDS) as JwtAlgorithm[];

/** `value` in base64url. */
export function encoded(value: string | Uint8Array): string {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** An issuer. Its keys' ids are `<name>-<algorithm>`. */
export class Issuer {
  private constructor(
    readonly name: string,
    private readonly keys: ReadonlyMap<JwtAlgorithm, CryptoKeyPair>,
  ) {}

  static async create(name = "k"): Promise<Issuer> {
    const pairs = await Promise.all(ALGORITHMS.map(async (algorithm) => {
      const { make } = KINDS[algorithm];
      const pair = await crypto.subtle.generateKey(make, true, ["sign", "verify"]);
      return [algorithm, pair as CryptoKeyPair] as const;
    }));
    return new Issuer(name, new Map(pairs));
  }

  /** The key set's text. */
  async keySet(algorithms: readonly JwtAlgorithm[] = ALGORITHMS): Promise<string> {
    const keys = await Promise.all(algorithms.map(async (algorithm) => ({
      ...await this.publicKey(algorithm),
      kid: `${this.name}-${algorithm}`,
    })));
    return JSON.stringify({ keys });
  }

  /** A public key as a JWK. */
  async publicKey(algorithm: JwtAlgorithm): Promise<JsonWebKey> {
    return await crypto.subtle.exportKey("jwk", this.keys.get(algorithm)!.publicKey) as JsonWebKey;
  }

  /** A token with these claims; `header` goes over `alg` and `kid`. */
  async sign(
    claims: Readonly<Record<string, unknown>>,
    algorithm: JwtAlgorithm = "ES256",
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const head = { alg: algorithm, kid: `${this.name}-${algorithm}`, ...header };
    const text = `${encoded(JSON.stringify(head))}.${encoded(JSON.stringify(claims))}`;
    const { privateKey } = this.keys.get(algorithm)!;
    const bytes = new TextEncoder().encode(text);
    const signature = await crypto.subtle.sign(KINDS[algorithm].sign, privateKey, bytes);
    return `${text}.${encoded(new Uint8Array(signature))}`;
  }
}
