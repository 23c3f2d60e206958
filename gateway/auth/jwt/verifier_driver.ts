/**
 * JwtVerifier: from a bearer token to whom it is about, by an issuer's keys.
 *
 * Intuition: a signature costs a hundred times what a hash does, and a client sends the same token for
 * minutes. What was proved is remembered by the token's hash until it expires or the keys change.
 *
 * Invariants: J1. At most `JWT_CHECKS_MAX` signatures are checked at once. J2. Claims are looked at only after
 * the signature. J3. What is remembered is bounded and never outlives the token.
 * @module
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../../runtime/clock.ts";
import { Problem } from "../../http/problem.ts";
import { JWT_CHECKS_MAX, JWT_PROVED_MAX } from "../../limits.ts";
import { type Principal, unauthorized } from "../access.ts";
import type { KeySource } from "./key_source_driver.ts";
import {
  judgeClaims,
  type JwtAlgorithm,
  type JwtRules,
  type ParsedJwt,
  parseJwt,
  Unproved,
} from "./token.ts";

const CHECKS: Readonly<Record<JwtAlgorithm, Algorithm | EcdsaParams>> = {
  RS256: { name: "RSASSA-PKCS1-v1_5" },
  ES256: { name: "ECDSA", hash: "SHA-256" },
  EdDSA: { name: "Ed25519" },
};
const NO_KEYS = new Problem("unavailable", "the keys of the token's issuer are out of reach");
const BUSY = new Problem("overloaded", "too many tokens are being checked");

/** Proves tokens. */
export class JwtVerifier {
  readonly #proved = new Map<string, Principal>();
  #generation = 0;
  #checking = 0;

  constructor(
    private readonly rules: JwtRules,
    private readonly deps: {
      readonly keys: KeySource;
      readonly clock: Pick<Clock, "wallMs">;
    },
  ) {}

  /** Whom `token` is about, or why nobody knows; a promise only for tokens that were not seen lately. */
  verify(token: string): Principal | Problem | Promise<Principal | Problem> {
    const { keys, clock } = this.deps;
    this.#forgetEarlierKeys();
    const hash = createHash("sha256").update(token).digest("base64url");
    const known = this.#proved.get(hash);
    if (known !== undefined && clock.wallMs() < (known.untilMs ?? 0)) {
      void keys.fresh();
      return known;
    }
    this.#proved.delete(hash);
    const parsed = parseJwt(token, this.rules.algorithms);
    if (parsed instanceof Unproved) return refusal(parsed);
    if (this.#checking >= JWT_CHECKS_MAX) return BUSY; // (J1)
    return this.#prove(parsed, hash);
  }

  async #prove(parsed: ParsedJwt, hash: string): Promise<Principal | Problem> {
    this.#checking++;
    try {
      const signer = await this.#signerOf(parsed);
      if (signer instanceof Unproved) return refusal(signer);
      if (signer === undefined) return NO_KEYS;
      const { signature, signed, algorithm } = parsed;
      const sound = await crypto.subtle.verify(CHECKS[algorithm], signer, signature, signed);
      if (!sound) return refusal(new Unproved("the token's signature does not hold"));
      const judged = judgeClaims(parsed.claims, this.rules, this.deps.clock.wallMs()); // (J2)
      if (judged instanceof Unproved) return refusal(judged);
      this.#remember(hash, judged);
      return judged;
    } finally {
      this.#checking--;
    }
  }

  /** A token that names no key is believed only where there is one key that it can mean. */
  async #signerOf(
    { algorithm, keyId }: ParsedJwt,
  ): Promise<CryptoKey | Unproved | undefined> {
    const found = await this.deps.keys.find(algorithm, keyId);
    this.#forgetEarlierKeys();
    if (found === undefined) return undefined;
    const [one, ...more] = found;
    if (one === undefined) return new Unproved("the token's key is not known");
    return more.length === 0 ? one.key : new Unproved("the token does not say which key it is of");
  }

  #forgetEarlierKeys(): void {
    const { generation } = this.deps.keys;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#proved.clear();
  }

  #remember(hash: string, principal: Principal): void { // (J3)
    if (this.#proved.size >= JWT_PROVED_MAX) {
      for (const oldest of this.#proved.keys()) {
        this.#proved.delete(oldest);
        break;
      }
    }
    this.#proved.set(hash, principal);
  }
}

function refusal({ why }: Unproved): Problem {
  return unauthorized(why, { invalid: true });
}
