/**
 * Acceptance: what clients were told is true, then and at the end.
 * @module
 */
import { decodeJob } from "../../actors/job/codec.ts";
import type { JobState } from "../../actors/job/state.ts";
import { actorId } from "../../runtime/ids.ts";
import { COLLEAGUE } from "../world/colleague.ts";
import type { Command, Commit } from "../record/events.ts";
import type { Checker } from "./checker.ts";

/** Promise P1. */
export const accepted: Checker = {
  name: "accepted",
  proves:
    "an accepted job was durable before the answer and can be read ever after; a refused one is not there (P1)",
  watch: ({ fail, ledger, wall }) => ({
    see: (event) => {
      if (event.kind !== "submitted") return;
      const { kind } = event.outcome;
      if (kind === "created" && !ledger.committed(event.id)) {
        fail(event.id, "accepted, but the store has not taken it");
      }
    },
    atRest: async ({ process }) => {
      for (const file of ledger.jobs.values()) {
        const committed = ledger.committed(file.id);
        const stored = await process.system.read(actorId(file.id));
        if (committed && stored?.version !== committed.snapshot.version) {
          const { expireAtMs } = committed.snapshot.index;
          const swept = !stored && expireAtMs !== null && expireAtMs <= wall.latestSince(0);
          const told = file.accepted ? "accepted" : "stored";
          if (!swept) fail(file.id, `${told}, and now found as version ${stored?.version}`);
        }
        if (committed && file.sent > 0 && file.sent === file.refused) {
          fail(file.id, "stored, though its only submissions were refused");
        }
      }
    },
  }),
};

/** Commit before reply. */
export const commands: Checker = {
  name: "commands",
  proves: "a command that was answered is committed, and did what it says",
  watch: ({ fail, ledger }) => ({
    see: (event) => {
      if (event.kind !== "commanded") return;
      if (event.outcome.kind === "busy" && event.alone) {
        const commits = ledger.jobs.get(event.id)?.commits ?? [];
        const done = commits.some((commit, at) =>
          at > 0 && commit.atMs >= event.askedAtMs &&
          didCommand(event.command, commits[at - 1]!, commit)
        );
        if (done) fail(event.id, `${event.command} was answered "busy", and done`);
      }
      if (event.outcome.kind !== "replied") return;
      const { id, command, outcome: { reply, snapshot } } = event;
      const committed = ledger.jobs.get(id)?.commits.find(({ snapshot: { version } }) =>
        version === snapshot.version
      );
      if (committed?.snapshot.head !== snapshot.head) {
        return fail(
          id,
          `${command} was answered from a version ${snapshot.version} that is not committed`,
        );
      }
      if (reply.kind !== "refused" && !isDone(command, decodeJob(snapshot))) {
        fail(id, `${command} was answered "${reply.kind}", and the job is ${committed.job.state}`);
      }
    },
  }),
};

/** Whether `after` followed from `before` by that command of a user of the node. */
function didCommand(
  command: Command,
  { job: before }: Commit,
  { job: after, boot }: Commit,
): boolean {
  if (boot === COLLEAGUE) return false;
  switch (command) {
    case "cancel":
      if (before.running) return !before.running.cancelling && after.running?.cancelling === true;
      return after.state === "cancelled";
    case "retry":
      return before.finishedAtMs !== null;
    case "run-now":
      return !before.running && !after.running && after.runAtMs < before.runAtMs;
  }
}

function isDone(command: Command, job: JobState): boolean {
  if (command !== "cancel") return job.state === "pending";
  return job.state === "cancelled" || job.running?.cancelling === true;
}
