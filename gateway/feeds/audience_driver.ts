/**
 * AudienceDriver: answers the nodes that listen to this one: at once while there is something to tell, else as soon
 * as there is.
 *
 * Intuition: an ask for what comes next is held here, one per node. The first event that it wants does not answer it
 * yet: others follow within moments, and go in the same answer.
 *
 * Invariants: D1. Every ask is answered within `NEXT_HELD_MS` and `EVENTS_GATHER_MS`. D2. Nothing is done, and no timer
 * is set, while nobody listens. Others in audience.ts.
 * @module
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { BootId } from "../../runtime/ids.ts";
import { EVENTS_GATHER_MS, LISTENER_LEASE_MS, NEXT_HELD_MS } from "../limits.ts";
import type { Feed } from "../feed.ts";
import type { EventSubscription, JobEvent } from "../service.ts";
import { Audience } from "./audience.ts";
import {
  INTEREST,
  type InterestAnswer,
  type InterestChange,
  NEXT,
  type NextAnswer,
  type NextRequest,
} from "./messages.ts";
import type { Peers } from "./peers.ts";

/** An ask that is held. */
interface Held {
  readonly answer: () => void;
  timer: Timer;
  gathering: boolean;
}

/** What one node tells the others. */
export class AudienceDriver {
  readonly #clock: Clock;
  readonly #feed: Feed;
  readonly #audience: Audience;
  readonly #held = new Map<BootId, Held>();
  #subscription: EventSubscription | undefined;

  /** `feed`: this node's own events. Answers from now on. */
  constructor(
    { clock, feed, peers }: { readonly clock: Clock; readonly feed: Feed; readonly peers: Peers },
  ) {
    this.#clock = clock;
    this.#feed = feed;
    this.#audience = new Audience(feed, { bornMs: clock.monotonicMs() });
    peers.serve(INTEREST, (body, from) => this.#note(body as InterestChange, from));
    peers.serve(NEXT, (body, from) => this.#next(body as NextRequest, from));
  }

  #note(change: InterestChange, from: BootId): InterestAnswer {
    const answer = this.#audience.note(from, { change, nowMs: this.#clock.monotonicMs() });
    if (answer.kind === "noted" && this.#subscription === undefined) {
      this.#subscription = this.#feed.subscribe({}, (event) => this.#published(event));
      this.#clock.after(LISTENER_LEASE_MS, () => this.#expire());
    }
    return answer;
  }

  #next(request: NextRequest, from: BootId): NextAnswer | Promise<NextAnswer> {
    const look = (after: number): NextAnswer =>
      this.#audience.next(from, { request: { after }, nowMs: this.#clock.monotonicMs() });
    const first = look(request.after);
    if (first.kind !== "events" || first.gap || first.events.length > 0) return first;
    // Who asks again has given up on what it asked before.
    this.#held.get(from)?.answer();
    return new Promise((resolve) => {
      const answer = () => {
        held.timer.cancel();
        if (this.#held.get(from) === held) this.#held.delete(from);
        resolve(look(first.to));
      };
      const timer = this.#clock.after(NEXT_HELD_MS, answer);
      const held: Held = { answer, timer, gathering: false };
      this.#held.set(from, held);
    });
  }

  #published(event: JobEvent): void {
    for (const [boot, held] of this.#held) {
      if (held.gathering || !this.#audience.wants(boot, event)) continue;
      held.gathering = true;
      held.timer.cancel();
      held.timer = this.#clock.after(EVENTS_GATHER_MS, held.answer);
    }
  }

  /** Stops to look at events when nobody listens any more (D2). */
  #expire(): void {
    this.#audience.expire(this.#clock.monotonicMs());
    if (this.#audience.size > 0) {
      this.#clock.after(LISTENER_LEASE_MS, () => this.#expire());
      return;
    }
    this.#subscription?.stop();
    this.#subscription = undefined;
  }
}
