/**
 * JointFeed: the feed of a node among others: its own events always, those of all nodes while somebody listens.
 *
 * Intuition: two rings. `own` holds what this node did, for others to ask for; `all` is what clients here are given, and
 * gets the others' events as long as a client listens, and a little longer, so that one that comes back finds what it
 * missed. Whenever it may lack some, it says so.
 *
 * Invariants: JF1. While somebody attends, every event that was wanted and is not in `all` lies in a gap of it. JF2.
 * While nobody attends, nothing is sent, asked or remembered for others, and no timer is set. JF3. Attention is heard
 * within `ATTENTION_MS`, whatever the others do.
 * @module
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { BootId } from "../../runtime/ids.ts";
import {
  ATTENTION_LINGERS_MS,
  ATTENTION_MS,
  ORDER_LOOK_MS,
  PEERS_LOOK_EVERY_MS,
} from "../limits.ts";
import { Feed, type JobChange, type NodeFeed } from "../feed.ts";
import type { Attention, EventSubscription, EventWish, JobEvent } from "../service.ts";
import { AudienceDriver } from "./audience_driver.ts";
import { InOrder } from "./in_order.ts";
import { Interest } from "./interest.ts";
import type { Peer, Peers } from "./peers.ts";
import { Source } from "./source_driver.ts";

/** What a joint feed is made of. */
export interface JointFeedOptions {
  readonly clock: Clock;
  readonly boot: BootId;
  readonly peers: Peers;
  /** For tests. */
  readonly heldMax?: number;
}

/** Somebody who waits until the others know what it wants. */
interface Waiter {
  readonly revision: number;
  readonly jobId: string | undefined;
  readonly missing: Set<BootId>;
  readonly past: JobEvent[];
  readonly done: () => void;
}

const NOBODY = "nobody listened here meanwhile";

/** The feed of one node of a cluster. */
export class JointFeed implements NodeFeed {
  readonly boot: string;
  readonly #options: JointFeedOptions;
  readonly #own: Feed;
  readonly #all: Feed;
  readonly #interest = new Interest();
  /** Clients that listen to all events. */
  #listening = 0;
  /** Set while nobody does, and all are wanted still. */
  #lingering: Timer | undefined;
  #order = new InOrder();
  #orderTimer: Timer | undefined;
  readonly #sources = new Map<BootId, Source>();
  readonly #waiters = new Set<Waiter>();
  /** Nodes for which somebody waited in vain: what they told meanwhile is missing (JF1). */
  readonly #late = new Set<BootId>();
  #lookTimer: Timer | undefined;
  /** True once the first look of this span of attention is over. */
  #looked = false;

  constructor(options: JointFeedOptions) {
    const { clock, boot, peers, ...held } = options;
    this.#options = options;
    this.boot = boot;
    this.#own = new Feed({ boot, ...held });
    this.#all = new Feed({ boot, ...held });
    new AudienceDriver({ clock, feed: this.#own, peers });
  }

  publish(change: JobChange): void {
    this.#own.publish(change);
    this.#hear([change]);
  }

  subscribe(wish: EventWish, push: (event: JobEvent) => void): EventSubscription {
    return this.#all.subscribe(wish, push);
  }

  attend(jobId?: string): Attention {
    const revision = jobId === undefined ? this.#listenToAll() : this.#interest.want(jobId);
    this.#look();
    let attends = true;
    const stop = () => {
      if (!attends) return;
      attends = false;
      if (jobId === undefined) return this.#listenedToAll();
      this.#interest.unwant(jobId);
      this.#wantLess();
    };
    return { heard: this.#heard(revision, jobId), stop };
  }

  #listenToAll(): number {
    const lingered = this.#lingering !== undefined;
    this.#lingering?.cancel();
    this.#lingering = undefined;
    const first = this.#listening++ === 0;
    return first && !lingered ? this.#interest.want(undefined) : this.#interest.revision;
  }

  #listenedToAll(): void {
    if (--this.#listening > 0) return;
    this.#lingering = this.#options.clock.after(ATTENTION_LINGERS_MS, () => {
      this.#lingering = undefined;
      this.#interest.unwant(undefined);
      this.#letPass(Infinity);
      this.#order = new InOrder();
      this.#all.miss(NOBODY); // (JF1)
      this.#wantLess();
    });
  }

