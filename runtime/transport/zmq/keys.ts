/**
 * Keys: who may speak to whom, by CURVE keys.
 *
 * Intuition: a cluster has one key pair, in a file on each of its nodes. Whoever has the secret is a
 * node: it proves it when it connects, and the node that it connects to proves it too. The public
 * keys in `allowed` may speak as well, without being nodes: they have a pair of their own and know the
 * cluster's public key. All others get no message through.
 *
 * The file: `key_file.ts`.
 * @module
 */
import { Fault } from "../../fault.ts";
import { openZmq } from "./library.ts";
import { cText } from "./socket.ts";
import { decodeZ85 } from "./z85.ts";

/** The keys of one transport, each 40 characters of Z85. */
export interface CurveKeys {
  readonly secretKey: string;
  readonly publicKey: string;
  /** The public key that the nodes we connect to must prove. */
  readonly serverKey: string;
  /** Further public keys that may speak to us, beside our own. */
  readonly allowed: ReadonlySet<string>;
}

const KEY_CHARS = 40;
const LINE = /^\s*(secret|server)\s*=\s*(\S+)\s*$/;

/** True when `text` is a key: 40 characters of Z85. */
export function isKey(text: string): boolean {
  return text.length === KEY_CHARS && decodeZ85(text) !== undefined;
}

/**
 * Reads what a key file says; throws a Fault `mismatch` that names the problem and never a key.
 * `path` is for the message.
 */
export function parseKeys(text: string, path: string, allowed: readonly string[]): CurveKeys {
  const found = new Map<string, string>();
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#.*)?$/.test(line.trimEnd())) continue;
    const [, name = "", key = ""] = LINE.exec(line) ?? [];
    if (!isKey(key)) {
      throw wrongKeys(`${path}:${index + 1} isn't \`secret = KEY\` (40 characters of Z85)`);
    }
    found.set(name, key);
  }
  const secretKey = found.get("secret");
  if (secretKey === undefined) throw wrongKeys(`${path} has no line \`secret = KEY\``);
  const wrong = allowed.findIndex((key) => !isKey(key));
  if (wrong >= 0) throw wrongKeys(`security.curve.allowed[${wrong}] isn't 40 characters of Z85`);
  const publicKey = publicKeyOf(secretKey);
  const serverKey = found.get("server") ?? publicKey;
  return { secretKey, publicKey, serverKey, allowed: new Set([publicKey, ...allowed]) };
}

/** Reads the key file at `path`; throws like {@link parseKeys}, also when it can't be read. */
export async function readKeys(path: string, allowed: readonly string[]): Promise<CurveKeys> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    throw wrongKeys(`${path} can't be read: make one with \`deno task cli keygen\``, cause);
  }
  return parseKeys(text, path, allowed);
}

function publicKeyOf(secretKey: string): string {
  const publicKey = new Uint8Array(KEY_CHARS + 1);
  if (openZmq().zmq_curve_public(publicKey, cText(secretKey)) !== 0) {
    throw wrongKeys("this libzmq was built without CURVE: use the one of the npm package");
  }
  return keyText(publicKey);
}

function keyText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, KEY_CHARS));
}

function wrongKeys(message: string, cause?: unknown): Fault {
  return new Fault("transport.keys", "mismatch", { message, cause });
}
