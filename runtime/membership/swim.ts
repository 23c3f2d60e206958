/**
 * Swim: who is in the cluster, as one node knows it; what it asks, answers, believes and passes on.
 *
 * Intuition: each node probes one other at a time, and what it finds travels as gossip on the messages that
 * flow anyway. An accusation is only a suspicion: the accused hears of it and contradicts it with a higher
 * incarnation. Whole views are exchanged now and then, also with the dead, so that nothing stays lost.
 *
 * States of this node: present → leaving (intent told) → left (lingers) → gone.
 * Invariants:
 *   N3. Only a tick passes verdicts: a node that stood still hears first what came meanwhile, and gives
 *       back the time it lost.
 *   N4. Cost: O(1) per message and period, beside suspicions under way; O(members) per exchange of views.
 * Not here: sockets, timers, names of seeds (membership_driver.ts).
 * Source: SWIM (Das, Gupta, Motivala 2002), Lifeguard (Dadgar, Phillips, Currey 2017), memberlist.
 * @module
 */
import { unreachable } from "../fault.ts";
import type { BootId } from "../ids.ts";
import {
  GOSSIP_FANOUT_MAX,
  LEAVE_INTENT_MS,
  LEAVE_LINGER_MS,
  PROBE_EVERY_MS,
  RECONNECT_EVERY_MS,
  STALL_MIN_MS,
  SYNC_EVERY_MS,
  SYNC_FIRST_MS,
} from "../limits.ts";
import { accusation, Herald, including } from "./gossip/herald.ts";
import { LocalHealth } from "./probing/local_health.ts";
import type { Address, Load, MemberRecord, Metadata, SwimMessage } from "./messages.ts";
import { OwnMember, type SwimIdentity } from "./own_member.ts";
import { type ProbeDeed, Probing } from "./probing/probing.ts";
import { isLaterBoot, isLive, type ShownState, shownState } from "./record.ts";
import { type Member, Roster } from "./roster.ts";
import type { MemberView, SwimCounts, SwimEffect, SwimEvent } from "./swim_events.ts";

/** The number of pings that ask suspects to speak up: no probe waits for their answer. */
const SEQ_ASKED = 0;

/** The membership of one node. */
export class Swim {
  readonly #own: OwnMember;
  readonly #chance: () => number;
  readonly #health = new LocalHealth();
  readonly #roster: Roster;
  readonly #herald: Herald;
  readonly #probing: Probing;
  readonly #counts: Omit<SwimCounts, "refused">;
  #effects: SwimEffect[] = [];
  #nowMs: number;
  #nextTickMs: number;
  #syncAtMs: number;
  /** The pause after the next exchange of views: it doubles until it is the usual one. */
  #syncEveryMs = SYNC_FIRST_MS;
  #reconnectAtMs: number;
  /** When the next step of leaving is due, ms; Infinity unless leaving. */
  #leaveAtMs = Infinity;
  #gone = false;
  #aloneSinceMs: number;
  /** The later boot of our name that was reported. */
  #rival: BootId | null = null;

