/**
 * InOrder: brings the events of all nodes into the order of each job's versions, as far as that takes no waiting.
 *
 * Intuition: a job is inserted through one node and run by another; what both tell takes two ways, and `running` may
 * come before `pending`. Whoever takes the last event for the state would be wrong for ever. So an event that is not
 * the next of its job waits a moment for those before it.
 *
 * Invariants: I1. No event is lost, none waits longer than `ORDER_WAIT_MS` and until the next look. I2. Events of a
 * job that come within that time of each other pass in the order of their versions. I3. At most `ORDER_WAITING_MAX`
 * events wait, and `VERSIONS_KEPT_MAX` jobs are remembered; beyond it events pass as they come.
 *
 * Not here: what is lost on the way (story.ts knows for one job, the feed's gaps for all).
 * @module
 */
import { ORDER_WAIT_MS, ORDER_WAITING_MAX, VERSIONS_KEPT_MAX } from "../limits.ts";
import type { JobChange } from "../feed.ts";

interface Waiting {
  readonly change: JobChange;
  readonly untilMs: number;
}

/** The order of what one node hears. */
export class InOrder {
  /** The latest version that passed, of the jobs that passed last. */
  readonly #passed = new Map<string, number>();
  /** By job, in no order. */
  readonly #waiting = new Map<string, Waiting[]>();
  #size = 0;

  /** How many events wait. */
  get waiting(): number {
    return this.#size;
  }

  /** Takes in an event; what may pass now, in order (I2). */
  take(change: JobChange, nowMs: number): JobChange[] {
    const { jobId, version } = change;
    const passed = this.#passed.get(jobId) ?? 0;
    if (version > passed + 1 && this.#size < ORDER_WAITING_MAX) {
      const events = this.#waiting.get(jobId) ?? [];
      events.push({ change, untilMs: nowMs + ORDER_WAIT_MS });
      this.#waiting.set(jobId, events);
      this.#size++;
      return [];
    }
    this.#pass(change);
    return [change, ...this.#followers(jobId)];
  }

  /** What has waited long enough, and what followed it, in order (I1). */
  overdue(nowMs: number): JobChange[] {
    const passing: JobChange[] = [];
    for (const [jobId, events] of [...this.#waiting]) {
      const latest = Math.max(
        0,
        ...events.filter(({ untilMs }) => untilMs <= nowMs).map(({ change }) => change.version),
      );
      const due = events.filter(({ change }) => change.version <= latest)
        .map(({ change }) => change)
        .sort((one, other) => one.version - other.version);
      if (due.length === 0) continue;
      this.#keep(jobId, events.filter(({ change }) => change.version > latest));
      for (const change of due) this.#pass(change);
      passing.push(...due, ...this.#followers(jobId));
    }
    return passing;
  }

  /** Waiting events that are next now that those before them have passed. */
  #followers(jobId: string): JobChange[] {
    const passing: JobChange[] = [];
    for (;;) {
      const events = this.#waiting.get(jobId) ?? [];
      const next = (this.#passed.get(jobId) ?? 0) + 1;
      const found = events.find(({ change }) => change.version === next);
      if (found === undefined) return passing;
      this.#keep(jobId, events.filter((one) => one !== found));
      this.#pass(found.change);
      passing.push(found.change);
    }
  }

  #keep(jobId: string, events: Waiting[]): void {
    this.#size -= (this.#waiting.get(jobId)?.length ?? 0) - events.length;
    if (events.length > 0) this.#waiting.set(jobId, events);
    else this.#waiting.delete(jobId);
  }

  #pass({ jobId, version }: JobChange): void {
    const passed = Math.max(version, this.#passed.get(jobId) ?? 0);
    this.#passed.delete(jobId);
    this.#passed.set(jobId, passed);
    if (this.#passed.size <= VERSIONS_KEPT_MAX) return;
    for (const oldest of this.#passed.keys()) return void this.#passed.delete(oldest); // (I3)
  }
}
