/**
 * Audit: compares what was accepted with what the API says and with what handlers wrote down.
 *
 * Three independent witnesses: the submitter's list, the node's answers, and the ledger that the
 * handlers appended to. The node's word alone proves nothing.
 * @module
 */
import type { AttemptView, Client, JobView } from "./client.ts";

/** What became of the accepted jobs. */
export interface AuditReport {
  readonly jobs: number;
  readonly missing: readonly string[];
  readonly unfinished: readonly string[];
  /** Jobs without exactly one `ok` attempt. */
  readonly notOnce: readonly string[];
  /** Jobs that a handler saw before their time. */
  readonly early: readonly string[];
  /** Completed jobs that no handler finished. */
  readonly unwitnessed: readonly string[];
  /** Jobs of the API that nobody had submitted. */
  readonly strangers: readonly string[];
  /** Attempts that did not end well, for whoever asks why. */
  readonly troubled: readonly { readonly id: string; readonly attempts: readonly AttemptView[] }[];
  /** Attempts by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Starts in the ledger beyond one per job: repeated work, which at-least-once allows. */
  readonly repeatedStarts: number;
}

/** One line that the `ledger` handler wrote. */
export interface LedgerLine {
  readonly what: "start" | "end";
  readonly jobId: string;
  readonly attempt: number;
  readonly fence: number;
  readonly atMs: number;
  /** `-` when the test did not name it. */
  readonly node: string;
}

/** Reads a ledger; a line that a kill tore is left out. */
export function readLedger(lines: readonly string[]): LedgerLine[] {
  return lines.flatMap((line) => {
    const [what, jobId, attempt, fence, at, node, more] = line.split(" ");
    const whole = (what === "start" || what === "end") && jobId !== undefined &&
      at !== undefined && node !== undefined && more === undefined && /^\d{13}$/.test(at);
    const numbers = { attempt: Number(attempt), fence: Number(fence), atMs: Number(at) };
    return whole ? [{ what, jobId, node, ...numbers }] : [];
  });
}

/** Asks for every accepted job by its id, and judges all of them. */
export async function audit({ client, accepted, ledger, queue }: {
  readonly client: Client;
  /** Ids, with the moment before which they must not start (ms). */
  readonly accepted: ReadonlyMap<string, number>;
  readonly ledger: readonly LedgerLine[];
  /** Strangers are looked for in this queue alone; absent: everywhere. */
  readonly queue?: string;
}): Promise<AuditReport> {
  const jobs = await fetchAll(client, [...accepted.keys()]);
  const listed = await client.list(queue === undefined ? "" : `queue=${queue}`);
  const outcomes: Record<string, number> = {};
  for (const job of jobs.values()) {
    for (const { outcome } of job.attempts) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  const starts = ledger.filter(({ what }) => what === "start");
  const ended = new Set(ledger.filter(({ what }) => what === "end").map(({ jobId }) => jobId));
  const early = [
    ...starts.filter(({ jobId, atMs }) => atMs < (accepted.get(jobId) ?? 0)).map((one) =>
      one.jobId
    ),
    ...[...jobs.values()].filter(startsEarly(accepted)).map(({ id }) => id),
  ];
  const pick = (wanted: (job: JobView) => boolean) =>
    [...jobs.values()].filter(wanted).map(({ id }) => id);
  return {
    jobs: jobs.size,
    missing: [...accepted.keys()].filter((id) => !jobs.has(id)),
    unfinished: pick(({ state }) => state !== "completed"),
    notOnce: pick(({ attempts }) =>
      attempts.filter(({ outcome }) => outcome === "ok").length !== 1
    ),
    early,
    unwitnessed: pick(({ id, state }) => state === "completed" && !ended.has(id)),
    strangers: listed.map(({ id }) => id).filter((id) => !accepted.has(id)),
    troubled: [...jobs.values()].filter(({ attempts }) =>
      attempts.some(({ outcome }) => outcome !== "ok")
    ).map(({ id, attempts }) => ({ id, attempts })),
    outcomes,
    repeatedStarts: starts.length - new Set(starts.map(({ jobId }) => jobId)).size,
  };
}

function startsEarly(accepted: ReadonlyMap<string, number>): (job: JobView) => boolean {
  return ({ id, attempts }) =>
    attempts.some(({ startedAt }) => Date.parse(startedAt) < (accepted.get(id) ?? 0));
}

async function fetchAll(client: Client, ids: readonly string[]): Promise<Map<string, JobView>> {
  const found = new Map<string, JobView>();
  const queue = ids.values();
  const lane = async () => {
    for (const id of queue) {
      const { status, body } = await client.request<JobView>(`/job/${id}`);
      if (status === 200) found.set(id, body);
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return found;
}
