/**
 * Kept: whether what was promised to a load was kept: nothing lost, nothing completed twice, nothing early.
 * @module
 */
import assert from "node:assert/strict";
import { audit, type LedgerLine, readLedger } from "./audit.ts";
import type { AuditReport } from "./audit.ts";
import type { ClusterRig, RigNode } from "./cluster_rig.ts";
import { eventually } from "./eventually.ts";
import type { LoadJob } from "./persistent_load.ts";
import { firstStarts } from "./timely_jobs.ts";

/** What was accepted. */
export interface Accepted {
  /** Ids, with the moment before which they must not start (ms). */
  readonly accepted: ReadonlyMap<string, number>;
  /** Where all of them are, and nothing else; absent: in the default one. */
  readonly queue?: string;
}

/** What was found. */
export interface KeptReport extends AuditReport {
  readonly ledger: readonly LedgerLine[];
  /** How late those for later were first started, ms. */
  readonly lagsMs: readonly number[];
}

/** A job of the usual load: short, every fifth for later. */
export function ledgerJob(index: number): LoadJob {
  const runAt = new Date(Date.now() + Math.random() * 5_000).toISOString();
  return { name: "ledger", payload: { ms: index % 5 }, ...(index % 5 === 0 ? { runAt } : {}) };
}

/** Waits for the end of all that was accepted and asserts that nobody's promise was broken, whoever is asked. */
export async function assertKept(
  rig: Pick<ClusterRig, "nodes" | "workspace">,
  { accepted, queue = "default" }: Accepted,
  witness: RigNode = rig.nodes[0] as RigNode,
): Promise<KeptReport> {
  const { client } = witness;
  let states: Readonly<Record<string, number>> = {};
  await eventually(async () => {
    states = (await client.counts()).queues[queue] ?? {};
    return (states["completed"] ?? 0) >= accepted.size || undefined;
  }, {
    what: () => `the end of ${accepted.size} jobs: ${JSON.stringify(states)}`,
    withinMs: 90_000,
    everyMs: 200,
  });
  const ledger = readLedger(await rig.workspace.ledger());
  const report = await audit({ client, accepted, ledger, queue });
  const { missing, unfinished, notOnce, early, unwitnessed, strangers } = report;
  const found = { missing, unfinished, notOnce, early, unwitnessed, strangers };
  const nothing = { missing: [], unfinished: [], notOnce: [], early: [], unwitnessed: [] };
  assert.deepEqual(found, { ...nothing, strangers: [] });
  const first = firstStarts(ledger);
  const lagsMs = [...accepted].filter(([, dueMs]) => dueMs > 0).map(([id, dueMs]) =>
    (first.get(id) ?? Infinity) - dueMs
  );
  return { ...report, ledger, lagsMs };
}

/** What became of jobs that are delivered at most once. */
export interface OnceReport {
  readonly completed: number;
  /** Their attempt was lost, so they were given up. */
  readonly failed: number;
}

/** Waits for the end of jobs that are delivered at most once, and asserts that none began twice. */
export async function assertNeverTwice(
  rig: Pick<ClusterRig, "nodes" | "workspace">,
  { accepted, queue }: Required<Accepted>,
  { client }: RigNode = rig.nodes[0] as RigNode,
): Promise<OnceReport> {
  const { completed, failed } = await eventually(async () => {
    const { completed = 0, failed = 0 } = (await client.counts()).queues[queue] ?? {};
    return completed + failed >= accepted.size ? { completed, failed } : undefined;
  }, {
    what: () => `the end of ${accepted.size} jobs of ${queue}`,
    everyMs: 200,
    withinMs: 60_000,
  });
  const begun = new Map<string, number>();
  for (const { what, jobId } of readLedger(await rig.workspace.ledger())) {
    if (what === "start" && accepted.has(jobId)) begun.set(jobId, (begun.get(jobId) ?? 0) + 1);
  }
  assert.deepEqual([...begun].filter(([, times]) => times > 1), [], "begun twice");
  assert.ok(begun.size >= completed, `${completed} completed, ${begun.size} begun`);
  return { completed, failed };
}

/** The figures that every one of these tests prints. */
export function keptText({ jobs, outcomes, repeatedStarts }: KeptReport): string {
  return `${jobs} accepted, 0 lost, 0 completed twice, 0 early; attempts ${
    JSON.stringify(outcomes)
  }, ${repeatedStarts} handler starts repeated`;
}
