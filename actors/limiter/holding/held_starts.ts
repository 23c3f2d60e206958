/**
 * HeldStarts: the starts of a rate that a node was granted, and when it asks for more or gives some back.
 *
 * Invariants: HS1. A start lets one attempt in, from its moment on, for `RATE_START_KEPT_MS`. HS2. A node asks for
 * twice as many as before while it uses them up, and again for one after a rest: few are kept from other nodes.
 * @module
 */
import {
  PERMIT_DEMAND_MS,
  RATE_AHEAD_MS,
  RATE_IDLE_MS,
  RATE_START_KEPT_MS,
} from "../../../runtime/limits.ts";
import type { GateClaim, GateGrant } from "../messages.ts";
import type { Starts } from "../rate_window.ts";

/** So many starts can be used from a moment on. */
interface Granted {
  /** By this node's monotonic clock, ms. */
  readonly fromMs: number;
  /** What the limiter calls that moment. */
  readonly atMs: number;
  count: number;
}

/** The most that is asked for at once; the limiter grants what some 200 ms need. */
const PORTION_MAX = 1_000_000;

/** The starts of one gate. */
export class HeldStarts {
  #granted: Granted[] = [];
  #portion = 1;
  #refusedMs = -Infinity;
  /** The moment of the start that was used last, as the limiter calls it. */
  #usedAtMs = 0;
  /** Before this the limiter has no more. */
  #moreAtMs = -Infinity;

  /** True when there is nothing to remember. */
  get isIdle(): boolean {
    return this.#granted.length === 0;
  }

  /** When the next start can be used, ms; Infinity: there is none. */
  get nextMs(): number {
    return this.#granted[0]?.fromMs ?? Infinity;
  }

  /** Tells whether an attempt can be let in (HS1). */
  hasRoom(nowMs: number): boolean {
    this.#dropOld(nowMs);
    return this.nextMs <= nowMs;
  }

  /** One was let in. */
  admitted(): void {
    const first = this.#granted[0];
    if (first === undefined) return;
    this.#usedAtMs = first.atMs;
    if (--first.count === 0) this.#granted.shift();
  }

  /** Whoever was let in came to nothing: its start lets another in. */
  returned(nowMs: number): void {
    this.#granted.unshift({ fromMs: nowMs, atMs: this.#usedAtMs, count: 1 });
  }

  /** One was refused; when to claim, ms, Infinity: there will be starts. */
  refused(nowMs: number): number {
    this.#refusedMs = nowMs;
    const last = this.#granted.at(-1)?.fromMs ?? -Infinity;
    if (last > nowMs + RATE_AHEAD_MS / 2) return Infinity;
    return Math.max(nowMs, this.#moreAtMs - RATE_AHEAD_MS / 2);
  }

  /** When to claim at the latest, ms: what nobody waits for is given back, what somebody does asked for in time. */
  review(nowMs: number): number {
    this.#dropOld(nowMs);
    if (this.isIdle && this.#inDemand(nowMs)) {
      return Math.max(nowMs, this.#moreAtMs - RATE_AHEAD_MS / 2);
    }
    return this.#isUnneeded(nowMs) ? nowMs : Infinity;
  }

  /** This node may be behind the time that it thinks it is. */
  suspend(): void {
    this.#granted = [];
  }

  /** What is said to the limiter now (HS2). */
  claim(nowMs: number): Pick<GateClaim, "starts" | "unused"> {
    this.#dropOld(nowMs);
    if (this.#inDemand(nowMs) && !this.#isUnneeded(nowMs)) {
      return { starts: this.#portion, unused: [] };
    }
    const unused = this.#granted.map(({ atMs, count }): Starts => [atMs, count]);
    this.#granted = [];
    this.#portion = 1;
    return { starts: 0, unused };
  }

  /** What came of a claim; true when there are more starts. */
  granted({ starts, nextInMs }: GateGrant, nowMs: number): boolean {
    for (const { inMs, atMs, count } of starts) {
      this.#granted.push({ fromMs: nowMs + inMs, atMs, count });
    }
    this.#granted.sort((one, other) => one.fromMs - other.fromMs);
    this.#moreAtMs = nextInMs === null ? -Infinity : nowMs + nextInMs;
    if (starts.length > 0) this.#portion = Math.min(PORTION_MAX, 2 * this.#portion);
    return starts.length > 0;
  }

  #inDemand(nowMs: number): boolean {
    return nowMs - this.#refusedMs < PERMIT_DEMAND_MS;
  }

  /** There are some, and nobody waits for them, though one could be used. */
  #isUnneeded(nowMs: number): boolean {
    const sinceMs = Math.max(this.#refusedMs, this.nextMs);
    return this.#granted.length > 0 && nowMs - sinceMs >= RATE_IDLE_MS;
  }

  #dropOld(nowMs: number): void {
    const first = this.#granted.findIndex(({ fromMs }) => fromMs >= nowMs - RATE_START_KEPT_MS);
    if (first !== 0) this.#granted = first < 0 ? [] : this.#granted.slice(first);
  }
}
