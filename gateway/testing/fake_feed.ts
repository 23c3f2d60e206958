/**
 * FakeFeed: an event feed in memory that holds the latest few events.
 * @module
 */
import { lagMsOf } from "../feed.ts";
import type {
  Attention,
  EventSubscription,
  EventWish,
  JobEvent,
  JobFeed,
  JobRecord,
} from "../service.ts";

/** Events that are held: few, so that tests can make gaps. */
export const FAKE_EVENTS_HELD_MAX = 100;

interface Listener {
  readonly push: (event: JobEvent) => void;
  readonly missed: (why: string) => void;
}

/** The feed of a fake service. */
export class FakeFeed implements JobFeed {
  boot = "boot1";
  /** What other nodes hold of a job that is attended to. */
  elsewhere: Promise<readonly JobEvent[]> = Promise.resolve([]);
  /** How many attend. */
  attentions = 0;
  readonly #held: JobEvent[] = [];
  readonly #subscribers = new Set<Listener>();
  #sequence = 0;

  /** How many listen. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  attend(): Attention {
    this.attentions++;
    return { heard: this.elsewhere, stop: () => void this.attentions-- };
  }

  subscribe(
    { after, jobId, missed = () => {} }: EventWish,
    push: (event: JobEvent) => void,
  ): EventSubscription {
    const wanted = (event: JobEvent): boolean => jobId === undefined || event.jobId === jobId;
    const listener = {
      push: (event: JobEvent): void => {
        if (wanted(event)) push(event);
      },
      missed,
    };
    this.#subscribers.add(listener);
    const oldest = this.#held[0]?.sequence ?? this.#sequence + 1;
    return {
      backlog: after === undefined
        ? []
        : this.#held.filter((event) => event.sequence > after && wanted(event)),
      gap: after !== undefined && after + 1 < oldest,
      latest: this.#sequence,
      stop: () => void this.#subscribers.delete(listener),
    };
  }

  /** Tells whoever listens that events are missing. */
  miss(why: string): void {
    for (const { missed } of this.#subscribers) missed(why);
  }

  /** Tells a change to whoever listens. */
  changed(record: JobRecord, atMs: number): void {
    const event: JobEvent = {
      sequence: ++this.#sequence,
      jobId: record.id,
      version: record.version,
      state: record.job.state,
      name: record.job.spec.name,
      queue: record.job.spec.queue,
      attempt: record.job.running?.number ?? record.job.counted,
      progress: record.job.progress,
      lagMs: lagMsOf(record.job),
      atMs,
    };
    this.#held.push(event);
    if (this.#held.length > FAKE_EVENTS_HELD_MAX) this.#held.shift();
    for (const { push } of this.#subscribers) push(event);
  }

  /** A new process start: what was held is gone. */
  restart(boot: string): void {
    this.boot = boot;
    this.#held.length = 0;
    this.#sequence = 0;
  }
}
