/**
 * Probing: whom this node asks whether it is there, whom it asks for help, and whom it helps.
 *
 * Intuition: one probe at a time. First directly; after a while through helpers, who say `nack` when
 * they get no answer either, so that silence from all of them shows that the fault is here. The
 * verdict comes at the end of the period, and with it the next probe.
 *
 * States: idle → direct (sent) → indirect (helpers asked) → idle; an answer settles it at any time.
 * Invariants:
 *   P1. A probe ends with exactly one verdict, unless this node loses interest in its target.
 *   P2. Only the target, or a helper that was asked, can answer a probe.
 *   P3. At most `PROBE_RELAYS_MAX` probes are made for others; each ends by itself.
 * Source: SWIM §3.1, §4.3; nacks from Lifeguard §IV.A.
 * @module
 */
import type { BootId } from "../../ids.ts";
import {
  NACK_AFTER_MS,
  PROBE_EVERY_MS,
  PROBE_HELPERS_MAX,
  PROBE_RELAYS_MAX,
  PROBE_TIMEOUT_MS,
} from "../../limits.ts";
import type { LocalHealth } from "./local_health.ts";
import type { Address } from "../messages.ts";
import type { ProbeList } from "./probe_list.ts";

/** What probing wants done. */
export type ProbeDeed =
  | { readonly kind: "ping"; readonly target: BootId; readonly seq: number }
  /** Ask each of `helpers` to ping `target`. */
  | {
    readonly kind: "ask";
    readonly target: BootId;
    readonly seq: number;
    readonly helpers: readonly BootId[];
  }
  /** Tell the node at `to` that its target has not answered so far. */
  | { readonly kind: "nack"; readonly to: Address; readonly seq: number }
  /** The target did not answer the probe that began at `sinceMs`. */
  | { readonly kind: "failed"; readonly target: BootId; readonly sinceMs: number };

/** What an answer settled: a probe of our own, one made for the node at `to`, or nothing. */
export type Answered =
  | { readonly kind: "own"; readonly target: BootId }
  | { readonly kind: "relay"; readonly to: Address; readonly seq: number }
  | { readonly kind: "nothing" };

interface Probe {
  readonly target: BootId;
  readonly seq: number;
  readonly beganMs: number;
  /** When helpers are asked. */
  askAtMs: number;
  /** Those asked, and whether they said `nack`; null until then. */
  helpers: Map<BootId, boolean> | null;
  answered: boolean;
}

interface Relay {
  readonly target: BootId;
  readonly to: Address;
  readonly seq: number;
  nackAtMs: number;
  nacked: boolean;
  endsAtMs: number;
}

const NOTHING: Answered = { kind: "nothing" };

/** The probes of one node. */
export class Probing {
  readonly #health: LocalHealth;
  readonly #live: ProbeList;
  #probe: Probe | null = null;
  /** Probes made for others, oldest first, by our own sequence number. */
  readonly #relays = new Map<number, Relay>();
  #seq = 0;
  /** When the probe under way ends and the next begins, ms. */
  #periodEndsMs: number;

  constructor(health: LocalHealth, live: ProbeList, firstMs: number) {
    this.#health = health;
    this.#live = live;
    this.#periodEndsMs = firstMs;
  }

  /** When `tick` has something to do next, ms. */
  nextTickMs(): number {
    let nextMs = this.#periodEndsMs;
    const probe = this.#probe;
    if (probe && !probe.answered && !probe.helpers) nextMs = Math.min(nextMs, probe.askAtMs);
    for (const { nacked, nackAtMs, endsAtMs } of this.#relays.values()) {
      nextMs = Math.min(nextMs, nacked ? endsAtMs : nackAtMs);
    }
    return nextMs;
  }

