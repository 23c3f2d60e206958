/**
 * GroupCommit: gathers single writes into batches, one durable commit each.
 *
 * Intuition: a commit costs a disk's sync whether it carries one write or five hundred. While the
 * store is busy, writes gather; when it has room, all that gathered goes at once. An idle store is
 * given a write without delay, so batching costs no latency when there is nothing to gain; a busy one
 * gets the next batch ahead only if it is worth a commit of its own.
 *
 * Invariants:
 *   G1. Writes reach the store in the order of their submission.
 *   G2. Every submitted write is answered exactly once, with its outcome or with the fault of its batch.
 *   G3. At most `BATCHES_IN_FLIGHT_MAX` batches are unanswered; a batch has at most as many writes as the
 *       store likes and, unless it is a single one, `BATCH_CHARS_MAX` characters.
 *       While one is unanswered, the next has at least `BATCH_BEHIND_WRITES_MIN` writes.
 *   G4. At most `WRITES_PENDING_MAX` writes are unanswered; the next one gets `overloaded` at once.
 *   G5. `quiet` waits for what was submitted before it and for nothing else.
 * Not here: what an outcome means; that a `timeout` leaves it unknown is its receiver's business.
 * @module
 */
import { Fault } from "../fault.ts";
import {
  BATCH_BEHIND_WRITES_MIN,
  BATCH_CHARS_MAX,
  BATCH_WRITES_MAX,
  BATCHES_IN_FLIGHT_MAX,
  WRITES_PENDING_MAX,
} from "../limits.ts";
import { charsOf, writesOf } from "./batch.ts";
import type { Store, Write, WriteOutcome } from "./port.ts";

/** Takes the outcome of one write. It is called once, must not throw, and may submit more. */
export type WriteDone = (outcome: WriteOutcome | Fault) => void;

/** What passed through since the start. */
export interface GroupCommitCounters {
  /** Batches handed to the store. */
  readonly batches: number;
  /** Writes in them. */
  readonly writes: number;
}

interface Waiting {
  readonly number: number;
  readonly write: Write;
  readonly chars: number;
  /** Writes that it counts for. */
  readonly weight: number;
  readonly done: WriteDone;
}

/** Consumed entries at the queue's start before it is cut: copying is rare, memory is bounded. */
const QUEUE_CUT_AT = 1_024;

/** What is asked of a store. */
type Committing = Pick<Store, "apply" | "commitWritesMax">;

/** The one way in which a node's writes reach its store. */
export class GroupCommit {
  readonly #store: Committing;
  readonly #writesMax: number;
  readonly #faulted: (fault: Fault) => void;
  #queue: Waiting[] = [];
  #first = 0;
  #inFlight = 0;
  #pending = 0;
  #scheduled = false;
  #batches = 0;
  #writes = 0;
  #onIdle: (() => void)[] = [];
  /** Writes ever submitted: each one's number. */
  #submitted = 0;
  readonly #underWay = new Set<readonly Waiting[]>();
  #onQuiet: { readonly upTo: number; readonly resolve: () => void }[] = [];

  /** `faulted` hears of every batch that the store refused; it must not throw. */
  constructor(store: Committing, faulted: (fault: Fault) => void = () => {}) {
    this.#store = store;
    this.#writesMax = Math.min(store.commitWritesMax ?? BATCH_WRITES_MAX, BATCH_WRITES_MAX);
    this.#faulted = faulted;
  }

  /** Writes submitted and not answered. */
  get pending(): number {
    return this.#pending;
  }

