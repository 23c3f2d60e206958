/**
 * KeyFile: how a CURVE key pair is written down, and how a new one is made.
 *
 * CURVE's keys are X25519 keys, which the platform makes by itself: so a key file can be made
 * without libzmq, by the command line.
 *
 * The file: lines of `name = key`, each key 40 characters of Z85; `#` begins a comment.
 *
 *     secret = …       this side's secret key
 *     server = …       only for those in `allowed`: the cluster's public key
 * @module
 */
import { encodeZ85 } from "./z85.ts";

/** A pair, each key 40 characters of Z85. */
export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** Makes a pair from the system's randomness. */
export async function newKeyPair(): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]) as CryptoKeyPair;
  const [open, secret] = await Promise.all([
    crypto.subtle.exportKey("raw", pair.publicKey),
    crypto.subtle.exportKey("jwk", pair.privateKey),
  ]);
  return {
    publicKey: encodeZ85(new Uint8Array(open)),
    secretKey: encodeZ85(Uint8Array.fromBase64(secret.d ?? "", { alphabet: "base64url" })),
  };
}

/** The text of a key file for a new pair; its public key is in a comment. */
export function keyFileText({ publicKey, secretKey }: KeyPair): string {
  return [
    "# The key of an Orrery cluster. Whoever reads this file can be a node of it: mode 600.",
    `# public = ${publicKey}`,
    `secret = ${secretKey}`,
    "",
  ].join("\n");
}
