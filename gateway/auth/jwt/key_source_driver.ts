/**
 * KeySource: an issuer's keys at hand: read when they are needed, kept, read again when they are old or when
 * a token names one that is not there.
 *
 * States: empty → kept (read) → kept (read again) …; a reading that fails leaves what is kept.
 * Invariants: Z1. One reading at a time, and not more often than `JWKS_RETRY_MS` whatever tokens say.
 * Z2. Keys that could not be read again for `JWKS_STALE_MS` prove nothing any more.
 * @module
 */
import type { Clock } from "../../../runtime/clock.ts";
import { JWKS_FRESH_MS, JWKS_RETRY_MS, JWKS_STALE_MS } from "../../limits.ts";
import { parseKeySet } from "./key_set.ts";
import type { JwtAlgorithm } from "./token.ts";

/** Where keys come from. */
export interface KeySourceOptions {
  readonly clock: Clock;
  /** The text of the key set; rejects when it cannot be had. */
  readonly read: () => Promise<string>;
  /** Told why a reading failed. */
  readonly failed: (why: string) => void;
}

/** A key that signatures are checked with. */
export interface ProvingKey {
  readonly id: string | null;
  readonly algorithm: JwtAlgorithm;
  readonly key: CryptoKey;
}

/** What an algorithm is called by WebCrypto. */
const IMPORTS: Readonly<
  Record<JwtAlgorithm, RsaHashedImportParams | EcKeyImportParams | Algorithm>
> = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
};

/** An issuer's keys. */
export class KeySource {
  readonly #options: KeySourceOptions;
  #keys: readonly ProvingKey[] | undefined;
  #readAtMs = -Infinity;
  #triedAtMs = -Infinity;
  #reading: Promise<void> | undefined;
  /** Grows with every reading: what was proved by earlier keys is to be proved again. */
  generation = 0;

  constructor(options: KeySourceOptions) {
    this.#options = options;
  }

  /** The keys of an algorithm and an id (null: any); undefined when there is no key set that may be believed. */
  async find(
    algorithm: JwtAlgorithm,
    id: string | null,
  ): Promise<readonly ProvingKey[] | undefined> {
    await this.fresh();
    if (this.#fitting(algorithm, id).length === 0) await this.#readUnlessJustTried();
    return this.#believed() ? this.#fitting(algorithm, id) : undefined;
  }

  /** Reads the keys when there are none, and begins to read them again when they are old. */
  async fresh(): Promise<void> {
    if (!this.#believed()) return await this.#readUnlessJustTried();
    const ageMs = this.#options.clock.monotonicMs() - this.#readAtMs;
    if (ageMs >= JWKS_FRESH_MS) void this.#readUnlessJustTried();
  }

  #fitting(algorithm: JwtAlgorithm, id: string | null): readonly ProvingKey[] {
    const same = (this.#keys ?? []).filter((one) => one.algorithm === algorithm);
    return id === null ? same : same.filter((one) => one.id === id);
  }

  #believed(): boolean { // (Z2)
    const ageMs = this.#options.clock.monotonicMs() - this.#readAtMs;
    return this.#keys !== undefined && ageMs < JWKS_STALE_MS;
  }

  async #readUnlessJustTried(): Promise<void> { // (Z1)
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#reading === undefined) {
      if (nowMs - this.#triedAtMs < JWKS_RETRY_MS) return;
      this.#triedAtMs = nowMs;
      this.#reading = this.#read().finally(() => this.#reading = undefined);
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { read, failed, clock } = this.#options;
    try {
      const found = parseKeySet(await read());
      if (found === undefined) return failed("it is no key set");
      this.#keys = await imported(found);
      this.#readAtMs = clock.monotonicMs();
      this.generation++;
      if (this.#keys.length === 0) failed("it holds no key of RS256, ES256 or EdDSA");
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
    }
  }
}

/** A key that the platform refuses harms no other. */
async function imported(
  keys: NonNullable<ReturnType<typeof parseKeySet>>,
): Promise<readonly ProvingKey[]> {
  const settled = await Promise.allSettled(keys.map(async ({ id, algorithm, jwk }) => ({
    id,
    algorithm,
    key: await crypto.subtle.importKey("jwk", jwk, IMPORTS[algorithm], false, ["verify"]),
  })));
  return settled.flatMap((one) => one.status === "fulfilled" ? one.value : []);
}
