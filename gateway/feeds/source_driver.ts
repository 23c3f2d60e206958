/**
 * Source: another node's events, as they come to this one.
 *
 * Intuition: two loops. One tells that node what is wanted here, whenever that changes; the other asks it for what
 * comes next, and remembers how far it got: an answer that is lost is asked for again. When that node has forgotten
 * this one it is told everything again, and goes on where it was.
 *
 * Invariants: O1. What that node publishes and is wanted here is heard once and in its order, or `missed` is called.
 * O2. Nothing is asked before the node noted what is wanted, nor after `close`.
 * @module
 */
import type { Clock } from "../../runtime/clock.ts";
import { EVENTS_RETRY_MS } from "../limits.ts";
import type { JobEvent } from "../service.ts";
import type { Interest } from "./interest.ts";
import { INTEREST, type InterestAnswer, NEXT, type NextAnswer } from "./messages.ts";
import type { Peer, Peers } from "./peers.ts";

/** What a source is made of. */
export interface SourceOptions {
  readonly clock: Clock;
  readonly peer: Peer;
  readonly peers: Pick<Peers, "ask">;
  readonly interest: Interest;
  /** It was found while this node listened already. */
  readonly newcomer: boolean;
  /** Events came. */
  readonly heard: (events: readonly JobEvent[]) => void;
  /** Events are missing; `why` is for people. */
  readonly missed: (why: string) => void;
  /** It knows what was wanted here at `revision`; `past` is what it holds of the jobs that were new to it. */
  readonly noted: (revision: number, past: readonly JobEvent[]) => void;
}

/** The events of one other node. */
export class Source {
  readonly #options: SourceOptions;
  /** The revision of interest that it remembers. */
  #told: number | null = null;
  /** Its last sequence that was heard of. */
  #at: number | null = null;
  #telling = false;
  #closed = false;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  /** The revision of interest that it is known to know; -1: none. */
  get told(): number {
    return this.#told ?? -1;
  }

  /** True once events were heard of. */
  get began(): boolean {
    return this.#at !== null;
  }

  /** What is wanted here may have changed: tells it. */
  tell(): void {
    if (!this.#telling) void this.#tell();
  }

  /** Ends both loops; what is under way is not listened to any more (O2). */
  close(): void {
    this.#closed = true;
  }

  async #tell(): Promise<void> {
    const { interest, newcomer, noted, missed, peer } = this.#options;
    this.#telling = true;
    while (!this.#closed && this.#told !== interest.revision) {
      const change = { ...interest.changeSince(this.#told), newcomer: newcomer && !this.began };
      const answer = await this.#ask<InterestAnswer>(INTEREST, change);
      if (this.#closed || answer === undefined) continue;
      if (answer.kind === "unknown") {
        this.#told = null;
        continue;
      }
      this.#told = change.revision;
      if (this.#at === null) {
        this.#at = answer.at;
        if (answer.gap) missed(`node ${peer.name} was found late`);
        void this.#listen();
      }
      noted(change.revision, answer.past);
    }
    this.#telling = false;
  }

  async #listen(): Promise<void> {
    const { heard, missed, peer } = this.#options;
    while (!this.#closed) {
      const after = this.#at ?? 0;
      const answer = await this.#ask<NextAnswer>(NEXT, { after });
      if (this.#closed || answer === undefined) continue;
      if (answer.kind === "unknown") {
        this.#told = null;
        await this.#untilTold();
        continue;
      }
      if (answer.gap) missed(`events of node ${peer.name} came too fast`);
      this.#at = answer.to;
      heard(answer.events);
    }
  }

  async #untilTold(): Promise<void> {
    this.tell();
    while (!this.#closed && this.#told === null) await this.#pause();
  }

  /** The answer, or undefined after a pause. */
  async #ask<Answer>(channel: string, body: unknown): Promise<Answer | undefined> {
    const { peers, peer } = this.#options;
    try {
      return await peers.ask(peer.boot, channel, body) as Answer;
    } catch {
      // Whether it lives is membership's to say.
      await this.#pause();
      return undefined;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resume) => this.#options.clock.after(EVENTS_RETRY_MS, resume));
  }
}
