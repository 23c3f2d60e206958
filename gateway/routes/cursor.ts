/**
 * Cursor: where a list goes on, sealed so that only what this API gave out comes back.
 *
 * Intuition: the store's cursor is opaque to us, and a damaged one, or one of another list, would
 * make it answer nonsense. A checksum over the list's terms and the cursor finds both. It is no
 * secret: it guards against mistakes; whoever forges one gets an odd page of what they may read anyway.
 * @module
 */
const HASH_CHARS = 7;

/** The text for clients. `terms` are the filter and order it belongs to. */
export function sealCursor(cursor: string, terms: string): string {
  const bytes = new TextEncoder().encode(cursor);
  return hash(`${terms}\n${cursor}`) +
    bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** The store's cursor; undefined when it was damaged or belongs to other terms. */
export function openCursor(sealed: string, terms: string): string | undefined {
  try {
    const bytes = Uint8Array.fromBase64(sealed.slice(HASH_CHARS), { alphabet: "base64url" });
    const cursor = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return sealCursor(cursor, terms) === sealed ? cursor : undefined;
  } catch {
    return undefined;
  }
}

/** FNV-1a in base 36. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return (value >>> 0).toString(36).padStart(HASH_CHARS, "0");
}
