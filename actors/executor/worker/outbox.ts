/**
 * Outbox: gathers what attempts say, until the host's waiting call takes it away as one batch.
 *
 * Intuition: attempts that end in the same turn of the event loop travel together. Progress is kept only
 * as its latest value, and log lines of one attempt as one list, so that a chatty handler costs little.
 *
 * Bound: sayings that wait are at most the worker's attempts × (one end, one progress, a bounded log, its
 * unanswered durable reports); a handler is slowed by awaiting those.
 * @module
 */
import type { Saying, WorkerEvent } from "../pool/protocol.ts";

/** Where an attempt sits. */
export interface Place {
  readonly slot: number;
  readonly sequence: number;
}

/** What one attempt has said since the last batch, beside its durable reports. */
interface Chatter {
  readonly place: Place;
  percent: number | null;
  lines: string[];
}

/** The worker's side of `collect`. */
export class Outbox {
  readonly #defer: (flush: () => void) => void;
  #events: WorkerEvent[] = [];
  readonly #chatter = new Map<number, Chatter>();
  #waiting: ((events: readonly WorkerEvent[]) => void) | null = null;
  #deferred = false;

  /** `defer` calls back at the end of the current turn of the event loop. */
  constructor(defer: (flush: () => void) => void) {
    this.#defer = defer;
  }

  /** Adds a durable report or an end; what the attempt had said before goes first. */
  say(place: Place, saying: Saying): void {
    this.#settleChatter(place.slot);
    this.#events.push([place.slot, place.sequence, saying]);
    this.#wake();
  }

  /** Notes how far the attempt is. */
  progress(place: Place, percent: number): void {
    this.#chatterOf(place).percent = percent;
    this.#wake();
  }

  /** Adds a line to the attempt's log. */
  log(place: Place, line: string): void {
    this.#chatterOf(place).lines.push(line);
    this.#wake();
  }

  /** Resolves with everything said since the last batch, as soon as there is anything. One caller at a time. */
  collect(): Promise<readonly WorkerEvent[]> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      if (this.#events.length > 0 || this.#chatter.size > 0) this.#wake();
    });
  }

  #chatterOf(place: Place): Chatter {
    let chatter = this.#chatter.get(place.slot);
    if (!chatter) this.#chatter.set(place.slot, chatter = { place, percent: null, lines: [] });
    return chatter;
  }

  #settleChatter(slot: number): void {
    const chatter = this.#chatter.get(slot);
    if (!chatter) return;
    this.#chatter.delete(slot);
    const { place: { sequence }, percent, lines } = chatter;
    if (lines.length > 0) this.#events.push([slot, sequence, { kind: "log", lines }]);
    if (percent !== null) this.#events.push([slot, sequence, { kind: "progress", percent }]);
  }

  #wake(): void {
    if (this.#deferred || this.#waiting === null) return;
    this.#deferred = true;
    this.#defer(() => this.#flush());
  }

  #flush(): void {
    this.#deferred = false;
    const resolve = this.#waiting;
    if (resolve === null) return;
    for (const slot of [...this.#chatter.keys()]) this.#settleChatter(slot);
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#waiting = null;
    resolve(events);
  }
}
