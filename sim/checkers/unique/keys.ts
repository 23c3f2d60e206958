/**
 * Keys: what unique, debounced and throttled jobs promise, seen from their commits and from what submitters were told.
 *
 * Intuition: the jobs of a key share what stands before the `@` of their ids; whose key that is, the answers tell.
 * @module
 */
import type { Gate } from "../../../actors/unique/gate.ts";
import type { Commit } from "../../record/events.ts";
import type { Ledger } from "../../record/ledger.ts";
import type { Checker } from "../checker.ts";

/** A job of a key: `<hash>@<id>`. */
const KEYED = /^([udt][A-Za-z0-9_-]{43})@/;

/** Q1, Q4, Q5. */
export const unique: Checker = {
  name: "unique",
  proves: "at most one job of a unique key is not over, whoever submits at once, and where",
  watch: ({ fail, ledger }) => ({
    see: (event) => {
      if (event.kind !== "inserted") return;
      const [, hash] = KEYED.exec(event.id) ?? [];
      if (hash === undefined || !hash.startsWith("u")) return;
      const open = jobsOf(ledger, hash).find(({ snapshot: { id }, job }) =>
        id !== event.id && job.finishedAtMs === null
      );
      if (open) fail(event.id, `${open.snapshot.id} has its key, and is ${open.job.state}`);
    },
  }),
};

/** Q3. */
export const throttled: Checker = {
  name: "throttled",
  proves: "the due times of two jobs of a throttled key lie its period apart",
  watch: ({ fail, ledger }) => {
    const gates = new Map<string, number>();
    return {
      see: (event) => {
        if (event.kind !== "keyed" || event.job === null || event.gate.mode !== "throttle") return;
        const [, hash] = KEYED.exec(event.job) ?? [];
        if (hash !== undefined) gates.set(hash, event.gate.everyMs);
      },
      atRest: () => {
        for (const [hash, everyMs] of gates) {
          const due = jobsOf(ledger, hash).map(({ job }) => job.spec.runAtMs).sort((a, b) => a - b);
          const near = due.findIndex((atMs, at) => at > 0 && atMs - due[at - 1]! < everyMs);
          if (near > 0) fail(null, `${hash}: due at ${due[near - 1]} and ${due[near]}`);
        }
      },
    };
  },
};

/** Q2, U3. */
export const covered: Checker = {
  name: "covered",
  proves:
    "a submission with a key that was taken is what its job was to run, and a job of that key ran after it",
  watch: ({ fail, ledger }) => {
    const taken: { hash: string; gate: Gate; sentAtMs: number }[] = [];
    return {
      see: (event) => {
        if (event.kind !== "keyed" || event.job === null) return;
        const [, hash] = KEYED.exec(event.job) ?? [];
        if (hash === undefined) return fail(event.job, "is no job of a key");
        const { gate, sentAtMs, outcome, payload, job } = event;
        if (outcome !== "accepted" && outcome !== "merged") return;
        const isKept = ledger.jobs.get(job)?.commits.some((one) =>
          one.job.spec.payload === payload
        );
        if (isKept !== true) fail(job, `was never to run ${payload}, which was ${outcome}`);
        taken.push({ hash, gate, sentAtMs });
      },
      atRest: () => {
        for (const { hash, gate, sentAtMs } of taken) {
          const ran = [...ledger.jobs.values()].some(({ id, attempts }) =>
            id.startsWith(`${hash}@`) &&
            [...attempts.values()].some(({ begunAtMs }) => begunAtMs.some((ms) => ms >= sentAtMs))
          );
          if (!ran) fail(null, `${gate.key}: nothing ran after the submission at ${sentAtMs} ms`);
        }
      },
    };
  },
};

/** The latest commit of each job of a key. */
function jobsOf(ledger: Ledger, hash: string): Commit[] {
  return [...ledger.jobs.values()].flatMap(({ id, commits }) =>
    id.startsWith(`${hash}@`) ? commits.slice(-1) : []
  );
}