  /** Does what is due. Cost: O(probes made for others). */
  tick(nowMs: number): ProbeDeed[] {
    const deeds: ProbeDeed[] = [];
    for (const [seq, relay] of this.#relays) {
      if (!relay.nacked && relay.nackAtMs <= nowMs) {
        relay.nacked = true;
        deeds.push({ kind: "nack", to: relay.to, seq: relay.seq });
      }
      if (relay.endsAtMs <= nowMs) this.#relays.delete(seq);
    }
    if (this.#periodEndsMs <= nowMs) {
      this.#conclude(deeds);
      this.#begin(nowMs, deeds);
    } else {
      this.#askForHelp(nowMs, deeds);
    }
    return deeds;
  }

  /** An `ack` of `seq` came from `from` (P2). */
  acked(seq: number, from: BootId): Answered {
    const probe = this.#probe;
    if (probe?.seq === seq) {
      if (from !== probe.target && !probe.helpers?.has(from)) return NOTHING;
      if (!probe.answered) this.#health.note(-1);
      probe.answered = true;
      return { kind: "own", target: probe.target };
    }
    const relay = this.#relays.get(seq);
    if (relay === undefined || relay.target !== from) return NOTHING;
    this.#relays.delete(seq);
    return { kind: "relay", to: relay.to, seq: relay.seq };
  }

  /** A `nack` of `seq` came from `from`; false when it was not asked. */
  nacked(seq: number, from: BootId): boolean {
    const probe = this.#probe;
    if (probe?.seq !== seq || !probe.helpers?.has(from)) return false;
    probe.helpers.set(from, true);
    return true;
  }

  /** Somebody wants `target` to be pinged: the sequence number to do it under, or undefined when there is no room (P3). */
  relay(wanted: { target: BootId; to: Address; seq: number }, nowMs: number): number | undefined {
    if (this.#relays.size >= PROBE_RELAYS_MAX) return undefined;
    const times = { nackAtMs: nowMs + NACK_AFTER_MS, endsAtMs: nowMs + 2 * PROBE_EVERY_MS };
    this.#relays.set(++this.#seq, { ...wanted, ...times, nacked: false });
    return this.#seq;
  }

  /** Random members that can be asked to ping `target`. */
  helpersFor(target: BootId): BootId[] {
    return this.#live.sample(PROBE_HELPERS_MAX, (boot) => boot !== target);
  }

  /** This node stood still for `ms`: nobody had that time to answer. */
  shift(ms: number): void {
    if (this.#probe) this.#probe.askAtMs += ms;
    this.#periodEndsMs += ms;
  }

  /** Probes nobody any more, but goes on to answer and help. */
  rest(): void {
    this.#probe = null;
    this.#periodEndsMs = Infinity;
  }

  /** The verdict on the probe under way (P1). */
  #conclude(deeds: ProbeDeed[]): void {
    const probe = this.#probe;
    this.#probe = null;
    if (probe === null || probe.answered) return;
    const asked = [...probe.helpers?.values() ?? []];
    // Helpers that said nothing at all point at us, not at the target; without any, nobody vouches for us.
    this.#health.note(asked.length === 0 ? 1 : asked.filter((nacked) => !nacked).length);
    deeds.push({ kind: "failed", target: probe.target, sinceMs: probe.beganMs });
  }

  #begin(nowMs: number, deeds: ProbeDeed[]): void {
    this.#periodEndsMs = nowMs + this.#health.scale(PROBE_EVERY_MS);
    const target = this.#live.next();
    if (target === undefined) return;
    const askAtMs = nowMs + this.#health.scale(PROBE_TIMEOUT_MS);
    const seq = ++this.#seq;
    this.#probe = { target, seq, beganMs: nowMs, askAtMs, helpers: null, answered: false };
    deeds.push({ kind: "ping", target, seq });
  }

  #askForHelp(nowMs: number, deeds: ProbeDeed[]): void {
    const probe = this.#probe;
    if (probe === null || probe.answered || probe.helpers || probe.askAtMs > nowMs) return;
    const helpers = this.helpersFor(probe.target);
    probe.helpers = new Map(helpers.map((boot) => [boot, false]));
    const { target, seq } = probe;
    if (helpers.length > 0) deeds.push({ kind: "ask", target, seq, helpers });
  }
}
