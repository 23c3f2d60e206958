/**
 * Reports: what attempts were promised to keep is kept, and everything is answered once.
 * @module
 */
import { actorId } from "../../runtime/ids.ts";
import { JOURNAL_LINES_MAX } from "../../runtime/limits.ts";
import type { Checker } from "./checker.ts";
import { Robbed } from "./starts.ts";

/** X2. */
export const durableReports: Checker = {
  name: "durable-reports",
  proves: "a step or checkpoint that was promised to be kept is handed to every later attempt",
  watch: ({ fail, ledger }) => {
    const steps = new Map<string, Set<string>>();
    const robbed = new Robbed(ledger);
    return {
      see: (event) => {
        robbed.see(event);
        if (event.kind === "inserted") steps.delete(event.id);
        if (event.kind === "kept") {
          const { jobId } = event.key;
          const { what } = event;
          if ("step" in what) {
            steps.set(jobId, (steps.get(jobId) ?? new Set()).add(what.step));
          } else if (
            !ledger.file(jobId).commits.some(({ job }) => job.checkpoint === what.checkpoint)
          ) {
            fail(jobId, `the checkpoint ${what.checkpoint} was promised, and never committed`);
          }
        } else if (event.kind === "ordered" && !robbed.of(event.order.key.jobId, event.boot)) {
          const { key: { jobId, token }, steps: given, checkpoint } = event.order;
          for (const step of steps.get(jobId) ?? []) {
            if (!given.has(step)) fail(jobId, `${token} was ordered without ${step}`);
          }
          const committed = ledger.committed(jobId)?.job.checkpoint;
          if (committed !== checkpoint) fail(jobId, `${token} was ordered with an old checkpoint`);
        }
      },
    };
  },
};

/** G1, S5. */
export const logOrder: Checker = {
  name: "log-order",
  proves: "the lines of an attempt's log are stored in the order in which it wrote them",
  watch: ({ fail, ledger }) => ({
    atRest: async ({ store }) => {
      for (const { id } of ledger.jobs.values()) {
        const query = { id: actorId(id), stream: "log", after: 0, limit: JOURNAL_LINES_MAX };
        const last = new Map<string, number>();
        for (const { text } of await store.journal(query)) {
          const [, token = "", , number = "0"] = text.split(" ");
          if (Number(number) <= (last.get(token) ?? 0)) fail(id, `out of order: ${text}`);
          last.set(token, Number(number));
        }
      }
    },
  }),
};

/** C1. */
export const settledOnce: Checker = {
  name: "settled-once",
  proves: "what is told to a job is answered exactly once",
  watch: ({ fail }) => ({
    see: (event) => {
      if (event.kind === "settled" && event.times > 1) {
        fail(event.id, `"${event.message}" was answered ${event.times} times`);
      }
    },
  }),
};

/** No bug shows. */
export const noCrash: Checker = {
  name: "no-crash",
  proves: "no actor crashes and nothing is reported as an error",
  watch: ({ fail }) => ({
    see: (event) => {
      if (event.kind === "logged") fail(null, event.text);
    },
  }),
};

/** K2. */
export const noHammering: Checker = {
  name: "no-hammering",
  proves: "nothing that was of no use is tried again and again without a pause",
  watch: ({ fail }) => ({
    see: (event) => {
      if (event.kind === "hammered") fail(null, `${event.calls} store calls within a second`);
    },
  }),
};
