/**
 * RateLimiter: holds callers to their rates, over all gateways of a cluster together.
 *
 * Intuition: each of n living gateways drips the n-th part of a caller's rate into a bucket of its own. A
 * gateway whose part does not suffice asks the others for what they do not need, so a caller who speaks to
 * one gateway alone gets the whole rate. Nothing is written to the store, and while requests are spread
 * evenly nothing is sent.
 *
 * Invariants: L1. Tokens are moved between gateways, never copied: an answer that is lost loses them.
 * L2. While all gateways agree how many they are, a caller gets in any span at most twice the burst and what
 * drips in then. A gateway that starts brings one more n-th of the burst; cut apart, each part of a cluster
 * gives the whole rate. L3. An answer that does not come holds
 * requests for `RATE_BORROW_MS` at most. L4. The number of
 * buckets is bounded; the longest unused one goes, and comes back full.
 *
 * Not here: who the caller is (auth/).
 * @module
 */
import type { Clock } from "../../runtime/clock.ts";
import type { Peers } from "../feeds/peers.ts";
import {
  RATE_BORROW_MS,
  RATE_BUCKETS_MAX,
  RATE_PAUSE_MS_MAX,
  RATE_PAUSE_MS_MIN,
  RATE_PEERS_LOOK_MS,
} from "../limits.ts";
import { type Bucket, drip, fullBucket, lend, type Rate, take, waitMs } from "./bucket.ts";

/** What the limiter needs; `peers`: the other gateways, undefined when there are none. */
export interface RateLimiterOptions {
  readonly clock: Clock;
  readonly peers?: Peers | undefined;
}

/** The refusal of a request that comes too early. */
export interface Limited {
  readonly rate: Rate;
  /** When it may be repeated, ms from now. */
  readonly retryAfterMs: number;
}

/** What another gateway asks for. */
interface Plea {
  readonly caller: string;
  readonly rate: Rate;
  readonly wanted: number;
}

interface Account {
  readonly bucket: Bucket;
  readonly rate: Rate;
  /** Those who wait for the round of asking that is under way. */
  waiting: ((limited: Limited | null) => void)[] | null;
  /** Until when the others are not asked again, ms of the monotonic clock. */
  pausedUntilMs: number;
}

const CHANNEL = "rate/lend";

