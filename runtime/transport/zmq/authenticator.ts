/**
 * Authenticator: answers libzmq's question whether a key may speak (ZAP, ZeroMQ RFC 27).
 *
 * Intuition: for each connection that proved a key, the library asks over an in-process socket; we
 * answer in the same thread. Without an answer nobody gets in, so a stuck program lets in nobody.
 *
 * Invariant: A1. 200 only for CURVE, our domain and a key of the list; the key is then the user id
 * of all that comes on the connection.
 * @module
 */
import { ZAP_DOMAIN, ZAP_ENDPOINT } from "./context.ts";
import { frame, ZmqSocket } from "./socket.ts";
import { encodeZ85 } from "./z85.ts";

/** Frames of a request: version, request id, domain, address, identity, mechanism, credentials. */
const REQUEST_FRAMES = 7;
const VERSION = "1.0";
const decoder = new TextDecoder();

/** What a request says, and what is answered. */
export interface Verdict {
  readonly allowed: boolean;
  /** The key, Z85; "" when there is none. */
  readonly key: string;
}

/** Judges the frames of a request (A1). */
export function judge(frames: readonly Uint8Array[], allowed: ReadonlySet<string>): Verdict {
  const [version, , domain, , , mechanism] = frames.map((bytes) => decoder.decode(bytes));
  const credentials = frames[REQUEST_FRAMES - 1];
  const wellFormed = frames.length === REQUEST_FRAMES && version === VERSION &&
    domain === ZAP_DOMAIN && mechanism === "CURVE" && credentials?.length === 32;
  const key = wellFormed && credentials !== undefined ? encodeZ85(credentials) : "";
  return { allowed: key !== "" && allowed.has(key), key };
}

/** Answers for one context. */
export class Authenticator {
  readonly socket: ZmqSocket;
  readonly #frame = frame();

  /** `refused` is called for each connection that is turned away. */
  constructor(
    context: Deno.PointerValue,
    private readonly allowed: ReadonlySet<string>,
    private readonly refused: () => void,
  ) {
    this.socket = new ZmqSocket(context, "rep").set({ linger: 0 });
    this.socket.bind(ZAP_ENDPOINT);
  }

  /** Answers one request; false when there is none. */
  answer(): boolean {
    const frames: Uint8Array[] = [];
    do {
      if (!this.socket.receive(this.#frame)) return false;
      this.socket.release();
      frames.push(this.#frame.bytes.slice(0, this.#frame.length));
    } while (this.#frame.more);
    const { allowed, key } = judge(frames, this.allowed);
    if (!allowed) this.refused();
    const status = allowed ? ["200", "OK", key, ""] : ["400", "unknown key", "", ""];
    const encoder = new TextEncoder();
    const reply = [encoder.encode(VERSION), frames[1] ?? new Uint8Array(0)]
      .concat(status.map((text) => encoder.encode(text)));
    for (const [index, part] of reply.entries()) {
      this.socket.send(part.slice(), part.length, index < reply.length - 1);
    }
    return true;
  }
}
