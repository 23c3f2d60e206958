/**
 * Stats: what a series of measurements says, and what it doesn't.
 *
 * Intuition: on a shared machine the same set-up varies by tens of percents within minutes, so only
 * pairs that ran one after the other are compared. The figure is the median of the pairwise ratios;
 * a range that crosses the target decides nothing, and is reported so.
 * @module
 */

/** One pair of neighbouring runs. */
export interface Pair {
  readonly ours: number;
  readonly theirs: number;
}

/** The middle of a series and its extremes. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What a series says of a target. */
export type Verdict = "reached" | "missed" | "undecided";

/** The value that `part` (0 to 1) of `values` do not exceed: nearest rank. NaN for none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
}

/** The middle value; the mean of the middle two when their number is even. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? NaN) + upper) / 2 : upper;
}

/** Median and range of `values`. */
export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    min: values.length === 0 ? NaN : Math.min(...values),
    max: values.length === 0 ? NaN : Math.max(...values),
  };
}

/** Median and range of ours ÷ theirs, pair by pair. */
export function ratios(pairs: readonly Pair[]): Summary {
  return summarize(pairs.map((pair) => pair.ours / pair.theirs));
}

/** Whether a series lies at or above (`least`) or at or below (`most`) a target, all of it. */
export function judge(
  series: Summary,
  target: { readonly least: number } | { readonly most: number },
): Verdict {
  if (Number.isNaN(series.median)) return "undecided";
  if ("least" in target) {
    return series.min >= target.least
      ? "reached"
      : series.max < target.least
      ? "missed"
      : "undecided";
  }
  return series.max <= target.most ? "reached" : series.min > target.most ? "missed" : "undecided";
}
