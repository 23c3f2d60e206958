/**
 * LineSplitter: cuts a stream of bytes into lines without ever holding more than one line's bound.
 *
 * Invariants: N1. At most `lineBytesMax` bytes (plus the given chunk) are held. N2. A longer line is told
 * once, as `too-long`, and skipped to its end; the lines after it are intact. N3. Blank lines are left out.
 * @module
 */

/** One line, without its end; or word of one that was too long. */
export type Line = { readonly kind: "line"; readonly bytes: Uint8Array } | {
  readonly kind: "too-long";
};

const NEWLINE = 0x0a;
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d]);

/** Splits at `\n`. A `\r` before it stays: JSON takes it for space. */
export class LineSplitter {
  #parts: Uint8Array[] = [];
  #held = 0;
  #skipping = false;

  constructor(private readonly lineBytesMax: number) {}

  /** The lines that `chunk` completes. */
  *push(chunk: Uint8Array): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield* this.#complete(chunk.subarray(start, end));
      start = end + 1;
    }
    yield* this.#hold(chunk.subarray(start));
  }

  /** The last line, if it has no end of its own. */
  *end(): Generator<Line> {
    yield* this.#complete(new Uint8Array(0));
  }

  *#complete(rest: Uint8Array): Generator<Line> {
    yield* this.#hold(rest);
    const bytes = this.#parts.length === 1 ? this.#parts[0] : joined(this.#parts, this.#held);
    this.#parts = [];
    this.#held = 0;
    const skipped = this.#skipping;
    this.#skipping = false;
    if (skipped || bytes === undefined || bytes.every((byte) => BLANKS.has(byte))) return;
    yield { kind: "line", bytes };
  }

  *#hold(part: Uint8Array): Generator<Line> {
    if (this.#skipping || part.length === 0) return;
    this.#held += part.length;
    if (this.#held <= this.lineBytesMax) {
      this.#parts.push(part);
      return;
    }
    this.#parts = [];
    this.#held = 0;
    this.#skipping = true;
    yield { kind: "too-long" };
  }
}

function joined(parts: readonly Uint8Array[], total: number): Uint8Array {
  const all = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
