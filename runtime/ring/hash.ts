/**
 * Hash: 32 bits of a text, the same on every node and for all time.
 *
 * FNV-1a over the UTF-16 units, finished by MurmurHash3's avalanche: FNV alone leaves the hashes of texts that
 * differ in their last characters close together, which would put a node's points side by side.
 * @module
 */

/** The hash of `text`, 0 to 2³² − 1. Cost: O(length). */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
