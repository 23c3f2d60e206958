/**
 * Backlog: which queues have fallen behind, by the rules about that, from one look at all of them to the next.
 *
 * Intuition: a queue over its threshold is told at once, and then again now and then, so that an incident
 * knows that it goes on; one that was over is told when it is no longer. A watch that has just begun does not
 * know what the one before it told, and says of every queue that is not over that it is not.
 *
 * Invariant: BL1. What was told to be over its threshold is told to be no longer, by this watch or the next.
 * @module
 */
import { type AlertEvent, oneLine } from "../event.ts";
import { type AlertRule, concerns } from "../rule.ts";

/** A queue that stays over its threshold is told again after this long, ms. */
export const STILL_OVER_MS = 60_000;

/** One look at the queues. */
export interface QueuesSeen {
  readonly nowMs: number;
  /** Due jobs that wait, by queue. */
  readonly depths: ReadonlyMap<string, number>;
  /** Since when the oldest of them is due (ms), by queue, as far as it is old. */
  readonly dueSinceMs: ReadonlyMap<string, number>;
}

/** An event, for the incidents of one rule: others have other thresholds. */
export interface RuledEvent {
  readonly rule: AlertRule;
  readonly event: AlertEvent;
}

/** What one node knows of the queues while it is the one that watches them. */
export class BacklogWatch {
  /** By rule and queue: since when it is over, and when that was told last; null: it is not. */
  readonly #over = new Map<string, { readonly sinceMs: number; readonly toldMs: number } | null>();
  readonly #rules: readonly AlertRule[];

  constructor(rules: readonly AlertRule[]) {
    this.#rules = rules.filter(({ on }) => on.includes("queue.backlog"));
  }

  /** True when there is anything to watch for. */
  get needed(): boolean {
    return this.#rules.length > 0;
  }

  /** The shortest age that a rule asks about, ms; null: none does. */
  get ageMs(): number | null {
    const ages = this.#rules.flatMap(({ threshold }) => threshold.ageMs ?? []);
    return ages.length === 0 ? null : Math.min(...ages);
  }

  /** What is to be told after one look. */
  look(seen: QueuesSeen): readonly RuledEvent[] {
    const queues = new Set([...seen.depths.keys(), ...seen.dueSinceMs.keys()]);
    for (const key of this.#over.keys()) queues.add(key.slice(key.indexOf("/") + 1));
    const told: RuledEvent[] = [];
    for (const [at, rule] of this.#rules.entries()) {
      for (const queue of queues) {
        if (!concerns(rule, { kind: "queue.backlog", labels: { queue } })) continue;
        const event = this.#judge(queue, { key: `${at}/${queue}`, rule, seen });
        if (event !== undefined) told.push({ rule, event });
      }
    }
    return told;
  }

  /** Another node watches now: nothing is known any more. */
  forget(): void {
    this.#over.clear();
  }

  #judge(
    queue: string,
    { key, rule, seen }: {
      readonly key: string;
      readonly rule: AlertRule;
      readonly seen: QueuesSeen;
    },
  ): AlertEvent | undefined {
    const known = this.#over.get(key);
    const { nowMs } = seen;
    const why = reasonOf(queue, rule, seen);
    if (why === null) {
      this.#over.set(key, null);
      if (known === null) return undefined;
      return eventOf(queue, { status: "resolved", message: `${queue} is no longer behind`, nowMs });
    }
    const over = known ?? { sinceMs: nowMs, toldMs: -Infinity };
    if (nowMs - over.toldMs < STILL_OVER_MS) return undefined;
    this.#over.set(key, { ...over, toldMs: nowMs });
    return eventOf(queue, { status: "firing", message: why, nowMs });
  }
}

/** Why the queue is over the rule's threshold; null: it is not. */
function reasonOf(
  queue: string,
  { threshold }: AlertRule,
  { nowMs, depths, dueSinceMs }: QueuesSeen,
): string | null {
  const depth = depths.get(queue) ?? 0;
  const ageMs = nowMs - (dueSinceMs.get(queue) ?? nowMs);
  if (threshold.depth !== null && depth > threshold.depth) {
    return `${depth} due jobs wait in ${queue}; more than ${threshold.depth}`;
  }
  if (threshold.ageMs === null || ageMs <= threshold.ageMs) return null;
  return `a job in ${queue} is due for ${Math.round(ageMs / 1_000)} s; ${depth} wait`;
}

function eventOf(
  queue: string,
  { status, message, nowMs }: {
    readonly status: AlertEvent["status"];
    readonly message: string;
    readonly nowMs: number;
  },
): AlertEvent {
  return {
    id: `backlog/${queue}/${status}/${nowMs}`,
    kind: "queue.backlog",
    status,
    subject: queue,
    labels: { queue },
    message: oneLine(message),
    atMs: nowMs,
  };
}
