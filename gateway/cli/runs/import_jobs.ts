/**
 * ImportJobs: `import FILE`: a file of jobs, one JSON object a line, or one array of them.
 *
 * Intuition: a file may be larger than memory, so it is read as it is sent; what a node refuses is told with its line,
 * and the rest goes on.
 *
 * Invariants: I1. A lost answer makes no job twice: each has an id that only this run knows. I2. With `--id-prefix`,
 * or ids in the file, the same holds for a second run of the same file.
 * @module
 */
import type { AnyHandlers, BulkJob, BulkOutcome, ItemProblem } from "../../client.ts";
import { CHUNK_CHARS_MAX, CHUNK_JOBS_MAX } from "../../client/bulk.ts";
import { EXIT, type Program, readCount } from "../command.ts";
import { connect } from "../connection.ts";
import { Progress } from "../progress.ts";
import type { InputLine, LineInput } from "../world.ts";

/** Refused lines that are told one by one; the rest are counted. */
const ERRORS_TOLD_MAX = 20;

/** A job of the file, and the line it is from. */
interface ImportItem {
  readonly line: number;
  readonly job: BulkJob<AnyHandlers>;
}

/** What came of the file. */
interface ImportReport {
  accepted: number;
  /** Their ids are taken: most likely by an earlier run. */
  existing: number;
  refused: number;
  readonly errors: {
    readonly line: number;
    readonly status: number | null;
    readonly why: string;
  }[];
}

/** Submits the jobs of the file that the operand names. */
export const importJobs: Program = async (plan, world) => {
  const [path = "-"] = plan.operands;
  const batch = readCount("batch", plan.values.batch, { fallback: 500, max: CHUNK_JOBS_MAX });
  const client = connect(plan, world);
  const input = await world.openLines(path);
  const report: ImportReport = { accepted: 0, existing: 0, refused: 0, errors: [] };
  const progress = new Progress(world);
  const prefix = plan.values["id-prefix"];
  const startedMs = world.nowMs();
  for await (const { items, bytesRead } of batches(input, { batch, prefix, report })) {
    const outcomes = await client.submitMany(items.map(({ job }) => job));
    for (const [at, outcome] of outcomes.entries()) count(report, items[at]!.line, outcome);
    progress.show({ done: bytesRead, total: input.bytes, note: summary(report) });
  }
  progress.end();
  for (const { line, why } of plan.json ? [] : report.errors) {
    world.complain(`line ${line}: ${why}`);
  }
  const untold = report.refused - report.errors.length;
  if (untold > 0 && !plan.json) world.complain(`and ${untold} more`);
  world.print(
    plan.json
      ? JSON.stringify(report)
      : `${summary(report)}  ${pace(report, world.nowMs() - startedMs)}`,
  );
  return report.refused === 0 ? EXIT.done : EXIT.refused;
};

interface BatchTerms {
  readonly batch: number;
  readonly prefix: string | undefined;
  readonly report: ImportReport;
}

/** The file's jobs, so many at a time; lines that hold none are counted as refused. */
async function* batches(
  input: LineInput,
  { batch, prefix, report }: BatchTerms,
): AsyncGenerator<{ readonly items: readonly ImportItem[]; readonly bytesRead: number }> {
  let items: ImportItem[] = [];
  let chars = 0;
  let bytesRead = 0;
  for await (const line of numbered(input.lines)) {
    bytesRead = line.bytesRead;
    const job = readJob(line.text, prefix === undefined ? undefined : `${prefix}${line.number}`);
    if (typeof job === "string") {
      refuse(report, line.number, { status: null, why: job });
      continue;
    }
    items.push({ line: line.number, job });
    chars += line.text.length;
    if (items.length < batch && chars < CHUNK_CHARS_MAX) continue;
    yield { items, bytesRead };
    [items, chars] = [[], 0];
  }
  if (items.length > 0) yield { items, bytesRead };
}

/** Lines with their numbers, from 1 on, without the empty ones. A file that begins with `[` is one array: its items count as lines. */
async function* numbered(
  lines: AsyncIterable<InputLine>,
): AsyncGenerator<InputLine & { readonly number: number }> {
  let number = 0;
  let array: string[] | null = null;
  let bytesRead = 0;
  for await (const line of lines) {
    number++;
    bytesRead = line.bytesRead;
    if (array === null && number === 1 && line.text.trimStart().startsWith("[")) array = [];
    if (array !== null) array.push(line.text);
    else if (line.text.trim() !== "") yield { ...line, number };
  }
  if (array === null) return;
  const parsed: unknown = parseJson(array.join("\n"));
  if (!Array.isArray(parsed)) throw new Error("the file begins with [ but is no JSON array");
  for (const [at, item] of parsed.entries()) {
    yield { text: JSON.stringify(item), bytesRead, number: at + 1 };
  }
}

/** The job of a line, or what is wrong with it. */
function readJob(text: string, id: string | undefined): BulkJob<AnyHandlers> | string {
  const parsed = parseJson(text);
  if (parsed === undefined) return "is not JSON";
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return "is no JSON object";
  }
  const job = parsed as BulkJob<AnyHandlers>;
  const sharesKey = (job.unique ?? job.debounce ?? job.throttle) !== undefined;
  return id === undefined || job.id !== undefined || sharesKey ? job : { ...job, id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function count(report: ImportReport, line: number, outcome: BulkOutcome): void {
  if (outcome.kind === "accepted") report.accepted++;
  else if (outcome.kind === "exists") report.existing++;
  else refuse(report, line, { status: outcome.problem.status, why: problemText(outcome.problem) });
}

function refuse(
  report: ImportReport,
  line: number,
  why: { readonly status: number | null; readonly why: string },
): void {
  report.refused++;
  if (report.errors.length < ERRORS_TOLD_MAX) report.errors.push({ line, ...why });
}

function problemText({ status, title, detail, errors }: ItemProblem): string {
  const fields = (errors ?? []).map(({ path, message }) => `; ${path || "job"}: ${message}`);
  return `${status} ${title}: ${detail}${fields.join("")}`;
}

function summary({ accepted, existing, refused }: ImportReport): string {
  const there = existing === 0 ? "" : `  ${existing} there already`;
  return `${accepted} accepted${there}  ${refused} refused`;
}

function pace({ accepted }: ImportReport, ms: number): string {
  return `in ${(ms / 1_000).toFixed(1)} s, ${Math.round(accepted / Math.max(ms, 1) * 1_000)}/s`;
}
