/**
 * JsonText: what must be known of JSON before and after it is parsed: how deep it nests, how many
 * bytes it takes, and one spelling of it for all equal values.
 *
 * Intuition: depth is counted on the text, because that costs no recursion and no objects.
 * @module
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** How deep arrays and objects nest in the JSON `text`; 0 for a bare value. Cost: O(length), no allocation. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = stringEnd(text, at);
    } else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > deepest) deepest = depth;
    } else if (unit === 0x7d || unit === 0x5d) {
      depth--;
    }
  }
  return deepest;
}

/** The place of the quote that ends the string beginning at `start`; the text's end if none does. */
function stringEnd(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at !== -1) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return text.length;
}

/** Tells whether a parsed value nests deeper than `max`; never recurses further than that. */
export function isDeeper(value: unknown, max: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (max === 0) return true;
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return parts.some((part) => isDeeper(part, max - 1));
}

/** True when `text` takes more than `max` bytes in UTF-8. Counts only when its length does not decide it. */
export function exceedsBytes(text: string, max: number): boolean {
  if (text.length > max) return true;
  if (text.length * 3 <= max) return false;
  return new TextEncoder().encode(text).length > max;
}

/**
 * JSON of `value` with sorted keys: equal values give equal text, whatever order they were written in.
 * `value` must come from JSON and be of bounded depth.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${
    entries.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`).join(",")
  }}`;
}
