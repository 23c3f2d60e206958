/**
 * PermitBook: which limits this node's jobs have to keep to with those of other nodes, and what it may use of them.
 *
 * Intuition: whoever starts jobs asks at every start and cannot wait: the book answers at once from what the node
 * holds. What is missing is claimed from limiters afterwards, all that one of them has to hear in one claim, and one
 * claim at a time.
 *
 * A gate: at rest (until `claimAtMs`) → due to claim → asking → at rest.
 * Invariants: PG1–PG3, HS1, HS2, and PB1. A job is let in if its queue and its key have room for it, or neither is
 * used. PB2. A limiter has at most one claim of this node under way; each has a later turn than those before.
 * PB3. The book remembers no key that has neither permits nor wishes; at most `PERMIT_GATES_MAX` gates.
 * Not here: the way to limiters, and timers (permits_driver.ts).
 * @module
 */
import type { ActorId } from "../../../runtime/ids.ts";
import {
  CLAIM_GATES_MAX,
  PERMIT_DEMAND_MS,
  PERMIT_GATES_MAX,
  PERMIT_IDLE_WANTED_MS,
  PERMIT_TRUST_MS,
} from "../../../runtime/limits.ts";
import { lineOfLane } from "../../../runtime/snapshot.ts";
import type { Room } from "../../../runtime/wakeups/gate.ts";
import { HeldPermits } from "./held_permits.ts";
import { HeldStarts } from "./held_starts.ts";
import { limiterId } from "../ids.ts";
import { type GateLimits, isLimited, type QueueLimits, type Refusal } from "../limits.ts";
import type { GateClaim, GateGrant } from "../messages.ts";

/** The limits of a queue that are shared among nodes, and the version of the settings that they are of. */
export interface SharedLimits extends QueueLimits {
  readonly queue: string;
  readonly version: number;
}

/** A claim to be sent. */
export interface Claim {
  readonly limiter: ActorId;
  readonly queue: string;
  readonly turn: number;
  readonly version: number;
  readonly limits: GateLimits;
  readonly gates: readonly GateClaim[];
}

interface Gate {
  /** The line, or the key's lane. */
  readonly name: string;
  readonly line: string;
  readonly limiter: ActorId;
  /** The key; empty: the queue itself. */
  readonly key: string;
  readonly permits: HeldPermits | null;
  readonly starts: HeldStarts | null;
  claimAtMs: number;
  refusal: { readonly why: Refusal; readonly atMs: number } | null;
}

/** Permits wished for at first, of a queue and of a key. */
const FIRST_WISH = { queue: 8, key: 2 } as const;

/** The book of one node. All times are of its monotonic clock. */
export class PermitBook {
  readonly #lines = new Map<string, SharedLimits>();
  readonly #gates = new Map<string, Gate>();
  /** Gates that are to claim now. */
  readonly #due = new Set<Gate>();
  /** Gates of the claim under way, by limiter (PB2). */
  readonly #asking = new Map<ActorId, readonly Gate[]>();
  /** Lanes and lines that wait for the moment of a start. */
  readonly #wakes = new Map<string, number>();
  #turn = 0;
  #trustedMs = -Infinity;

  /** `taken`: attempts under way here, of a line or of a key's lane. */
  constructor(private readonly taken: (name: string) => number) {}

  /** Tells whether a line's jobs need to be let in. */
  isShared(line: string): boolean {
    return this.#lines.has(line);
  }