  /** `chance` draws from [0, 1), `nowMs` is monotonic, as all times of events are. */
  constructor(identity: SwimIdentity, chance: () => number, nowMs: number) {
    this.#own = new OwnMember(identity);
    this.#chance = chance;
    this.#nowMs = this.#aloneSinceMs = this.#nextTickMs = nowMs;
    this.#roster = new Roster(() => this.#own.record, chance, {
      changed: (member, from, to) => this.#changed(member, from, to),
      updated: (member) =>
        this.#effects.push({ kind: "updated", member: viewOf(member.record, member.load) }),
      news: (record) => this.#herald.tell(record, this.#nowMs),
    });
    this.#herald = new Herald(identity.boot, () => this.#roster.size, nowMs);
    // Nodes that start together must not probe, or exchange views, in step.
    this.#probing = new Probing(this.#health, this.#roster.live, nowMs + chance() * PROBE_EVERY_MS);
    this.#syncAtMs = nowMs + (1 + chance()) * SYNC_FIRST_MS;
    this.#reconnectAtMs = nowMs + chance() * RECONNECT_EVERY_MS;
    this.#counts = { misdirected: 0, probes: 0, probesFailed: 0, refuted: 0, stalls: 0 };
  }

  /** When the next tick is due, ms; Infinity when this node is gone. */
  get nextTickMs(): number {
    return this.#nextTickMs;
  }

  /** This node as others should see it. */
  get self(): MemberView {
    return viewOf(this.#own.record, this.#herald.load);
  }

  /** 0 (well) to `LOCAL_HEALTH_MAX`. */
  get localHealth(): number {
    return this.#health.score;
  }

  /** What happened so far. */
  get counts(): SwimCounts {
    return { ...this.#counts, refused: this.#roster.refused };
  }

  /** Live members but this node: alive, draining and suspect ones. */
  get others(): number {
    return this.#roster.live.size;
  }

  /** Everyone known, this node first, the dead and departed included. Cost: O(members). */
  members(): MemberView[] {
    const views = [this.self];
    for (const { record, load } of this.#roster.all()) views.push(viewOf(record, load));
    return views;
  }

  /** What is known of all others. */
  *peers(): Iterable<MemberRecord> {
    for (const { record } of this.#roster.all()) yield record;
  }

  /** For how long no other member was live, ms; 0 while one is. */
  aloneForMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#aloneSinceMs);
  }

  /** Handles one event; a clock that goes back counts as one that stands still. */
  step(event: SwimEvent, nowMs: number): SwimEffect[] {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    if (!this.#gone) this.#handle(event);
    this.#nextTickMs = this.#gone ? Infinity : Math.max(this.#nowMs, this.#soonestMs());
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #handle(event: SwimEvent): void {
    switch (event.kind) {
      case "tick":
        return this.#tick();
      case "received":
        return this.#received(event.message, event.from);
      case "join":
        for (const address of event.addresses) this.#sync(address, { ask: true });
        return;
      case "described":
        return this.#describe(event.meta);
      case "loaded":
        return this.#herald.loaded(event.load);
      case "heard":
        return this.#roster.heard(event.boot, this.#nowMs);
      case "stalled":
        return this.#stalled(event.ms);
      case "leave":
        return this.#leave();
      default:
        unreachable(event);
    }
  }

  #tick(): void {
    const lateMs = this.#nowMs - this.#nextTickMs;
    if (lateMs > STALL_MIN_MS) this.#stalled(lateMs);
    const nowMs = this.#nowMs;
    for (const deed of this.#probing.tick(nowMs)) this.#probe(deed);
    this.#roster.expire(nowMs);
    for (const { record, again } of this.#roster.suspectsToAsk(nowMs)) {
      const { boot, meta } = record;
      this.#ping(boot, { address: meta.peer, seq: SEQ_ASKED });
      if (again) this.#askHelpers(record, this.#probing.helpersFor(boot), SEQ_ASKED);
    }
    this.#exchange();
    if (this.#leaveAtMs <= nowMs) this.#leaveOn();
    if (this.#herald.tick(nowMs)) this.#gossip();
  }

  /** Nobody is judged for the time in which this node could not listen (N3). */
  #stalled(ms: number): void {
    this.#counts.stalls++;
    this.#health.note(Math.ceil(ms / PROBE_EVERY_MS));
    this.#probing.shift(ms);
    this.#roster.shift(ms);
  }

  #soonestMs(): number {
    const { live } = this.#roster;
    return Math.min(
      this.#probing.nextTickMs(),
      this.#roster.nextExpiryMs(),
      this.#leaveAtMs,
      live.size > 0 ? Math.min(this.#herald.nextTickMs(), this.#syncAtMs) : Infinity,
      this.#roster.hasTombs ? this.#reconnectAtMs : Infinity,
    );
  }

  #probe(deed: ProbeDeed): void {
    if (deed.kind === "nack") {
      const { to, seq } = deed;
      return this.#send(to, { kind: "nack", seq, ...this.#herald.parcel() });
    }
    const { target } = deed;
    const member = this.#roster.get(target);
    if (member === undefined) return;
    switch (deed.kind) {
      case "ping":
        this.#counts.probes++;
        return this.#ping(target, { address: member.record.meta.peer, seq: deed.seq });
      case "ask":
        return this.#askHelpers(member.record, deed.helpers, deed.seq);
      case "failed":
        this.#counts.probesFailed++;
        if (!this.#roster.excuse(target, deed.sinceMs)) this.#roster.accuse(target, this.#nowMs);
        return;
      default:
        unreachable(deed);
    }
  }

  /** A suspect is told so on its ping: that parcel accuses it. */
  #ping(target: BootId, { address, seq }: { address: Address; seq: number }): void {
    const parcel = this.#herald.parcel(this.#roster.get(target)?.record);
    this.#send(address, { kind: "ping", seq, target, ...parcel });
  }

  /** Helpers hear what is said of the target, so that it hears of it and can contradict through them. */
  #askHelpers(target: MemberRecord, helpers: readonly BootId[], seq: number): void {
    const wanted = { seq, target: target.boot, address: target.meta.peer };
    for (const helper of helpers) {
      const to = this.#roster.get(helper)?.record;
      if (to === undefined) continue;
      const parcel = including(this.#herald.parcel(to), accusation(target));
      this.#send(to.meta.peer, { kind: "ping-req", ...wanted, ...parcel });
    }
  }

  #received(message: SwimMessage, from: Address): void {
    const { boot } = this.#own.record;
    if (message.from === boot) return;
    if (message.kind === "ping" && message.target !== boot) {
      this.#counts.misdirected++;
      return;
    }
    for (const record of message.updates) this.#learn(record);
    this.#askContested(message.from);
    for (const report of message.loads) {
      if (this.#roster.note(report)) this.#herald.tellLoad(report);
    }
    switch (message.kind) {
      case "ping":
        return this.#ack(from, message);
      case "ping-req": {
        const { target, address, seq } = message;
        const relayed = this.#probing.relay({ target, to: from, seq }, this.#nowMs);
        if (relayed !== undefined) this.#ping(target, { address, seq: relayed });
        return;
      }
      case "ack":
        return this.#acked(message);
      case "nack":
        return this.#nacked(message);
      case "gossip":
        return;
      case "sync":
        if (message.ask) this.#sync(from, { ask: false });
        return;
      default:
        unreachable(message);
    }
  }

  /** Whoever accuses us is contradicted by the answer itself; whoever we accuse hears of it. */
  #ack(to: Address, { seq, from, updates }: Extract<SwimMessage, { kind: "ping" }>): void {
    const parcel = this.#herald.parcel(this.#roster.get(from)?.record);
    const own = this.#own.record;
    const isAccused = updates.some(({ boot, status }) => boot === own.boot && status !== "alive");
    this.#send(to, { kind: "ack", seq, ...including(parcel, isAccused ? own : undefined) });
  }

  #acked({ seq, from }: { readonly seq: number; readonly from: BootId }): void {
    if (seq === SEQ_ASKED) return;
    const answered = this.#probing.acked(seq, from);
    if (answered.kind === "own") this.#roster.answered(answered.target);
    else if (answered.kind === "nothing") this.#counts.misdirected++;
    else {
      // With what the target answered, which may have been a contradiction.
      const parcel = including(this.#herald.parcel(), this.#roster.get(from)?.record);
      this.#send(answered.to, { kind: "ack", seq: answered.seq, ...parcel });
    }
  }

  #nacked({ seq, from }: { readonly seq: number; readonly from: BootId }): void {
    if (seq === SEQ_ASKED) return;
    if (!this.#probing.nacked(seq, from)) this.#counts.misdirected++;
  }

  #learn(record: MemberRecord): void {
    const { boot, name } = this.#own.record;
    if (record.boot === boot) {
      if (!this.#own.contradicts(record, this.#roster.latest(name)?.record)) return;
      this.#counts.refuted++;
      this.#health.note(1);
      return this.#herald.tell(this.#own.record, this.#nowMs);
    }
    this.#roster.merge(record, this.#nowMs);
    if (record.status === "alive") this.#askContested(record.boot);
    if (record.name === name) this.#regard(this.#roster.get(record.boot)?.record ?? record);
  }

  /** Whoever is alive for others and dead here is told so on a ping, and contradicts. */
  #askContested(boot: BootId): void {
    const dead = this.#roster.contested(boot, this.#nowMs);
    if (dead !== undefined) this.#ping(boot, { address: dead.meta.peer, seq: SEQ_ASKED });
  }

  /** Another boot of this node's own name. */
  #regard(rival: MemberRecord): void {
    if (this.#own.outlives(rival)) return this.#herald.tell(this.#own.record, this.#nowMs);
    if (!isLive(rival) || !isLaterBoot(rival, this.#own.record)) return;
    if (rival.boot === this.#rival) return;
    this.#rival = rival.boot;
    this.#effects.push({ kind: "superseded", by: viewOf(rival, null) });
  }

  #changed({ record, load }: Member, from: ShownState | null, to: ShownState | null): void {
    if (this.#roster.live.size > 0) this.#aloneSinceMs = Infinity;
    else if (this.#aloneSinceMs === Infinity) this.#aloneSinceMs = this.#nowMs;
    this.#effects.push({ kind: "changed", member: viewOf(record, load), from, to });
    if (record.name === this.#own.record.name) this.#regard(record);
  }

  #describe(patch: Partial<Metadata>): void {
    if (this.#own.describe(patch)) this.#herald.tell(this.#own.record, this.#nowMs);
  }

  #leave(): void {
    if (this.#leaveAtMs !== Infinity) return;
    this.#describe({ draining: true, leaving: true });
    this.#leaveAtMs = this.#nowMs + LEAVE_INTENT_MS;
  }

  /** From leaving to left, and from left to gone. */
  #leaveOn(): void {
    if (this.#own.record.status === "left" || this.others === 0) {
      this.#gone = true;
      this.#effects.push({ kind: "gone" });
      return;
    }
    this.#own.left();
    this.#leaveAtMs = this.#nowMs + LEAVE_LINGER_MS;
    this.#probing.rest();
    this.#herald.tell(this.#own.record, this.#nowMs);
  }

  #gossip(): void {
    const boots = this.#roster.live.sample(GOSSIP_FANOUT_MAX, () => true);
    for (const boot of boots) {
      const record = this.#roster.get(boot)?.record;
      if (record === undefined || !this.#herald.hasNews) continue;
      const parcel = this.#herald.parcel(record);
      this.#send(record.meta.peer, { kind: "gossip", ...parcel });
    }
    this.#herald.roundDone(this.#nowMs);
  }

  /** Exchanges the whole view with a random member, and now and then with a dead one. */
  #exchange(): void {
    const nowMs = this.#nowMs;
    const { live, hasTombs } = this.#roster;
    if (live.size > 0 && this.#syncAtMs <= nowMs) {
      this.#syncAtMs = nowMs + this.#syncEveryMs;
      this.#syncEveryMs = Math.min(SYNC_EVERY_MS, 2 * this.#syncEveryMs);
      for (const boot of live.sample(1, () => true)) this.#syncWith(this.#roster.get(boot));
    }
    if (hasTombs && this.#reconnectAtMs <= nowMs) {
      this.#reconnectAtMs = nowMs + RECONNECT_EVERY_MS;
      this.#syncWith(this.#roster.randomDead(this.#chance));
    }
  }

  #syncWith(member: Member | undefined): void {
    if (member !== undefined) this.#sync(member.record.meta.peer, { ask: true });
  }

  #sync(to: Address, { ask }: { readonly ask: boolean }): void {
    const { load, loadVersion } = this.#herald;
    const view = [{ record: this.#own.record, load, loadVersion }, ...this.#roster.all()];
    for (const part of this.#herald.viewParts(view, ask)) this.#send(to, part);
  }

  #send(to: Address, message: SwimMessage): void {
    this.#effects.push({ kind: "send", to, message });
  }
}

function viewOf(record: MemberRecord, load: Load | null): MemberView {
  const { name, boot, incarnation, meta } = record;
  return { name, boot, state: shownState(record), incarnation, meta, load };
}
