/**
 * Every: instants at equal distances.
 * @module
 */
import type { RuleTimes } from "./occurrence.ts";

/** `firstMs`, and every `everyMs` after it, without end: instants, of which no zone has a say. */
export function everyTimes(
  { firstMs, everyMs }: { readonly firstMs: number; readonly everyMs: number },
): RuleTimes {
  return {
    after(afterMs) {
      if (afterMs < firstMs) return firstMs;
      return firstMs + (Math.floor((afterMs - firstMs) / everyMs) + 1) * everyMs;
    },
  };
}
