/**
 * Report: the table of a run, as Markdown.
 *
 * @module
 */
import type { Contest, Figure } from "./contests.ts";
import { judge, ratios, summarize, type Summary, type Verdict } from "./stats.ts";
import type { Figures } from "./workloads.ts";

/** The figures of one contest, run by run. A side that did not run has none. */
export interface ContestRuns {
  readonly contest: Contest;
  readonly ours: readonly Figures[];
  readonly theirs: readonly Figures[];
}

/** Fewer runs decide nothing, however far from the target they are. */
const RUNS_MIN = 5;

/** The head of the table. */
export const TABLE_HEAD = "| | Orrery | BullMQ | Orrery ÷ BullMQ | target | |\n" +
  "| --- | --- | --- | --- | --- | --- |";

/** The rows of one contest. */
export function rowsOf(runs: ContestRuns): string[] {
  return runs.contest.figures.map((figure) => {
    const ours = runs.ours.map((one) => one[figure.key] ?? NaN);
    const theirs = runs.theirs.map((one) => one[figure.key] ?? NaN);
    const paired = ours.length > 0 && theirs.length > 0;
    const ratio = paired
      ? ratios(ours.map((value, at) => ({ ours: value, theirs: theirs[at] ?? NaN })))
      : summarize([]);
    const cells = [
      figure.title,
      describe(summarize(ours)),
      describe(summarize(theirs)),
      describe(ratio),
      describeTarget(figure),
      verdictOf(figure, { ours: summarize(ours), ratio, runs: ours.length }),
    ];
    return `| ${cells.join(" | ")} |`;
  });
}

function verdictOf(
  figure: Figure,
  series: { ours: Summary; ratio: Summary; runs: number },
): Verdict | "" {
  if (figure.target === undefined || Number.isNaN(series.ours.median)) return "";
  if (series.runs < RUNS_MIN) return "undecided";
  return figure.target.of === "ratio"
    ? judge(series.ratio, figure.target)
    : judge(series.ours, figure.target);
}

function describeTarget({ target }: Figure): string {
  if (target === undefined) return "";
  return target.of === "ratio" ? `≥ ${target.least}×` : `≤ ${target.most}`;
}

/** `median (min–max)`. */
function describe({ median, min, max }: Summary): string {
  return Number.isNaN(median) ? "–" : `${short(median)} (${short(min)}–${short(max)})`;
}

function short(value: number): string {
  if (value >= 10_000) return `${(value / 1_000).toFixed(1)}k`;
  if (value >= 100) return value.toFixed(0);
  return Number.isInteger(value) ? `${value}` : value.toFixed(value < 10 ? 2 : 1);
}
