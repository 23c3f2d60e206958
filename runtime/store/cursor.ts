/**
 * Cursor: how far a search has come, as text that callers pass back unread.
 *
 * Intuition: every actor gets a serial number when it is inserted, larger than any before it. A
 * search walks these numbers; its cursor is the last one it has dealt with. Serials are never
 * reused, so actors that stay are seen exactly once, however many come and go between two pages.
 *
 * It lies between two actors, so a search in the other order can go back from it ({@link turnedCursor}).
 *
 * A cursor comes from outside and may be anything: check it with {@link isCursor} at the edge. The
 * stores take a text that is none for a bug of their caller.
 * @module
 */
import { invariant } from "../fault.ts";

const CURSOR_PATTERN = /^c[0-9a-z]{1,10}$/;
const RADIX = 36;

/** Tells whether `text` has the form of a cursor. It fits every search, whatever its conditions. */
export function isCursor(text: string): boolean {
  return CURSOR_PATTERN.test(text);
}

/** The cursor of a search that has dealt with everything up to and including `serial`. */
export function encodeCursor(serial: number): string {
  return `c${serial.toString(RADIX)}`;
}

/**
 * The same place for a search in the other order: it begins with the actor that was dealt with last. `order` is that
 * of the search which `text` comes from; turned twice, a cursor is what it was.
 */
export function turnedCursor(text: string, order: "newest" | "oldest"): string {
  return encodeCursor(Math.max(0, decodeCursor(text) + (order === "newest" ? -1 : 1)));
}

/** The serial in `text`; throws `InvariantError` when it is no cursor. */
export function decodeCursor(text: string): number {
  invariant(isCursor(text), `not a cursor: ${JSON.stringify(text.slice(0, 40))}`);
  return parseInt(text.slice(1), RADIX);
}
