/**
 * Shares: how many permits each of several nodes may have.
 *
 * Invariants: SH1. The shares' sum is at most the limit, and no share is larger than what is wanted.
 * SH2. Max-min fair: whoever has less than it wants has no fewer than anybody else, but for one.
 * SH3. Who gets the permits that do not divide is whoever was served longest ago; but who was served lately keeps
 * them for `PERMIT_SLICE_MS`.
 * @module
 */
import { PERMIT_SLICE_MS } from "../../runtime/limits.ts";

/** One who wants permits. */
export interface Claimant {
  readonly want: number;
  /** When it was last given one, ms. */
  readonly servedMs: number;
}

/** The share of each (SH1–SH3). Cost: O(n log n). */
export function sharesOf(
  claimants: readonly Claimant[],
  { limit, nowMs }: { limit: number; nowMs: number },
): number[] {
  const shares = claimants.map(() => 0);
  let left = limit;
  let open = claimants.map((_, at) => at).filter((at) => claimants[at]!.want > 0);
  while (left > 0 && open.length > 0) {
    const each = Math.floor(left / open.length);
    if (each === 0) break;
    for (const at of open) {
      const more = Math.min(each, claimants[at]!.want - shares[at]!);
      shares[at]! += more;
      left -= more;
    }
    open = open.filter((at) => shares[at]! < claimants[at]!.want);
  }
  const order = open.sort((one, other) => {
    const [left, right] = [claimants[one]!, claimants[other]!];
    const lately = Number(isServed(right, nowMs)) - Number(isServed(left, nowMs));
    return lately || left.servedMs - right.servedMs || one - other;
  });
  for (const at of order.slice(0, left)) shares[at]!++;
  return shares;
}

function isServed({ servedMs }: Claimant, nowMs: number): boolean {
  return nowMs - servedMs < PERMIT_SLICE_MS;
}