/** The limiter of one gateway. It holds no timers of its own while nobody waits. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #peers: Peers | undefined;
  /** The longest unused first. */
  readonly #accounts = new Map<string, Account>();
  #gateways = 1;
  #lookAtMs = -Infinity;

  constructor({ clock, peers }: RateLimiterOptions) {
    this.#clock = clock;
    this.#peers = peers;
    peers?.serve(CHANNEL, (body) => this.#lend(body));
  }

  /** Takes a token of `caller`; null when there was one. A promise only while others are asked (L3). */
  take(caller: string, rate: Rate): Limited | null | Promise<Limited | null> {
    const account = this.#account(caller, rate);
    if (account.waiting === null && take(account.bucket, 1)) return null;
    if (account.waiting === null && !this.#mayBorrow(account)) return this.#limited(account);
    return new Promise((settle) => {
      if (account.waiting !== null) return void account.waiting.push(settle);
      account.waiting = [settle];
      void this.#borrow(caller, account);
    });
  }

  #account(caller: string, rate: Rate): Account {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#accounts.get(caller);
    const share = { rate, of: this.#count(nowMs) };
    const account = known ?? {
      ...{ bucket: fullBucket(share, nowMs), rate, waiting: null, pausedUntilMs: -Infinity },
    };
    if (known !== undefined) this.#accounts.delete(caller);
    else if (this.#accounts.size >= RATE_BUCKETS_MAX) this.#forgetOldest();
    this.#accounts.set(caller, account);
    drip(account.bucket, share, nowMs);
    return account;
  }

  /** Those for whom others are being asked stay (L4). */
  #forgetOldest(): void {
    for (const [caller, { waiting }] of this.#accounts) {
      if (waiting !== null) continue;
      this.#accounts.delete(caller);
      return;
    }
  }

  /** How many gateways share a rate; looked at now and then, not at every request. */
  #count(nowMs: number): number {
    if (this.#peers !== undefined && nowMs >= this.#lookAtMs) {
      this.#gateways = 1 + this.#peers.others().length;
      this.#lookAtMs = nowMs + RATE_PEERS_LOOK_MS;
    }
    return this.#gateways;
  }

  #mayBorrow({ pausedUntilMs }: Account): boolean {
    const nowMs = this.#clock.monotonicMs();
    return this.#count(nowMs) > 1 && nowMs >= pausedUntilMs;
  }

  /** Asks until nobody waits any more, or the others could not give what was missing; then serves who waits. */
  async #borrow(caller: string, account: Account): Promise<void> {
    await null; // requests of the same moment ask together
    for (let enough = true; enough && missing(account) > 0;) {
      enough = await this.#round(caller, account);
      this.#account(caller, account.rate);
      serve(account);
    }
    serve(account);
    const waiting = account.waiting ?? [];
    account.waiting = null;
    for (const settle of waiting) settle(this.#limited(account));
  }

  /** Asks every other gateway once; tells whether they gave what was missing. */
  async #round(caller: string, account: Account): Promise<boolean> {
    const { bucket, rate } = account;
    const others = this.#peers?.others() ?? [];
    const needed = missing(account);
    // A little more than is needed now, so that a steady stream asks some fifty times a second, not each time.
    const aheadMs = RATE_PEERS_LOOK_MS / 5;
    const ahead = (rate.requests * aheadMs) / (rate.perMs * (others.length + 1));
    const plea: Plea = { caller, rate, wanted: needed + ahead };
    let given = 0;
    const asked = others.map(async ({ boot }) => {
      const lent = await this.#peers?.ask(boot, CHANNEL, plea).catch(() => 0);
      if (typeof lent !== "number" || !(lent > 0)) return;
      given += lent;
      // Late answers count as well (L1).
      bucket.tokens = Math.min(rate.burst + plea.wanted, bucket.tokens + lent);
    });
    await this.#within(RATE_BORROW_MS, Promise.all(asked));
    return given >= needed;
  }

  /** The refusal; the others are left alone until about half of what is missing has come in. */
  #limited(account: Account): Limited {
    const { bucket, rate } = account;
    const missingMs = waitMs(Math.max(0, 1 - bucket.tokens), rate);
    const pauseMs = Math.min(RATE_PAUSE_MS_MAX, Math.max(RATE_PAUSE_MS_MIN, missingMs / 2));
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= account.pausedUntilMs) account.pausedUntilMs = nowMs + pauseMs;
    return { rate, retryAfterMs: missingMs };
  }

  /** What another gateway gets of a caller's bucket here. */
  #lend(body: unknown): number {
    const plea = readPlea(body);
    if (plea === undefined) return 0;
    const account = this.#account(plea.caller, plea.rate);
    return account.waiting === null ? lend(account.bucket, plea.wanted) : 0;
  }

  /** Resolves with `work`, or after `ms`. */
  #within(ms: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, resolve);
      work.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}

/** Tokens that those who wait lack. */
function missing({ waiting, bucket }: Account): number {
  return Math.max(0, (waiting ?? []).length - bucket.tokens);
}

/** Serves those who wait, the first first, as far as there are tokens. */
function serve({ waiting, bucket }: Account): void {
  while (waiting !== null && waiting.length > 0 && take(bucket, 1)) waiting.shift()?.(null);
}

/** Nodes of one cluster trust each other; this finds what another version would ask for. */
function readPlea(body: unknown): Plea | undefined {
  const { caller, rate, wanted } = (body ?? {}) as Partial<Plea>;
  const { requests, perMs, burst } = rate ?? {};
  const sound = [requests, perMs, burst].every((one) => typeof one === "number" && one > 0);
  if (typeof caller !== "string" || typeof wanted !== "number" || !(wanted >= 0) || !sound) {
    return undefined;
  }
  return { caller, rate: rate as Rate, wanted };
}
