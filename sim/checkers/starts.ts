/**
 * Starts: when a job may start, and what must be committed by then.
 * @module
 */
import { ARM_AHEAD_MS } from "../../runtime/limits.ts";
import type { SimEvent } from "../record/events.ts";
import type { Ledger } from "../record/ledger.ts";
import type { Checker } from "./checker.ts";

/** Promise P4. */
export const noEarlyStart: Checker = {
  name: "no-early-start",
  proves:
    "no start is committed more than the arming span ahead of its time, no handler called before it (P4)",
  watch: ({ fail, ledger, wall }) => ({
    see: (event) => {
      if (
        event.kind === "moved" && event.before && !event.before.job.running &&
        event.after.job.running
      ) {
        const { runAtMs } = event.before.job;
        // The clock may have jumped back since the decision: it was right if it was ever time.
        const earlyMs = runAtMs - ARM_AHEAD_MS - wall.latestSince(event.before.atMs);
        if (earlyMs > 0) fail(event.id, `its start was committed ${earlyMs} ms too early`);
        if (event.after.job.running.startedAtMs < runAtMs) {
          fail(event.id, "recorded as started early");
        }
      } else if (event.kind === "begun") {
        const { jobId, token } = event.key;
        const start = startOf(ledger, event.key);
        const earlyMs = (start?.job.runAtMs ?? 0) - wall.nowMs();
        if (earlyMs > 0) fail(jobId, `${token} began ${earlyMs} ms before its time`);
      }
    },
  }),
};

/** Persist before effects; one order per start; promise P6. */
export const startedAsCommitted: Checker = {
  name: "started-as-committed",
  proves:
    "an attempt is ordered once, begun once, and only while its start is the job's committed state (P6)",
  watch: ({ fail, ledger }) => {
    const robbed = new Robbed(ledger);
    return {
      see: (event) => {
        robbed.see(event);
        if (event.kind !== "ordered" && event.kind !== "begun") return;
        const { jobId, token, attempt } = keyOf(event);
        const running = ledger.committed(jobId)?.job.running;
        const committed = running?.token === token && running.number === attempt;
        if (!committed && !robbed.of(jobId, event.boot)) {
          fail(
            jobId,
            `${token} was ${event.kind}, but ${running?.token ?? "no attempt"} is committed`,
          );
        }
        const file = ledger.file(jobId).attempts.get(token);
        const times = event.kind === "ordered" ? file?.orderedAtMs : file?.begunAtMs;
        if ((times?.length ?? 0) > 1) {
          fail(jobId, `${token} was ${event.kind} ${times?.length} times`);
        }
      },
    };
  },
};

/**
 * Processes from which shards were taken because their sessions had lapsed: they go on where they were, with
 * attempts that others count as lost. Nobody could tell them in time; what they report is refused.
 */
export class Robbed {
  readonly #owners = new Map<number, string>();
  readonly #robbed = new Set<string>();

  constructor(private readonly ledger: Ledger) {}

  /** Takes an event in. */
  see(event: SimEvent): void {
    if (event.kind === "released") {
      if (this.#owners.get(event.shard) === event.boot) this.#owners.delete(event.shard);
    } else if (event.kind === "acquired") {
      const before = this.#owners.get(event.shard);
      if (before !== undefined && before !== event.boot) {
        this.#robbed.add(`${before} ${event.shard}`);
      }
      this.#owners.set(event.shard, event.boot);
    }
  }

  /** True when that process may not know that others had the job since. */
  of(jobId: string, boot: string): boolean {
    return this.#robbed.has(`${boot} ${this.ledger.committed(jobId)?.snapshot.shard}`);
  }
}

/** Promise P6, from the client's side. */
export const cancelled: Checker = {
  name: "cancelled",
  proves:
    "a job whose cancellation was confirmed before it started never starts, unless it is retried (P6)",
  watch: ({ fail, ledger }) => {
    const confirmed = new Map<string, number>();
    return {
      see: (event) => {
        if (event.kind === "inserted") confirmed.delete(event.id);
        if (event.kind === "commanded" && event.command === "cancel") {
          const { outcome, id } = event;
          if (outcome.kind !== "replied" || outcome.reply.kind !== "done") return;
          confirmed.set(id, outcome.snapshot.version);
        } else if (event.kind === "begun") {
          const { jobId } = event.key;
          const version = confirmed.get(jobId);
          if (version !== undefined && !retriedSince(ledger, { jobId, version })) {
            fail(jobId, `it began after its cancellation was confirmed at version ${version}`);
          }
        }
      },
    };
  },
};

/** Delays between attempts. */
export const backoff: Checker = {
  name: "backoff",
  proves: "a failed attempt is followed by the next no sooner and no later than its policy says",
  watch: ({ fail, ledger }) => ({
    see: (event) => {
      if (event.kind !== "moved" || event.after.job.state !== "retrying" || !event.before) return;
      const { before: { job: before }, after: { job }, id } = event;
      if (before.state !== "running") return;
      const { retry } = job.spec;
      const delayMs = job.runAtMs - (job.attempts.at(-1)?.finishedAtMs ?? 0);
      const outcome = ledger.file(id).attempts.get(before.running?.token ?? "")?.outcomes[0];
      const askedMs = outcome?.kind === "error" ? outcome.retryAfterMs : undefined;
      const failures = job.counted - (job.maxAttempts - retry.attempts);
      const growth = retry.backoff === "fixed" ? 1 : retry.factor ** (failures - 1);
      const nominalMs = Math.min(retry.baseMs * growth, retry.maxMs);
      const leastMs = askedMs ?? nominalMs * (1 - retry.jitter) - 1;
      const mostMs = askedMs ?? Math.min(nominalMs * (1 + retry.jitter), retry.maxMs) + 1;
      if (delayMs < leastMs || delayMs > mostMs) {
        fail(id, `${delayMs} ms until the next attempt, not ${leastMs} to ${mostMs}`);
      }
    },
  }),
};

function keyOf(event: Extract<SimEvent, { kind: "ordered" | "begun" }>) {
  return event.kind === "ordered" ? event.order.key : event.key;
}

function startOf(ledger: Ledger, key: { jobId: string; token: string }) {
  return ledger.jobs.get(key.jobId)?.commits.find(({ job }) => job.running?.token === key.token);
}

function retriedSince(ledger: Ledger, { jobId, version }: { jobId: string; version: number }) {
  const commits = ledger.jobs.get(jobId)?.commits ?? [];
  return commits.some(({ snapshot, job }) =>
    snapshot.version === version + 1 && job.state === "pending"
  );
}