  get counters(): GroupCommitCounters {
    return { batches: this.#batches, writes: this.#writes };
  }

  /** Queues `write`; `done` gets its outcome. Overflow is answered before this returns (G4). */
  submit(write: Write, done: WriteDone): void {
    if (this.#pending >= WRITES_PENDING_MAX) {
      const message = `${WRITES_PENDING_MAX} writes are waiting for the store`;
      return done(new Fault("store.apply", "overloaded", { message }));
    }
    this.#pending++;
    const [number, chars, weight] = [++this.#submitted, charsOf(write), writesOf(write)];
    this.#queue.push({ number, write, chars, weight, done });
    this.#schedule();
  }

  /** Resolves when nothing is pending; at once if nothing is now. */
  idle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Resolves when every write that was submitted before is answered, whatever comes after. */
  quiet(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onQuiet.push({ upTo: this.#submitted, resolve }));
  }

  /** What is submitted within one turn goes together: sending waits for the end of the turn. */
  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= BATCHES_IN_FLIGHT_MAX) return;
    this.#scheduled = true;
    Promise.resolve().then(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    while (this.#worthSending()) {
      const batch = this.#take();
      this.#inFlight++;
      this.#batches++;
      this.#writes += batch.length;
      void this.#apply(batch);
    }
  }

  #apply(batch: readonly Waiting[]): Promise<void> {
    this.#underWay.add(batch);
    return this.#store.apply(batch.map(({ write }) => write)).then(
      (outcomes) => this.#settle(batch, (at) => outcomes[at] as WriteOutcome),
      (error: unknown) => this.#failed(batch, error),
    );
  }

  /** An idle store takes whatever there is; a busy one what fills a commit of its own. */
  #worthSending(): boolean {
    if (this.#inFlight >= BATCHES_IN_FLIGHT_MAX) return false;
    return this.#queue.length - this.#first >= (this.#inFlight === 0 ? 1 : BATCH_BEHIND_WRITES_MIN);
  }

  /** The next batch (G1, G3). */
  #take(): Waiting[] {
    let end = this.#first;
    let [chars, writes] = [0, 0];
    for (; end < this.#queue.length; end++) {
      const next = this.#queue[end] as Waiting;
      chars += next.chars;
      writes += next.weight;
      const full = writes > this.#writesMax || chars > BATCH_CHARS_MAX;
      if (full && end > this.#first) break;
    }
    const batch = this.#queue.slice(this.#first, end);
    this.#first = end;
    if (this.#first === this.#queue.length || this.#first >= QUEUE_CUT_AT) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    return batch;
  }

  /**
   * A fault is its whole batch's (G2). A bug is one write's: the batch, of which nothing was applied, is
   * sent again in halves, one after the other, until the write stands alone; what was sent behind goes before it.
   */
  #failed(batch: readonly Waiting[], error: unknown): Promise<void> | void {
    if (error instanceof Fault || batch.length === 1) {
      const fault = asFault(error);
      this.#faulted(fault);
      return this.#settle(batch, () => fault);
    }
    const middle = Math.ceil(batch.length / 2);
    const rest = batch.slice(middle);
    this.#inFlight++;
    this.#underWay.delete(batch);
    this.#underWay.add(rest);
    return this.#apply(batch.slice(0, middle)).then(() => this.#apply(rest));
  }

  /** Answers a batch (G2). The next one leaves first, so that the store works while we do. */
  #settle(batch: readonly Waiting[], outcomeAt: (at: number) => WriteOutcome | Fault): void {
    this.#inFlight--;
    this.#underWay.delete(batch);
    this.#pending -= batch.length;
    this.#send();
    batch.forEach(({ done }, at) => done(outcomeAt(at)));
    if (this.#onQuiet.length > 0) this.#tellQuiet();
    if (this.#pending > 0) return;
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }

  #tellQuiet(): void {
    let oldest = this.#queue[this.#first]?.number ?? Infinity;
    for (const [first] of this.#underWay) oldest = Math.min(oldest, first?.number ?? Infinity);
    const due = this.#onQuiet.filter(({ upTo }) => upTo < oldest);
    this.#onQuiet = this.#onQuiet.filter(({ upTo }) => upTo >= oldest);
    for (const { resolve } of due) resolve();
  }
}

/** A store rejects with faults alone; anything else is a bug in a write of this batch. */
function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Fault("store.apply", "corrupt", { message, cause: error });
}
