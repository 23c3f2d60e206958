/**
 * PermitsDriver: runs the {@link PermitBook} on the real clock, and carries its claims to the limiters.
 *
 * Invariant: PD1. However a claim ends, its gates may claim again: the book is told. PD2. Without limits there is
 * no timer.
 * @module
 */
import type { ActorRef } from "../../../runtime/actor/behaviour.ts";
import type { Clock, Timer } from "../../../runtime/clock.ts";
import type { BootId } from "../../../runtime/ids.ts";
import { CLAIM_DEADLINE_MS, PERMIT_REVIEW_MS } from "../../../runtime/limits.ts";
import type { ActorSystem } from "../../../runtime/system/surface.ts";
import type { Room } from "../../../runtime/wakeups/gate.ts";
import type { Admission } from "../../dispatch/slots.ts";
import { draftOfLimiter, LIMITER_KIND } from "../codec.ts";
import type { Refusal } from "../limits.ts";
import type { LimiterMessage, LimiterReply } from "../messages.ts";
import { type Claim, PermitBook, type SharedLimits } from "./permit_book.ts";

/** What the driver needs of its node. */
export interface PermitsOptions {
  readonly clock: Clock;
  readonly boot: BootId;
  readonly system: Pick<ActorSystem, "create" | "ref">;
  /** Attempts under way here, of a line or of a key's lane. */
  readonly taken: (name: string) => number;
  /** True while this node trusts its session. */
  readonly trusted: () => boolean;
  /** There may be room in this line or lane. */
  readonly open: (name: string) => void;
}

/** A node's share of the limits that hold for all nodes together. */
export class PermitsDriver implements Admission {
  readonly #options: PermitsOptions;
  readonly #book: PermitBook;
  readonly #lines = new Set<string>();
  #review: Timer | null = null;
  #wake: { readonly timer: Timer; readonly atMs: number } | null = null;
  #flushing = false;
  #closed = false;

  constructor(options: PermitsOptions) {
    this.#options = options;
    this.#book = new PermitBook(options.taken);
  }

  /** What the jobs of a line have to keep to from now on; null: nothing. */
  limit(line: string, limits: SharedLimits | null): void {
    this.#book.limit(line, limits, this.#nowMs);
    if (this.#book.isShared(line)) this.#lines.add(line);
    else this.#lines.delete(line);
    if (this.#lines.size > 0 && this.#review === null) this.#reviewLater();
    this.#flushSoon();
  }

  admit(lane: string): Room {
    const room = this.#book.admit(lane, this.#nowMs);
    if (room !== "held") this.#flushSoon();
    return room;
  }

  returned(lane: string): void {
    this.#book.returned(lane, this.#nowMs);
    this.#flushSoon();
  }

  freed(lane: string): void {
    this.#book.freed(lane, this.#nowMs);
    this.#flushSoon();
  }

  /** Why jobs of this lane have been waiting lately; null: not for a limit. */
  refusalOf(lane: string): Refusal | null {
    return this.#book.refusalOf(lane, this.#nowMs);
  }

  /** A limiter has something to say, or asks what this node has. */
  called(line: string, keys: readonly string[]): void {
    this.#book.called(line, keys, this.#nowMs);
    this.#flushSoon();
  }

  /** Claims nothing more. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#review?.cancel();
    this.#wake?.timer.cancel();
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #flushSoon(): void {
    if (this.#flushing || this.#closed) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#closed) return;
    if (this.#book.hasClaims) {
      for (const claim of this.#book.claims(this.#nowMs)) void this.#send(claim);
    }
    this.#setWake();
  }

  async #send(claim: Claim): Promise<void> {
    const { limiter } = claim;
    let reply: LimiterReply | undefined;
    try {
      reply = await this.#ask(claim);
    } catch {
      // The store's own health is watched elsewhere; here it only matters to claim again (PD1).
    }
    if (reply?.kind !== "granted") this.#book.failed(limiter, this.#nowMs);
    else {
      const opened = this.#book.answered(limiter, reply.gates, this.#nowMs);
      for (const name of opened) this.#options.open(name);
    }
    this.#flush();
  }

  async #ask(
    { limiter, queue, turn, version, limits, gates }: Claim,
  ): Promise<LimiterReply | undefined> {
    const { boot, system, clock } = this.#options;
    const message: LimiterMessage = { kind: "claim", boot, turn, version, limits, gates };
    const ref: ActorRef<LimiterMessage, LimiterReply> = system.ref(LIMITER_KIND, limiter);
    const deadline = { deadlineMs: CLAIM_DEADLINE_MS };
    let outcome = await ref.ask(message, deadline);
    if (outcome.kind === "missing") {
      await system.create(draftOfLimiter(queue, { id: limiter, nowMs: clock.wallMs() }));
      outcome = await ref.ask(message, deadline);
    }
    return outcome.kind === "replied" ? outcome.reply : undefined;
  }

  #reviewLater(): void {
    this.#review = this.#options.clock.after(PERMIT_REVIEW_MS, () => {
      this.#review = null;
      if (this.#closed) return;
      this.#book.review(this.#nowMs, { trusted: this.#options.trusted() });
      this.#flush();
      if (this.#lines.size > 0 || this.#book.size > 0) this.#reviewLater();
    });
  }

  /** Wakes what waits for the moment of a start. */
  #setWake(): void {
    const atMs = this.#book.wakeAtMs;
    if (this.#wake !== null && this.#wake.atMs <= atMs) return;
    this.#wake?.timer.cancel();
    this.#wake = null;
    if (atMs === Infinity) return;
    const timer = this.#options.clock.after(Math.max(0, atMs - this.#nowMs), () => {
      this.#wake = null;
      for (const name of this.#book.woken(this.#nowMs)) this.#options.open(name);
      this.#setWake();
    });
    this.#wake = { timer, atMs };
  }
}
