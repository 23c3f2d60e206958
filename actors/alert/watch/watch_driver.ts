/**
 * WatchDriver: looks, on one node, at what no actor tells: queues, nodes, the store, failing actors.
 *
 * Intuition: queues are watched by one node for all, whoever owns a certain shard; all else each node tells of itself
 * or of the others, and incidents know what they have heard. What is noticed here is told from memory: a crash loses
 * it, but a queue that is behind is seen again by the next watch. That the store is away can only be told when it is
 * back, because incidents live in it: it is logged at once.
 * @module
 */
import type { Clock, Timer } from "../../../runtime/clock.ts";
import type { DueEntry } from "../../../runtime/snapshot.ts";
import { parseTally, queueOfLane } from "../../job/codec.ts";
import type { JobState } from "../../job/state.ts";
import type { AlertEvent, EndCounts } from "../event.ts";
import { OWN_PREFIX } from "../job_events.ts";
import { type AlertRule, concerns } from "../rule.ts";
import { BacklogWatch, type QueuesSeen, type RuledEvent } from "./backlog.ts";
import { type MemberSeen, NodesWatch } from "./nodes.ts";

/** How often nodes are looked at and ended jobs are told, ms. */
export const LOOK_EVERY_MS = 1_000;
/** How often queues are looked at, ms: a look reads every tally. */
export const QUEUES_EVERY_MS = 5_000;
/** Oldest due actors of one look. */
const OLDEST_MAX = 1_000;
/** An outage of the store that is shorter than this is nothing to tell, ms. */
export const STORE_DOWN_MIN_MS = 3_000;

/** What the driver needs of its node. */
export interface WatchOptions {
  readonly clock: Clock;
  readonly rules: readonly AlertRule[];
  /** This process start, for ids of events. */
  readonly boot: string;
  readonly node: string;
  readonly members: () => readonly MemberSeen[];
  /** True while this node is the one that watches the queues. */
  readonly watchesQueues: () => boolean;
  readonly tallies: () => Promise<ReadonlyMap<string, number>>;
  /** Due actors up to a moment, the oldest first. */
  readonly due: (query: { untilMs: number; limit: number }) => Promise<readonly DueEntry[]>;
  readonly notice: (event: AlertEvent, only?: AlertRule) => void;
  readonly ends: (counts: EndCounts) => void;
}

