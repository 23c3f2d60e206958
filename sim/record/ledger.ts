/**
 * Ledger: what is known for certain of every job: what the store took, what clients were told, and
 * what attempts did. The checkers read it; the code under test never sees it.
 *
 * Invariant: a job's `commits` are the versions of its present life, oldest first, as applied.
 * @module
 */
import type { AttemptOutcome } from "../../actors/executor/port.ts";
import type { ActorCommit, Commit, SimEvent } from "./events.ts";

/** One attempt, by its token. */
export interface AttemptFile {
  readonly token: string;
  readonly boot: string;
  /** Virtual times, ms. */
  readonly orderedAtMs: number[];
  readonly begunAtMs: number[];
  readonly outcomes: AttemptOutcome[];
}

/** One job. */
export interface JobFile {
  readonly id: string;
  commits: Commit[];
  readonly attempts: Map<string, AttemptFile>;
  /** A client was told that it is accepted. */
  accepted: boolean;
  /** Submissions that were sent off, and those of them that were told that nothing was stored. */
  sent: number;
  refused: number;
}

/** The ledger of one run. */
export class Ledger {
  readonly jobs = new Map<string, JobFile>();
  /** The latest committed version of every actor that is no job. */
  readonly others = new Map<string, ActorCommit>();

  /** The file of `id`, begun if there is none. */
  file(id: string): JobFile {
    let file = this.jobs.get(id);
    if (!file) {
      file = { id, commits: [], attempts: new Map(), accepted: false, sent: 0, refused: 0 };
      this.jobs.set(id, file);
    }
    return file;
  }

  /** The latest committed version of `id`. */
  committed(id: string): Commit | undefined {
    return this.jobs.get(id)?.commits.at(-1);
  }

  /** Takes in what happened. */
  take(event: SimEvent, atMs: number): void {
    switch (event.kind) {
      case "submitting":
        this.file(event.id).sent++;
        return;
      case "submitted": {
        const file = this.file(event.id);
        const { outcome } = event;
        if (outcome.kind === "created") file.accepted = true;
        if (outcome.kind === "exists" && outcome.same) file.accepted = true;
        if (outcome.kind === "refused") file.refused++;
        return;
      }
      case "inserted":
        this.file(event.id).commits = [event.after];
        return;
      case "moved":
        this.file(event.id).commits.push(event.after);
        return;
      case "actor-inserted":
      case "actor-moved":
        this.others.set(event.id, event.after);
        return;
      case "ordered":
        this.#attempt(event.order.key, event.boot).orderedAtMs.push(atMs);
        return;
      case "begun":
        this.#attempt(event.key, event.boot).begunAtMs.push(atMs);
        return;
      case "ended":
        this.#attempt(event.key, event.boot).outcomes.push(event.outcome);
        return;
    }
  }

  #attempt(key: { jobId: string; token: string }, boot: string): AttemptFile {
    const { attempts } = this.file(key.jobId);
    let attempt = attempts.get(key.token);
    if (!attempt) {
      attempt = { token: key.token, boot, orderedAtMs: [], begunAtMs: [], outcomes: [] };
      attempts.set(key.token, attempt);
    }
    return attempt;
  }
}
