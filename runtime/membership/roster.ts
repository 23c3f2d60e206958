/**
 * Roster: all other members that this node knows, and what becomes of those under suspicion.
 *
 * Intuition: accounts come in and are joined with what is known; whoever's shown state changes is
 * reported, whatever is new is news to be passed on. Only two things happen here that nobody told:
 * a suspicion that runs out makes a death, and a later boot of a name buries the earlier one.
 *
 * Invariants:
 *   M1. What is held of a member only ever rises in the order of `join`, until it is forgotten.
 *   M2. A member is dead only because its suspicion ran out here, or a later boot of its name is known.
 *   M3. The dead and departed are kept for `DEAD_KEPT_MS`, and what is said of those that are not known is not
 *       believed: the forgotten do not come back from nodes that still remember them as dead.
 *   M4. At most `MEMBERS_MAX` are held. The oldest dead one makes room; the living never do.
 *   M5. The probe list holds exactly the live ones; a suspicion exists exactly for suspects.
 * @module
 */
import type { BootId, NodeName } from "../ids.ts";
import { DEAD_KEPT_MS, HEARD_EXCUSES_MAX, MEMBERS_MAX, PROBE_EVERY_MS } from "../limits.ts";
import type { Load, LoadReport, MemberRecord } from "./messages.ts";
import { ProbeList } from "./probing/probe_list.ts";
import { isLaterBoot, isLive, join, secondHand, type ShownState, shownState } from "./record.ts";
import { Suspicion } from "./probing/suspicion.ts";

/** One other member. */
export interface Member {
  record: MemberRecord;
  load: Load | null;
  loadVersion: number;
  suspicion: Suspicion | null;
  /** When application traffic last came from it, ms. */
  heardAtMs: number;
  /** Failed probes in a row that such traffic excused. */
  excuses: number;
  /** When it was asked last because others think it alive and this node does not, ms. */
  contestedAtMs: number;
}

/** Whom the roster tells. */
export interface RosterSink {
  /** The shown state of a member changed; null: unknown before, forgotten after. */
  readonly changed: (member: Member, from: ShownState | null, to: ShownState | null) => void;
  /** A member tells something new of itself. */
  readonly updated: (member: Member) => void;
  /** This is new here, and so worth passing on. */
  readonly news: (record: MemberRecord) => void;
}

/** The other members. */
export class Roster {
  /** The live ones (M5). */
  readonly live: ProbeList;
  readonly #own: () => MemberRecord;
  readonly #sink: RosterSink;
  readonly #members = new Map<BootId, Member>();
  /** The latest boot of each other name. */
  readonly #latest = new Map<NodeName, BootId>();
  readonly #suspects = new Set<Member>();
  /** When the dead and departed became so, oldest first (M3, M4). */
  readonly #tombs = new Map<BootId, number>();
  #refused = 0;

  /** `own` gives this node's record as it is now. */
  constructor(own: () => MemberRecord, chance: () => number, sink: RosterSink) {
    this.#own = own;
    this.live = new ProbeList(chance);
    this.#sink = sink;
  }

  /** Newcomers that found no room (M4). */
  get refused(): number {
    return this.#refused;
  }

  /** The cluster's size: live members and this node. */
  get size(): number {
    return this.live.size + 1;
  }

  /** Everyone known, dead ones included, this node not. */
  all(): IterableIterator<Member> {
    return this.#members.values();
  }

  /** The member of that boot. */
  get(boot: BootId): Member | undefined {
    return this.#members.get(boot);
  }

  /** Joins an account of another member that came from another node (M1, C2). Cost: O(1). */
  merge(told: MemberRecord, nowMs: number): void {
    const member = this.#members.get(told.boot);
    if (member === undefined) {
      this.#meet(told, nowMs);
    } else {
      const { suspicion } = member;
      const incoming = this.#isSuperseded(told) ? buried(told, this.#own().boot) : secondHand(told);
      const joined = join(member.record, incoming);
      if (joined !== member.record) this.#hold(member, joined, nowMs);
      if (suspicion !== null && member.suspicion === suspicion) this.#confirm(member, incoming);
    }
    this.#succeed(told.boot, nowMs);
  }