/** The watch of one node. */
export class WatchDriver {
  readonly #options: WatchOptions;
  readonly #backlog: BacklogWatch;
  readonly #nodes = new NodesWatch();
  readonly #ends = new Map<string, { ok: number; failed: number }>();
  readonly #wantsNodes: boolean;
  readonly #ratesOf: readonly AlertRule[];
  #looking = false;
  #nextQueuesMs = 0;
  #downSinceMs: number | null = null;
  #timer: Timer | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#backlog = new BacklogWatch(options.rules);
    this.#wantsNodes = options.rules.some(({ on }) => on.includes("node.lost"));
    this.#ratesOf = options.rules.filter(({ on }) => on.includes("failure-rate"));
  }

  /** Begins to look. */
  start(): void {
    this.#look();
  }

  /** Looks no more. Idempotent. */
  close(): void {
    this.#timer?.cancel();
  }

  /** A job came to its end here. */
  ended({ state, spec }: JobState): void {
    if (this.#ratesOf.length === 0 || spec.queue.startsWith(OWN_PREFIX)) return;
    if (state !== "completed" && state !== "failed") return;
    if (!this.#isRated(spec.queue)) return;
    const counts = this.#ends.get(spec.queue) ?? { ok: 0, failed: 0 };
    counts[state === "completed" ? "ok" : "failed"]++;
    this.#ends.set(spec.queue, counts);
  }

  /** An actor was set aside: it crashed on everything, or cannot be read. */
  quarantined({ actor, shard, error }: {
    readonly actor: string;
    readonly shard: number;
    readonly error: string;
  }): void {
    const { clock, boot, node, notice } = this.#options;
    const nowMs = clock.wallMs();
    notice({
      id: `quarantine/${boot}/${actor}/${nowMs}`,
      kind: "shard.quarantined",
      status: "firing",
      subject: `shard ${shard}`,
      labels: { node },
      message: `${actor} in shard ${shard} is left alone for a while: ${error}`,
      atMs: nowMs,
    });
  }

  /** The store is out of reach, or back. */
  store(reachable: boolean): void {
    const { clock, boot, node, notice } = this.#options;
    const nowMs = clock.wallMs();
    if (!reachable) {
      this.#downSinceMs ??= nowMs;
      return;
    }
    const sinceMs = this.#downSinceMs;
    this.#downSinceMs = null;
    if (sinceMs === null || nowMs - sinceMs < STORE_DOWN_MIN_MS) return;
    const seconds = Math.round((nowMs - sinceMs) / 1_000);
    const event = { kind: "store.down", subject: node, labels: { node } } as const;
    const id = `store/${boot}/${sinceMs}`;
    const away = `the store was out of reach of node ${node} for ${seconds} s`;
    notice({ ...event, id, status: "firing", message: away, atMs: sinceMs });
    const back = "the store is back";
    notice({ ...event, id: `${id}/back`, status: "resolved", message: back, atMs: nowMs });
  }

  #look(): void {
    const { clock } = this.#options;
    this.#timer = clock.after(LOOK_EVERY_MS, () => this.#look());
    const nowMs = clock.wallMs();
    if (this.#wantsNodes) this.#tell(this.#nodes.look(this.#options.members(), nowMs));
    this.#tellEnds();
    if (!this.#backlog.needed || this.#looking || clock.monotonicMs() < this.#nextQueuesMs) return;
    if (!this.#options.watchesQueues()) return this.#backlog.forget();
    this.#nextQueuesMs = clock.monotonicMs() + QUEUES_EVERY_MS;
    this.#looking = true;
    this.#queues(nowMs)
      .then((seen) => this.#tellRuled(this.#backlog.look(seen)), () => {})
      .finally(() => this.#looking = false);
  }

  #tell(events: readonly AlertEvent[]): void {
    for (const event of events) this.#options.notice(event);
  }

  #tellRuled(events: readonly RuledEvent[]): void {
    for (const { rule, event } of events) this.#options.notice(event, rule);
  }

  #tellEnds(): void {
    for (const [queue, counts] of this.#ends) this.#options.ends({ queue, ...counts });
    this.#ends.clear();
  }

  #isRated(queue: string): boolean {
    const about = { kind: "failure-rate", labels: { queue } } as const;
    return this.#ratesOf.some((rule) => concerns(rule, about));
  }

  async #queues(nowMs: number): Promise<QueuesSeen> {
    const depths = new Map<string, number>();
    for (const [tally, count] of await this.#options.tallies()) {
      const parsed = parseTally(tally);
      if (parsed?.state === "pending" && !parsed.queue.startsWith(OWN_PREFIX)) {
        depths.set(parsed.queue, count);
      }
    }
    const dueSinceMs = new Map<string, number>();
    const { ageMs } = this.#backlog;
    if (ageMs !== null) {
      const oldest = await this.#options.due({ untilMs: nowMs - ageMs, limit: OLDEST_MAX });
      for (const { lane, wakeAtMs } of oldest) {
        const queue = queueOf(lane);
        if (queue !== null && !dueSinceMs.has(queue)) dueSinceMs.set(queue, wakeAtMs);
      }
    }
    return { nowMs, depths, dueSinceMs };
  }
}

/** The queue whose due jobs wait in `lane`; null: no job does, or one of the program's own. */
function queueOf(lane: string): string | null {
  const queue = queueOfLane(lane);
  return queue === null || queue.startsWith(OWN_PREFIX) ? null : queue;
}
