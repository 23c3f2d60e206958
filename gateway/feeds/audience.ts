/**
 * Audience: the nodes that listen to this one's events, and what each wants to hear.
 *
 * Intuition: this node holds its latest events anyway. A listener says what it wants, and asks for what came after
 * the last event it got: so a lost answer is asked for again, a slow listener asks less often, and nothing waits
 * here for anyone. A listener that does not ask any more is forgotten.
 *
 * Invariants: A1. What a listener is given has growing sequences; between two answers nothing that it wanted is left
 * out, unless the answer says `gap`. A2. A listener that did not ask for `LISTENER_LEASE_MS` is forgotten, and told so
 * when it asks again. A3. An answer has at most `EVENTS_TOLD_MAX` events.
 *
 * Not here: holding an ask until there is something to say (audience_driver.ts).
 * @module
 */
import type { BootId } from "../../runtime/ids.ts";
import { EVENTS_TOLD_MAX, LISTENER_LEASE_MS, NEWCOMER_MS } from "../limits.ts";
import type { Feed } from "../feed.ts";
import type { JobEvent } from "../service.ts";
import type { InterestAnswer, InterestChange, NextAnswer, NextRequest } from "./messages.ts";

interface Listener {
  revision: number;
  all: boolean;
  readonly jobs: Set<string>;
  leaseUntilMs: number;
}

/** The audience of one node. */
export class Audience {
  readonly #feed: Pick<Feed, "since" | "latest">;
  readonly #bornMs: number;
  readonly #listeners = new Map<BootId, Listener>();

  /** `feed`: this node's own events; `bornMs`: when it began, on the monotonic clock. */
  constructor(feed: Pick<Feed, "since" | "latest">, { bornMs }: { readonly bornMs: number }) {
    this.#feed = feed;
    this.#bornMs = bornMs;
  }

  /** How many listen. */
  get size(): number {
    return this.#listeners.size;
  }

  /** A node says what it wants to hear. */
  note(
    boot: BootId,
    { change, nowMs }: { readonly change: InterestChange; readonly nowMs: number },
  ): InterestAnswer {
    const known = this.#listeners.get(boot);
    if (change.base !== null && known?.revision !== change.base) return { kind: "unknown" };
    const jobs = change.base === null ? new Set<string>() : known?.jobs ?? new Set<string>();
    for (const jobId of change.remove) jobs.delete(jobId);
    for (const jobId of change.add) jobs.add(jobId);
    const { revision, all, newcomer } = change;
    const leaseUntilMs = nowMs + LISTENER_LEASE_MS;
    this.#listeners.set(boot, { revision, all, jobs, leaseUntilMs });
    const added = new Set(change.add);
    const past = added.size === 0
      ? []
      : this.#feed.since(0, { wants: ({ jobId }) => added.has(jobId) }).events
        .slice(-EVENTS_TOLD_MAX); // (A3) Who misses the oldest reads the job.
    return { kind: "noted", ...this.#begin(newcomer, nowMs), past };
  }

  /** Who has just found this node hears of it from its birth on, if that is not long ago and all is held. */
  #begin(newcomer: boolean, nowMs: number): { readonly at: number; readonly gap: boolean } {
    if (!newcomer) return { at: this.#feed.latest, gap: false };
    const young = nowMs - this.#bornMs < NEWCOMER_MS;
    const { gap } = this.#feed.since(0, { wants: () => true, max: 1 });
    return young && !gap ? { at: 0, gap: false } : { at: this.#feed.latest, gap: true };
  }

  /** A node asks for what came after the last it got (A1, A3). */
  next(
    boot: BootId,
    { request, nowMs }: { readonly request: NextRequest; readonly nowMs: number },
  ): NextAnswer {
    const listener = this.#listeners.get(boot);
    if (listener === undefined) return { kind: "unknown" }; // (A2)
    listener.leaseUntilMs = nowMs + LISTENER_LEASE_MS;
    const wants = (event: JobEvent) => isWanted(listener, event);
    return { kind: "events", ...this.#feed.since(request.after, { wants, max: EVENTS_TOLD_MAX }) };
  }

  /** True when that node wants to hear of this event. */
  wants(boot: BootId, event: JobEvent): boolean {
    const listener = this.#listeners.get(boot);
    return listener !== undefined && isWanted(listener, event);
  }

  /** Forgets whoever has not asked for long (A2). */
  expire(nowMs: number): void {
    for (const [boot, { leaseUntilMs }] of this.#listeners) {
      if (leaseUntilMs <= nowMs) this.#listeners.delete(boot);
    }
  }
}

function isWanted({ all, jobs }: Listener, { jobId }: JobEvent): boolean {
  return all || jobs.has(jobId);
}