  /** What a line has to keep to from now on; null: nothing. What is held is held on. */
  limit(line: string, limits: SharedLimits | null, nowMs: number): void {
    if (limits !== null && (isLimited(limits) || isLimited(limits.perKey))) {
      this.#lines.set(line, limits);
    } else this.#lines.delete(line);
    for (const gate of [...this.#gates.values()]) {
      if (gate.line !== line) continue;
      const { concurrency = null, rate = null } = limitsOf(gate.key, limits) ?? {};
      const same = (concurrency === null) === (gate.permits === null) &&
        (rate === null) === (gate.starts === null);
      if (same) this.#claimBy(gate, nowMs, nowMs);
      else this.#forget(gate);
    }
  }

  /** Lets a job of this lane in, if there is room for it (PB1). */
  admit(lane: string, nowMs: number): Room {
    const line = lineOfLane(lane);
    const limits = this.#lines.get(line);
    if (limits === undefined) return "held";
    this.#distrust(nowMs);
    const queue = isLimited(limits) ? this.#gate(line, limits) : null;
    const key = line !== lane && isLimited(limits.perKey) ? this.#gate(lane, limits) : null;
    if (queue === undefined || (queue && this.#refuses(queue, nowMs))) return "no-line";
    if (key === undefined || (key && this.#refuses(key, nowMs))) return "no-lane";
    for (const gate of [queue, key]) {
      gate?.permits?.admitted(this.taken(gate.name) + 1);
      gate?.starts?.admitted();
    }
    return "held";
  }

  /** A job that was let in did not start after all. */
  returned(lane: string, nowMs: number): void {
    for (const gate of this.#gatesOf(lane)) gate.starts?.returned(nowMs);
    this.freed(lane, nowMs);
  }

  /** A job that was let in does not count any more. */
  freed(lane: string, nowMs: number): void {
    for (const gate of this.#gatesOf(lane)) this.#look(gate, nowMs);
  }

  /** Why jobs of this lane have been waiting lately; null: not for a limit. */
  refusalOf(lane: string, nowMs: number): Refusal | null {
    for (const { refusal } of this.#gatesOf(lane)) {
      if (refusal !== null && nowMs - refusal.atMs < PERMIT_DEMAND_MS) return refusal.why;
    }
    return null;
  }

  /** Looks at everything: what is not needed is given back. `trusted`: this node trusts its session. */
  review(nowMs: number, { trusted }: { trusted: boolean }): void {
    if (trusted) {
      this.#distrust(nowMs);
      this.#trustedMs = nowMs;
    }
    for (const gate of [...this.#gates.values()]) {
      const idle = (gate.permits?.isIdle ?? true) && (gate.starts?.isIdle ?? true);
      if (idle && !this.#due.has(gate) && !this.#isAsking(gate)) this.#forget(gate);
      else this.#look(gate, nowMs);
      if (gate.claimAtMs <= nowMs) this.#due.add(gate);
    }
  }

  /** A limiter has something to say about these gates of a queue, or asks what this node has of them. */
  called(line: string, keys: readonly string[], nowMs: number): void {
    const limits = this.#lines.get(line);
    if (limits === undefined) return;
    for (const key of keys) {
      const gate = this.#gate(key === "" ? line : `${line}/${key}`, limits);
      if (gate) this.#claimBy(gate, nowMs, nowMs);
    }
  }

  /** The claims to be sent now (PB2). Each must be followed by `answered` or `failed`. */
  claims(nowMs: number): Claim[] {
    const byLimiter = new Map<ActorId, Gate[]>();
    for (const gate of this.#due) {
      if (this.#asking.has(gate.limiter)) continue;
      const gates = byLimiter.get(gate.limiter) ?? [];
      byLimiter.set(gate.limiter, gates);
      if (gates.length < CLAIM_GATES_MAX) gates.push(gate);
    }
    return [...byLimiter].map(([limiter, gates]) => this.#claim(limiter, gates, nowMs));
  }

  /** What a limiter granted; the names of lines and lanes that may have room now. */
  answered(limiter: ActorId, grants: readonly GateGrant[], nowMs: number): string[] {
    const gates = this.#asking.get(limiter) ?? [];
    this.#asking.delete(limiter);
    const byKey = new Map(grants.map((grant) => [grant.gate, grant]));
    const opened: string[] = [];
    for (const gate of gates) {
      const grant = byKey.get(gate.key);
      if (grant === undefined || this.#gates.get(gate.name) !== gate) continue;
      const more = [gate.permits?.granted(grant), gate.starts?.granted(grant, nowMs)];
      if (more.includes(true)) opened.push(gate.name);
      this.#look(gate, nowMs);
    }
    return opened;
  }

  /** No answer came to the claim. */
  failed(limiter: ActorId, nowMs: number): void {
    const gates = this.#asking.get(limiter) ?? [];
    this.#asking.delete(limiter);
    for (const gate of gates) {
      if (this.#gates.get(gate.name) !== gate) continue;
      this.#claimBy(gate, nowMs + PERMIT_IDLE_WANTED_MS, nowMs);
    }
  }

  /** The names of lines and lanes whose moment has come. */
  woken(nowMs: number): string[] {
    const names = [...this.#wakes].filter(([, atMs]) => atMs <= nowMs).map(([name]) => name);
    for (const name of names) this.#wakes.delete(name);
    return names;
  }

  /** True when there is a claim to be sent. */
  get hasClaims(): boolean {
    for (const { limiter } of this.#due) if (!this.#asking.has(limiter)) return true;
    return false;
  }

  /** When `woken` has something to tell next, ms; Infinity: not before somebody is refused. */
  get wakeAtMs(): number {
    return Math.min(Infinity, ...this.#wakes.values());
  }

  /** Gates known. */
  get size(): number {
    return this.#gates.size;
  }

  #refuses(gate: Gate, nowMs: number): boolean {
    const { permits, starts } = gate;
    if (permits && !permits.hasRoom({ taken: this.taken(gate.name), nowMs })) {
      this.#refused(gate, "concurrency", { claimAtMs: permits.refused(nowMs), nowMs });
      return true;
    }
    if (starts === null || starts.hasRoom(nowMs)) return false;
    this.#refused(gate, "rate", { claimAtMs: starts.refused(nowMs), nowMs });
    if (starts.nextMs < Infinity) this.#wakes.set(gate.name, starts.nextMs);
    return true;
  }

  /** What is claimed already, its answer says when to claim again. */
  #refused(
    gate: Gate,
    why: Refusal,
    { claimAtMs, nowMs }: { readonly claimAtMs: number; readonly nowMs: number },
  ): void {
    gate.refusal = { why, atMs: nowMs };
    if (!this.#isAsking(gate)) this.#claimBy(gate, claimAtMs, nowMs);
  }

  #look(gate: Gate, nowMs: number): void {
    const permits = gate.permits?.review({ taken: this.taken(gate.name), nowMs }) ?? Infinity;
    this.#claimBy(gate, Math.min(permits, gate.starts?.review(nowMs) ?? Infinity), nowMs);
    const next = gate.starts?.nextMs ?? Infinity;
    if (next < Infinity && gate.refusal?.why === "rate") this.#wakes.set(gate.name, next);
  }

  #claimBy(gate: Gate, atMs: number, nowMs: number): void {
    gate.claimAtMs = Math.min(gate.claimAtMs, atMs);
    if (gate.claimAtMs <= nowMs) this.#due.add(gate);
  }

  #claim(limiter: ActorId, gates: readonly Gate[], nowMs: number): Claim {
    const limits = this.#lines.get(gates[0]!.line)!;
    const { concurrency, rate } = gates[0]!.key === "" ? limits : limits.perKey;
    this.#asking.set(limiter, gates);
    return {
      limiter,
      queue: limits.queue,
      turn: ++this.#turn,
      version: limits.version,
      limits: { concurrency, rate },
      gates: gates.map((gate) => {
        gate.claimAtMs = Infinity;
        this.#due.delete(gate);
        const now = { taken: this.taken(gate.name), nowMs };
        return {
          gate: gate.key,
          ...gate.permits?.claim(now) ?? { keep: 0, want: 0 },
          ...gate.starts?.claim(nowMs) ?? { starts: 0, unused: [] },
        };
      }),
    };
  }

  /** The gate of a line or a lane; undefined when there are too many (PB3). */
  #gate(name: string, limits: SharedLimits): Gate | undefined {
    const known = this.#gates.get(name);
    if (known !== undefined) return known;
    if (this.#gates.size >= PERMIT_GATES_MAX) return undefined;
    const line = lineOfLane(name);
    const isQueue = line === name;
    const key = isQueue ? "" : name.slice(line.length + 1);
    const { concurrency, rate } = limitsOf(key, limits)!;
    const gate: Gate = {
      name,
      line,
      limiter: limiterId(limits.queue, isQueue ? null : key),
      key,
      permits: concurrency === null
        ? null
        : new HeldPermits(isQueue ? FIRST_WISH.queue : FIRST_WISH.key),
      starts: rate === null ? null : new HeldStarts(),
      claimAtMs: Infinity,
      refusal: null,
    };
    this.#gates.set(name, gate);
    return gate;
  }

  #gatesOf(lane: string): Gate[] {
    const line = lineOfLane(lane);
    const names = line === lane ? [line] : [line, lane];
    return names.flatMap((name) => this.#gates.get(name) ?? []);
  }

  #isAsking(gate: Gate): boolean {
    return this.#asking.get(gate.limiter)?.includes(gate) === true;
  }

  #forget(gate: Gate): void {
    this.#gates.delete(gate.name);
    this.#due.delete(gate);
    this.#wakes.delete(gate.name);
  }

  /** A node that did not trust itself for a while may have lost all it held (PG2). */
  #distrust(nowMs: number): void {
    if (nowMs - this.#trustedMs <= PERMIT_TRUST_MS) return;
    this.#trustedMs = nowMs;
    for (const gate of this.#gates.values()) {
      gate.permits?.suspend();
      gate.starts?.suspend();
      this.#claimBy(gate, nowMs, nowMs);
    }
  }
}

function limitsOf(key: string, limits: SharedLimits | null): GateLimits | undefined {
  return key === "" ? limits ?? undefined : limits?.perKey;
}
