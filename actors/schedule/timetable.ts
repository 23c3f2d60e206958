/**
 * Timetable: when each occurrence of one schedule is due, and when it is to be decided.
 *
 * Intuition: an occurrence has a nominal time, which names it. Its job is due later by the jitter, which
 * is a hash of schedule and nominal time: the same on every node and at every repetition. It is decided
 * when it is due, or at the next nominal time if that comes first, so that decisions keep the order.
 *
 * A rule that this node can't read (another version stored it, or another machine's time zones) has no
 * times here, and says so: nobody may take that for the end of the schedule.
 *
 * Invariants: T1. `decideAtMs` never falls from one occurrence to the next, and lies between nominal and due time.
 * T2. Due times depend on the schedule's id, its spec and the nominal time alone.
 * @module
 */
import type { Occurrence, Recurrence } from "./recurrence/occurrence.ts";

/** An occurrence with its times, ms. */
export interface TimedOccurrence extends Occurrence {
  readonly dueAtMs: number;
  readonly decideAtMs: number;
}

/** Which occurrences are asked for: after `fromMs`, and decided or nominally by `untilMs`. */
export interface DueRange {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly by?: "decision" | "nominal";
}

/** Occurrences decided at once: as many lines as a ledger holds. */
export const DUE_MAX = 1_000;
/** Occurrences looked at on one search for the latest ones. */
const VISITS_MAX = 4 * DUE_MAX;

/** The recurrence of rules that can't be read. */
const NEVER: Recurrence = { after: () => null };

/** The times of one schedule. */
export class Timetable {
  /** False: its rule can't be read here, and its times are not known. */
  readonly readable: boolean;
  readonly #recurrence: Recurrence;

  /** `recurrence` null: it can't be read. */
  constructor(
    recurrence: Recurrence | null,
    private readonly options: { readonly id: string; readonly jitterMs: number },
  ) {
    this.readable = recurrence !== null;
    this.#recurrence = recurrence ?? NEVER;
  }

  /** The first occurrence after `afterMs`, exclusive; null: none. Cost: two steps of the recurrence. */
  after(afterMs: number): TimedOccurrence | null {
    const occurrence = this.#recurrence.after(afterMs);
    return occurrence && this.#timed(occurrence, this.#recurrence.after(occurrence.atMs));
  }

  /**
   * The occurrences after `fromMs` that are to be decided by `untilMs`, or by `nominal` time lie before it, oldest
   * first. Where there are more than {@link DUE_MAX}, after a long outage, only the latest are told. Cost: at most
   * some ten thousand steps.
   */
  due(range: DueRange): readonly TimedOccurrence[] {
    const { fromMs, untilMs } = range;
    const first = this.#list(range, DUE_MAX + 1);
    if (first.length <= DUE_MAX) return first;
    let spanMs = (first.at(-1) as TimedOccurrence).atMs - fromMs;
    let list = this.#list({ ...range, fromMs: untilMs - spanMs }, VISITS_MAX);
    // Denser of late than in the beginning, or sparser.
    while (list.length === VISITS_MAX) {
      spanMs /= 4;
      list = this.#list({ ...range, fromMs: untilMs - spanMs }, VISITS_MAX);
    }
    while (list.length < DUE_MAX && untilMs - spanMs > fromMs) {
      spanMs *= 2;
      const from = Math.max(fromMs, untilMs - spanMs);
      const more = this.#list({ ...range, fromMs: from }, VISITS_MAX);
      if (more.length === VISITS_MAX) break;
      list = more;
    }
    return list.slice(-DUE_MAX);
  }

  #list({ fromMs, untilMs, by = "decision" }: DueRange, visits: number): TimedOccurrence[] {
    const list: TimedOccurrence[] = [];
    let occurrence = this.#recurrence.after(fromMs);
    while (occurrence !== null && list.length < visits && occurrence.atMs <= untilMs) {
      const next = this.#recurrence.after(occurrence.atMs);
      const timed = this.#timed(occurrence, next);
      if (by === "decision" && timed.decideAtMs > untilMs) break;
      list.push(timed);
      occurrence = next;
    }
    return list;
  }

  #timed(occurrence: Occurrence, next: Occurrence | null): TimedOccurrence {
    const { atMs, fires } = occurrence;
    const dueAtMs = fires ? atMs + this.#jitterOf(atMs) : atMs;
    return { ...occurrence, dueAtMs, decideAtMs: Math.min(dueAtMs, next?.atMs ?? Infinity) };
  }

  /** 0 to `jitterMs` (T2): FNV-1a, with one avalanche step. */
  #jitterOf(nominalAtMs: number): number {
    const { id, jitterMs } = this.options;
    if (jitterMs === 0) return 0;
    let hash = 0x811c9dc5;
    for (const character of `${id}@${nominalAtMs}`) {
      hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    return ((hash ^ (hash >>> 15)) >>> 0) % (jitterMs + 1);
  }
}
