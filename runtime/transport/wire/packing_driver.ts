/**
 * Packing: bodies as MessagePack, and back.
 *
 * Plain data, `Uint8Array`s and `Date`s survive; `undefined` in objects too; −0 becomes 0. Classes lose what they
 * are, functions can't be packed. The library's record extension is off when packing, so that a
 * body can be read without what came before it.
 *
 * Not here: the bound on a body's size (`exchange_driver.ts`).
 * @module
 */
import { Packr } from "../../../deps.ts";

/** Tells the packer to write from the start of its buffer: what it gave before is overwritten. */
const REUSE_BUFFER = 512;

/** In that mode the packer gives its whole buffer, and says in it what part of it is meant. */
interface PackedBuffer extends Uint8Array {
  readonly start?: number;
  readonly end?: number;
}

/** Binary data is copied out: the buffer that messages are received into is used again. */
const packer = new Packr({ useRecords: false, mapsAsObjects: true, copyBuffers: true });

/** Packs `body`; throws when it can't be packed. The result is valid until the next call. */
export function packBody(body: unknown): Uint8Array {
  const packed: PackedBuffer = packer.pack(body, REUSE_BUFFER);
  return packed.subarray(packed.start, packed.end);
}

/** Unpacks what lies from `start` to `end` within `bytes`; throws when it isn't one whole body. */
export function unpackBody(bytes: Uint8Array, start: number, end: number): unknown {
  return packer.unpack(bytes, { start, end });
}