  /** A probe of `boot` failed: it is under suspicion from now on, if it was not, or the suspicion is confirmed. */
  accuse(boot: BootId, nowMs: number): void {
    const member = this.#members.get(boot);
    if (member === undefined || !isLive(member.record)) return;
    const accused: MemberRecord = { ...member.record, status: "suspect", by: this.#own().boot };
    if (member.suspicion === null) this.#hold(member, accused, nowMs);
    else this.#confirm(member, accused);
  }

  /** Ends suspicions that ran out (M2) and forgets the long dead (M3). Cost: O(suspects). */
  expire(nowMs: number): void {
    for (const member of this.#suspects) {
      if (member.suspicion === null || member.suspicion.endsAtMs > nowMs) continue;
      const status = member.record.meta.leaving ? "left" : "dead";
      this.#hold(member, { ...member.record, status, by: this.#own().boot }, nowMs);
    }
    for (const [boot, sinceMs] of this.#tombs) {
      if (sinceMs + DEAD_KEPT_MS > nowMs) break;
      this.#forget(boot);
    }
  }

  /** The suspects that this node should ask now by itself (U4); each counts as asked. Cost: O(suspects). */
  suspectsToAsk(nowMs: number): { readonly record: MemberRecord; readonly again: boolean }[] {
    const found = [];
    for (const { record, suspicion } of this.#suspects) {
      if (suspicion === null || suspicion.askAtMs > nowMs) continue;
      found.push({ record, again: suspicion.ask() });
    }
    return found;
  }

  /** When there is something to `expire` or someone to ask next, ms; Infinity: nothing. */
  nextExpiryMs(): number {
    let nextMs = Infinity;
    for (const { suspicion } of this.#suspects) {
      if (suspicion !== null) nextMs = Math.min(nextMs, suspicion.endsAtMs, suspicion.askAtMs);
    }
    for (const sinceMs of this.#tombs.values()) return Math.min(nextMs, sinceMs + DEAD_KEPT_MS);
    return nextMs;
  }

  /** This node stood still for `ms`: suspicions get that time back (U3). */
  shift(ms: number): void {
    for (const { suspicion } of this.#suspects) suspicion?.shift(ms);
  }

  /** The latest other boot of `name` that is known. */
  latest(name: NodeName): Member | undefined {
    const boot = this.#latest.get(name);
    return boot === undefined ? undefined : this.#members.get(boot);
  }

  /** Notes a load; true when it was news. */
  note({ boot, version, load }: LoadReport): boolean {
    const member = this.#members.get(boot);
    if (member === undefined || version <= member.loadVersion) return false;
    member.load = load;
    member.loadVersion = version;
    return true;
  }

  /** Application traffic came from `boot`. */
  heard(boot: BootId, nowMs: number): void {
    const member = this.#members.get(boot);
    if (member !== undefined) member.heardAtMs = nowMs;
  }

  /** It answered a probe. */
  answered(boot: BootId): void {
    const member = this.#members.get(boot);
    if (member !== undefined) member.excuses = 0;
  }

  /** Whether traffic since `sinceMs` excuses a failed probe: only so many in a row. Counts the excuse. */
  excuse(boot: BootId, sinceMs: number): boolean {
    const member = this.#members.get(boot);
    if (member === undefined || member.heardAtMs < sinceMs) return false;
    if (member.excuses >= HEARD_EXCUSES_MAX) return false;
    member.excuses++;
    return true;
  }

  /** A random member that is dead for this node, but may be alive; undefined when none was found. */
  randomDead(chance: () => number): Member | undefined {
    const boots = [...this.#tombs.keys()];
    const boot = boots[Math.floor(chance() * boots.length)];
    const member = boot === undefined ? undefined : this.#members.get(boot);
    if (member?.record.status !== "dead") return undefined;
    return this.#isSuperseded(member.record) ? undefined : member;
  }

  /**
   * The record of `boot`, if this node holds for dead whom others think alive: it should be asked, for neither
   * side's news says anything to the other. At most once per `PROBE_EVERY_MS`; it counts as asked.
   */
  contested(boot: BootId, nowMs: number): MemberRecord | undefined {
    const member = this.#members.get(boot);
    if (member?.record.status !== "dead" || this.#isSuperseded(member.record)) return undefined;
    if (nowMs - member.contestedAtMs < PROBE_EVERY_MS) return undefined;
    member.contestedAtMs = nowMs;
    return member.record;
  }

  /** True while some are remembered as dead or departed. */
  get hasTombs(): boolean {
    return this.#tombs.size > 0;
  }

  /** A member that was not known. */
  #meet(told: MemberRecord, nowMs: number): void {
    if (!isLive(told) || this.#isSuperseded(told)) return;
    if (!this.#makeRoom()) {
      this.#refused++;
      return;
    }
    const member: Member = {
      record: told,
      load: null,
      loadVersion: 0,
      suspicion: null,
      heardAtMs: -Infinity,
      excuses: 0,
      contestedAtMs: -Infinity,
    };
    this.#members.set(told.boot, member);
    this.#settle(member, null, nowMs);
    this.#sink.news(told);
  }

  /** Whether a later boot of the same name is known (M2). */
  #isSuperseded({ name, boot, bornMs }: MemberRecord): boolean {
    const own = this.#own();
    if (own.name === name && isLaterBoot(own, { boot, bornMs })) return true;
    const latest = this.latest(name)?.record;
    return latest !== undefined && latest.boot !== boot && isLaterBoot(latest, { boot, bornMs });
  }

  /** The latest boot of a name is the member: the one before it is dead (M2). */
  #succeed(boot: BootId, nowMs: number): void {
    const record = this.#members.get(boot)?.record;
    if (record === undefined || this.#isSuperseded(record)) return;
    const rival = this.latest(record.name);
    this.#latest.set(record.name, boot);
    if (rival === undefined || rival.record.boot === boot || !isLive(rival.record)) return;
    this.#hold(rival, buried(rival.record, this.#own().boot), nowMs);
  }

  /** Holds a new account of a member that was known, and tells what changed by it. */
  #hold(member: Member, record: MemberRecord, nowMs: number): void {
    const before = member.record;
    member.record = record;
    this.#settle(member, before, nowMs);
    this.#sink.news(record);
  }

  /** Brings suspicion, probe list and tombs in line with the record (M5), and reports the change. */
  #settle(member: Member, before: MemberRecord | null, nowMs: number): void {
    const { record } = member;
    const wasLive = before !== null && isLive(before);
    if (isLive(record)) {
      this.#tombs.delete(record.boot);
      if (!wasLive) this.live.insert(record.boot);
    } else if (wasLive) {
      this.#tombs.set(record.boot, nowMs);
      this.live.remove(record.boot);
    }
    const isNewSuspicion = before?.status !== "suspect" || before.incarnation < record.incarnation;
    if (record.status !== "suspect") this.#clear(member);
    else if (isNewSuspicion) {
      const start = { nowMs, members: this.size };
      member.suspicion = new Suspicion(record.boot, record.by, start);
      this.#suspects.add(member);
    }
    const from = before === null ? null : shownState(before);
    const to = shownState(record);
    if (from !== to) this.#sink.changed(member, from, to);
    else if (before !== null && before.metaVersion < record.metaVersion) this.#sink.updated(member);
  }

  #clear(member: Member): void {
    member.suspicion = null;
    this.#suspects.delete(member);
  }

  /** An accusation of the incarnation that is under suspicion already. */
  #confirm(member: Member, told: MemberRecord): void {
    const { record, suspicion } = member;
    if (told.status !== "suspect" || told.incarnation !== record.incarnation) return;
    if (suspicion?.confirm(told.by)) this.#sink.news({ ...record, by: told.by });
  }

  #makeRoom(): boolean {
    // This node counts too.
    if (this.#members.size + 1 < MEMBERS_MAX) return true;
    for (const boot of this.#tombs.keys()) {
      this.#forget(boot);
      return true;
    }
    return false;
  }

  #forget(boot: BootId): void {
    this.#tombs.delete(boot);
    const member = this.#members.get(boot);
    if (member === undefined) return;
    this.#members.delete(boot);
    if (this.#latest.get(member.record.name) === boot) this.#latest.delete(member.record.name);
    this.#sink.changed(member, shownState(member.record), null);
  }
}

/** What becomes of any account of a boot that was replaced, unless it left. */
function buried(record: MemberRecord, by: BootId): MemberRecord {
  return record.status === "left" ? record : { ...record, status: "dead", by };
}
