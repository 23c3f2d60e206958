/**
 * Sizes: whether files, functions and folders are small enough to read, and exports documented.
 *
 * Hard bounds are findings; the shape of the whole (median, ninetieth percentile, share of
 * comments, tests per source line) is a report, and a finding where it leaves its bounds.
 * @module
 */
import type { FileFacts } from "./facts.ts";
import type { Finding } from "./findings.ts";
import { isTest } from "./imports.ts";

/** Lines of one file, tests included. */
export const FILE_LINES_MAX = 400;
/** Lines of one function. Tests and suites are exempt: a table of cases may be long. */
export const FUNCTION_LINES_MAX = 60;
/** Source files directly in one folder, tests not counted. */
export const FOLDER_FILES_MAX = 12;
/** Lines of the middle source file. */
export const MEDIAN_LINES_MAX = 140;
/** Lines that nine of ten source files stay within. */
export const P90_LINES_MAX = 250;
/** Share of top-level exports with a comment of their own. */
export const DOCUMENTED_MIN = 0.95;

/** The shape of the whole source. */
export interface SizeReport {
  readonly files: number;
  readonly medianLines: number;
  readonly p90Lines: number;
  readonly maxLines: number;
  /** 0 to 1: lines that are only comment, of those that aren't blank. */
  readonly commentShare: number;
  /** 0 to 1. */
  readonly documentedShare: number;
  readonly longestFunction: number;
  /** Test lines per source line. */
  readonly testRatio: number;
}

/** The hard bounds, file by file and folder by folder. */
export function checkSizes(files: readonly FileFacts[]): Finding[] {
  const findings: Finding[] = [];
  for (const file of files) {
    if (file.lines > FILE_LINES_MAX) {
      const problem = `${file.lines} lines; at most ${FILE_LINES_MAX}: split it by concern`;
      findings.push({ path: file.path, line: 0, problem });
    }
    if (isTest(file.path)) continue;
    for (const { name, line, lines } of file.functions) {
      if (lines <= FUNCTION_LINES_MAX) continue;
      const problem = `${name} has ${lines} lines; at most ${FUNCTION_LINES_MAX}`;
      findings.push({ path: file.path, line, problem });
    }
  }
  for (const [folder, count] of sourcesPerFolder(files)) {
    if (count <= FOLDER_FILES_MAX) continue;
    const problem = `${count} source files; at most ${FOLDER_FILES_MAX} in one folder`;
    findings.push({ path: folder, line: 0, problem });
  }
  return findings;
}

/** The shape of the whole, and what leaves its bounds. */
export function checkShape(files: readonly FileFacts[]): {
  readonly report: SizeReport;
  readonly findings: readonly Finding[];
} {
  const report = shapeOf(files);
  const findings: Finding[] = [];
  const exceed = (what: string, value: number, bound: number) => {
    if (value <= bound) return;
    findings.push({ path: "(all)", line: 0, problem: `${what} is ${value}; at most ${bound}` });
  };
  exceed("median of lines per source file", report.medianLines, MEDIAN_LINES_MAX);
  exceed("ninetieth percentile of lines per source file", report.p90Lines, P90_LINES_MAX);
  if (report.documentedShare < DOCUMENTED_MIN) {
    for (const file of files) {
      if (isTest(file.path)) continue;
      for (const { name, line, documented } of file.exports) {
        if (documented) continue;
        findings.push({ path: file.path, line, problem: `export ${name} has no comment` });
      }
    }
  }
  return { report, findings };
}

/** One line for the gate's output. */
export function describeShape(report: SizeReport): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return `${report.files} files of ${report.medianLines} lines (p90 ${report.p90Lines}, max ` +
    `${report.maxLines}), functions ≤ ${report.longestFunction}, comments ` +
    `${percent(report.commentShare)}, exports documented ${percent(report.documentedShare)}, ` +
    `tests:source ${report.testRatio.toFixed(2)}`;
}

function shapeOf(files: readonly FileFacts[]): SizeReport {
  const sources = files.filter((file) => !isTest(file.path));
  const lines = sources.map((file) => file.lines).sort((a, b) => a - b);
  const exported = sources.flatMap((file) => file.exports);
  const sum = (list: readonly FileFacts[], pick: (file: FileFacts) => number) =>
    list.reduce((total, file) => total + pick(file), 0);
  const comments = sum(sources, (file) => file.commentLines);
  const code = sum(sources, (file) => file.codeLines);
  const tests = sum(files.filter((file) => isTest(file.path)), (file) => file.codeLines);
  return {
    files: sources.length,
    medianLines: quantile(lines, 0.5),
    p90Lines: quantile(lines, 0.9),
    maxLines: lines.at(-1) ?? 0,
    commentShare: comments / Math.max(1, comments + code),
    documentedShare: exported.length === 0
      ? 1
      : exported.filter((fact) => fact.documented).length / exported.length,
    longestFunction: Math.max(0, ...sources.flatMap((f) => f.functions.map((one) => one.lines))),
    testRatio: tests / Math.max(1, code),
  };
}

/** Nearest rank: the smallest value that `part` of the sorted values do not exceed. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
}

function sourcesPerFolder(files: readonly FileFacts[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    if (isTest(path)) continue;
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return counts;
}
