/**
 * FaultyStore: a store that fails as it is told to: for the simulator and for tests.
 *
 * Intuition: between a node and its store lies a wire. A call may be late, its answer may be late,
 * either may be lost, or the store may refuse. The decider says which, call by call; the wrapper
 * has no chance and no clock of its own, so that a run can be repeated.
 *
 * Whatever the plan, what the port promises holds: every code but `timeout` means that nothing was
 * applied. Delayed calls may overtake each other, as they may between connections.
 * @module
 */
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import type { ActorId, ShardId } from "../ids.ts";
import { BATCH_WRITES_MAX } from "../limits.ts";
import type {
  Claimant,
  FindQuery,
  LaneQuery,
  LanesQuery,
  RangeQuery,
  Reservation,
  Store,
  Write,
} from "./port.ts";

/** A method of the store that can fail. */
export type StoreOp = Exclude<keyof Store, "close" | "commitWritesMax">;

/** What happens to one call. An empty plan: nothing. */
export interface FaultPlan {
  /** How long the call is under way before it takes effect, ms. */
  readonly delayMs?: number;
  /** How long its answer is under way, ms. With a time-out: how long the caller waits for it. */
  readonly replyDelayMs?: number;
  readonly fault?:
    /** Refused, nothing applied: out of reach, no space, reads only. */
    | "unavailable"
    | "full"
    | "read-only"
    /** Timed out; the call was lost. */
    | "timeout-before"
    /** Timed out; the call took effect, its answer was lost. */
    | "timeout-after"
    /** Timed out first; the call takes effect `lateMs` after that, behind the caller's back. */
    | "timeout-late";
  /** For `timeout-late`, ms. */
  readonly lateMs?: number;
}

/** One call, as the decider sees it. */
export interface StoreCall {
  readonly op: StoreOp;
  /** Grows by one per call of this wrapper, from 1. */
  readonly call: number;
}

/** Decides the fate of a call. */
export type DecideFault = (call: StoreCall) => FaultPlan;

/** The wrapper. Delays run on `clock`. */
export class FaultyStore implements Store {
  readonly commitWritesMax: number;
  readonly #inner: Store;
  readonly #clock: Pick<Clock, "after">;
  readonly #decide: DecideFault;
  #calls = 0;

  constructor(inner: Store, options: { clock: Pick<Clock, "after">; decide: DecideFault }) {
    this.#inner = inner;
    this.commitWritesMax = inner.commitWritesMax ?? BATCH_WRITES_MAX;
    this.#clock = options.clock;
    this.#decide = options.decide;
  }

  apply(batch: readonly Write[]) {
    return this.#pass("apply", () => this.#inner.apply(batch));
  }

  load(ids: readonly ActorId[]) {
    return this.#pass("load", () => this.#inner.load(ids));
  }

  find(query: FindQuery) {
    return this.#pass("find", () => this.#inner.find(query));
  }

  tallies(kind: string) {
    return this.#pass("tallies", () => this.#inner.tallies(kind));
  }

  journal(query: { id: ActorId; stream: string; after: number; limit: number }) {
    return this.#pass("journal", () => this.#inner.journal(query));
  }

  lanes(query: LanesQuery) {
    return this.#pass("lanes", () => this.#inner.lanes(query));
  }

  dueInLane(query: LaneQuery) {
    return this.#pass("dueInLane", () => this.#inner.dueInLane(query));
  }

  dueBetween(query: RangeQuery) {
    return this.#pass("dueBetween", () => this.#inner.dueBetween(query));
  }

  sweep(query: { nowMs: number; limit: number }) {
    return this.#pass("sweep", () => this.#inner.sweep(query));
  }

  renew(claimant: Claimant, options: { ttlMs: number; opening: boolean }) {
    return this.#pass("renew", () => this.#inner.renew(claimant, options));
  }

  leave(claimant: Claimant) {
    return this.#pass("leave", () => this.#inner.leave(claimant));
  }

  sessions() {
    return this.#pass("sessions", () => this.#inner.sessions());
  }

  acquire(claimant: Claimant, shards: readonly ShardId[]) {
    return this.#pass("acquire", () => this.#inner.acquire(claimant, shards));
  }

  release(claimant: Claimant, shards: readonly ShardId[], reservation?: Reservation) {
    return this.#pass("release", () => this.#inner.release(claimant, shards, reservation));
  }

  fences() {
    return this.#pass("fences", () => this.#inner.fences());
  }

  close() {
    return this.#inner.close();
  }

  async #pass<T>(op: StoreOp, work: () => Promise<T>): Promise<T> {
    const plan = this.#decide({ op, call: ++this.#calls });
    // Without a delay the call leaves in this turn, in its caller's order.
    if (plan.delayMs) await this.#wait(plan.delayMs);
    switch (plan.fault) {
      case undefined: {
        const answer = await work();
        await this.#wait(plan.replyDelayMs);
        return answer;
      }
      case "timeout-before":
        break;
      case "timeout-after":
        await work();
        break;
      case "timeout-late":
        this.#clock.after((plan.replyDelayMs ?? 0) + (plan.lateMs ?? 0), () => {
          // Nobody waits for this answer any more, whatever it is.
          work().catch(() => {});
        });
        break;
      default:
        throw new Fault(`store.${op}`, plan.fault, { message: "injected" });
    }
    await this.#wait(plan.replyDelayMs);
    throw new Fault(`store.${op}`, "timeout", { message: "injected" });
  }

  #wait(ms: number | undefined): Promise<void> | undefined {
    if (ms === undefined || ms <= 0) return undefined;
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}
