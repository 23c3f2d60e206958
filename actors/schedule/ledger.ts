/**
 * Ledger: what was decided about each nominal time of a schedule, why "did it not run?" has an answer.
 *
 * Intuition: a line is committed together with the decision and the job it led to, so the three never
 * disagree. It is kept as a journal of the schedule's actor, of the latest `JOURNAL_LINES_MAX` lines.
 * @module
 */
import { Fault } from "../../runtime/fault.ts";

/** The journal that holds a schedule's ledger. */
export const LEDGER_STREAM = "occurrence";

/** What was decided about one nominal time. */
export type Decision =
  | "fired"
  | "skipped-overlap"
  | "misfired"
  | "dst-gap"
  | "excluded"
  | "paused"
  | "backfilled"
  | "triggered";

/** Every decision, for schemas; the stored number of one is its place here: append only. */
export const DECISIONS: readonly Decision[] = [
  "fired",
  "skipped-overlap",
  "misfired",
  "dst-gap",
  "excluded",
  "paused",
  "backfilled",
  "triggered",
];

/** A line of a schedule's ledger. */
export interface LedgerEntry {
  readonly nominalAtMs: number;
  /** When its job is due; later than `nominalAtMs` by the jitter. */
  readonly dueAtMs: number;
  readonly decision: Decision;
  readonly jobId: string | null;
  /** Who decided, and when. */
  readonly node: string;
  readonly atMs: number;
}

/** The stored line: `[nominal ms, due - nominal, decision, job or 0, node, decided at ms]`. */
export function encodeEntry(entry: LedgerEntry): string {
  const { nominalAtMs, dueAtMs, decision, jobId, node, atMs } = entry;
  const place = DECISIONS.indexOf(decision);
  return JSON.stringify([nominalAtMs, dueAtMs - nominalAtMs, place, jobId ?? 0, node, atMs]);
}

/** Reads a stored line; throws a `corrupt` fault. */
export function decodeEntry(text: string): LedgerEntry {
  const [nominalAtMs, lateMs, place, job, node, atMs] = fieldsOf(text);
  const decision = DECISIONS[place as number];
  const sound = typeof nominalAtMs === "number" && typeof lateMs === "number" &&
    decision !== undefined && typeof node === "string" && typeof atMs === "number";
  if (!sound) {
    throw new Fault("schedule.decode", "corrupt", { message: `not a ledger's line: ${text}` });
  }
  const jobId = typeof job === "string" ? job : null;
  return { nominalAtMs, dueAtMs: nominalAtMs + lateMs, decision, jobId, node, atMs };
}

/** The decision of a stored line; undefined when it is none. Never throws. */
export function decisionIn(text: string): Decision | undefined {
  return DECISIONS[fieldsOf(text)[2] as number];
}

function fieldsOf(text: string): readonly unknown[] {
  try {
    const fields: unknown = JSON.parse(text);
    return Array.isArray(fields) ? fields : [];
  } catch {
    return [];
  }
}