  /** Tells the others, or leaves them alone when nobody attends any more (JF2). */
  #wantLess(): void {
    if (!this.#interest.none) return this.#sources.forEach((source) => source.tell());
    for (const source of this.#sources.values()) source.close();
    this.#sources.clear();
    this.#late.clear();
    this.#lookTimer?.cancel();
    this.#lookTimer = undefined;
    this.#looked = false;
  }

  /** Resolves when every source knows `revision`, with what they hold of the job (JF3). */
  #heard(revision: number, jobId: string | undefined): Promise<readonly JobEvent[]> {
    const missing = new Set(
      [...this.#sources].filter(([, { told }]) => told < revision).map(([boot]) => boot),
    );
    if (missing.size === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ATTENTION_MS, () => {
        for (const boot of waiter.missing) this.#late.add(boot);
        waiter.done();
      });
      const waiter: Waiter = {
        ...{ revision, jobId, missing, past: [] },
        done: () => {
          timer.cancel();
          this.#waiters.delete(waiter);
          resolve(waiter.past);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Looks who is there, and tells them what is wanted. */
  #look(): void {
    const others = new Map(this.#options.peers.others().map((peer) => [peer.boot, peer]));
    for (const [boot, source] of this.#sources) {
      if (others.has(boot)) continue;
      source.close();
      this.#sources.delete(boot);
      this.#answered(boot);
      const late = this.#late.delete(boot);
      if (source.began || late) this.#all.miss("a node has gone, and with it what it had not told");
    }
    for (const peer of others.values()) {
      if (!this.#sources.has(peer.boot)) this.#sources.set(peer.boot, this.#source(peer));
    }
    this.#looked = true;
    for (const source of this.#sources.values()) source.tell();
    this.#lookTimer ??= this.#options.clock.after(PEERS_LOOK_EVERY_MS, () => {
      this.#lookTimer = undefined;
      this.#look();
    });
  }

  #source(peer: Peer): Source {
    const { clock, peers } = this.#options;
    return new Source({
      ...{ clock, peer, peers, interest: this.#interest, newcomer: this.#looked },
      heard: (events) => this.#hear(events),
      missed: (why) => this.#all.miss(why),
      noted: (revision, past) => {
        this.#answered(peer.boot, { revision, past });
        if (this.#late.delete(peer.boot)) this.#all.miss(`node ${peer.name} was heard late`);
      },
    });
  }

  /** That node knows a revision, or has gone. */
  #answered(
    boot: BootId,
    { revision, past }: { readonly revision: number; readonly past: readonly JobEvent[] } = {
      revision: Infinity,
      past: [],
    },
  ): void {
    for (const waiter of [...this.#waiters]) {
      if (revision < waiter.revision || !waiter.missing.delete(boot)) continue;
      waiter.past.push(...past.filter(({ jobId }) => jobId === waiter.jobId));
      if (waiter.missing.size === 0) waiter.done();
    }
  }

  /** Events came, from here or elsewhere. Who listens to single jobs puts them in order by itself. */
  #hear(changes: readonly JobChange[]): void {
    if (!this.#interest.all) return changes.forEach((change) => this.#all.publish(change));
    const nowMs = this.#options.clock.monotonicMs();
    for (const change of changes) {
      for (const passing of this.#order.take(change, nowMs)) this.#all.publish(passing);
    }
    if (this.#order.waiting > 0) this.#watchOrder();
  }

  #watchOrder(): void {
    const { clock } = this.#options;
    this.#orderTimer ??= clock.after(ORDER_LOOK_MS, () => {
      this.#letPass(clock.monotonicMs());
      if (this.#order.waiting > 0) this.#watchOrder();
    });
  }

  #letPass(nowMs: number): void {
    this.#orderTimer?.cancel();
    this.#orderTimer = undefined;
    for (const change of this.#order.overdue(nowMs)) this.#all.publish(change);
  }
}
