/**
 * Interest: which events this node wants to hear from the others, because clients listen here.
 *
 * Intuition: listeners come and go; every change makes a revision. What another node was told last is one of them, so
 * it needs to be told the difference only, or everything when it forgot.
 *
 * Invariants: N1. A job is wanted as long as somebody wants it; so is everything. N2. Whoever begins to want a job makes
 * it new to the others, who then tell what they hold of it, even if it was wanted before. N3. The difference to any
 * remembered revision leads to what is wanted now; at most `CHANGES_KEPT_MAX` changes are remembered.
 *
 * Not here: telling it (source_driver.ts), and what is done with it there (audience.ts).
 * @module
 */
import type { InterestChange } from "./messages.ts";

/** Changes remembered: more than that at once are told as a whole (N3). */
export const CHANGES_KEPT_MAX = 1_000;

/** What one node wants to hear. */
export class Interest {
  #revision = 0;
  #all = 0;
  readonly #jobs = new Map<string, number>();
  /** Jobs whose being wanted changed; the last one made the present revision, or nothing but `all` did since. */
  readonly #changes: { readonly revision: number; readonly jobId: string }[] = [];
  /** Differences to revisions before this one are forgotten. */
  #rememberedFrom = 0;

  /** The present revision. */
  get revision(): number {
    return this.#revision;
  }

  /** True while nothing is wanted. */
  get none(): boolean {
    return this.#all === 0 && this.#jobs.size === 0;
  }

  /** True while the events of all jobs are wanted. */
  get all(): boolean {
    return this.#all > 0;
  }

  /** Somebody begins to want a job's events, or those of all; the revision that says so (N1, N2). */
  want(jobId: string | undefined): number {
    if (jobId === undefined) {
      if (this.#all++ === 0) this.#revision++;
    } else {
      this.#jobs.set(jobId, (this.#jobs.get(jobId) ?? 0) + 1);
      this.#changed(jobId);
    }
    return this.#revision;
  }

  /** Somebody who wanted it does so no more (N1). */
  unwant(jobId: string | undefined): void {
    if (jobId === undefined) {
      if (--this.#all === 0) this.#revision++;
      return;
    }
    const left = (this.#jobs.get(jobId) ?? 1) - 1;
    if (left > 0) return void this.#jobs.set(jobId, left);
    this.#jobs.delete(jobId);
    this.#changed(jobId);
  }

  /** What leads from revision `base` to the present one; null, or one that is forgotten: from nothing (N3). */
  changeSince(base: number | null): Omit<InterestChange, "newcomer"> {
    const present = { revision: this.#revision, all: this.all };
    if (base === null || base < this.#rememberedFrom) {
      return { base: null, ...present, add: [...this.#jobs.keys()], remove: [] };
    }
    const touched = new Set(
      this.#changes.filter(({ revision }) => revision > base).map(({ jobId }) => jobId),
    );
    const add = [...touched].filter((jobId) => this.#jobs.has(jobId));
    const remove = [...touched].filter((jobId) => !this.#jobs.has(jobId));
    return { base, ...present, add, remove };
  }

  #changed(jobId: string): void {
    this.#changes.push({ revision: ++this.#revision, jobId });
    if (this.#changes.length <= CHANGES_KEPT_MAX) return;
    this.#rememberedFrom = this.#changes.shift()?.revision ?? 0;
  }
}
