/**
 * Frames: cuts a byte stream into messages and back: four bytes of length (big-endian), then JSON in UTF-8.
 *
 * Invariants: F1. Whatever pieces the stream arrives in, the same messages come out. F2. A frame that claims to be
 * longer than `FRAME_BYTES_MAX` is refused before memory is spent on it.
 * Not here: sockets (channel.ts).
 * @module
 */
import { invariant } from "../../../runtime/fault.ts";

const HEADER_BYTES = 4;
/** Longest frame. A batch is cut at {@link BATCH_CHARS_MAX}; one order with all its steps may be larger. */
export const FRAME_BYTES_MAX = 256 * 1024 * 1024;
/** A batch is closed once it is this long, characters, so that small messages do not wait for huge ones. */
export const BATCH_CHARS_MAX = 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One frame around `text`. */
export function encodeFrame(text: string): Uint8Array<ArrayBuffer> {
  // UTF-8 needs at most three bytes per UTF-16 unit; small frames are worth one exact allocation less.
  const buffer = new Uint8Array(HEADER_BYTES + text.length * 3);
  const { read, written } = encoder.encodeInto(text, buffer.subarray(HEADER_BYTES));
  invariant(read === text.length && written <= FRAME_BYTES_MAX, "a frame must fit its bound");
  new DataView(buffer.buffer).setUint32(0, written);
  return buffer.subarray(0, HEADER_BYTES + written);
}

/** Collects pieces of a stream and gives back whole messages. */
export class FrameReader {
  #pending: Uint8Array = new Uint8Array(0);
  #held = 0;

  /** Adds `chunk` and returns the texts that are now complete; throws when the stream is not of frames (F2). */
  push(chunk: Uint8Array): string[] {
    this.#append(chunk);
    const texts: string[] = [];
    let at = 0;
    while (this.#held - at >= HEADER_BYTES) {
      const bytes = this.#lengthAt(at);
      invariant(bytes <= FRAME_BYTES_MAX, `a frame of ${bytes} bytes is too long`);
      const end = at + HEADER_BYTES + bytes;
      if (end > this.#held) {
        this.#reserve(end - at);
        break;
      }
      texts.push(decoder.decode(this.#pending.subarray(at + HEADER_BYTES, end)));
      at = end;
    }
    if (at > 0) {
      this.#pending.copyWithin(0, at, this.#held);
      this.#held -= at;
    }
    return texts;
  }

  #lengthAt(at: number): number {
    return new DataView(this.#pending.buffer, this.#pending.byteOffset + at).getUint32(0);
  }

  #append(chunk: Uint8Array): void {
    this.#reserve(this.#held + chunk.length);
    this.#pending.set(chunk, this.#held);
    this.#held += chunk.length;
  }

  /** Makes room for `bytes`; doubling keeps the copying linear. */
  #reserve(bytes: number): void {
    if (bytes <= this.#pending.length) return;
    const grown = new Uint8Array(Math.max(bytes, this.#pending.length * 2));
    grown.set(this.#pending.subarray(0, this.#held));
    this.#pending = grown;
  }
}
