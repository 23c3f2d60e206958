/**
 * TimeZone: the wall clock of one IANA zone, as stretches of constant offset from UTC.
 *
 * Intuition: the platform tells a zone's offset at an instant, and no more. Asked every few days, and
 * halved in between where the answer changes, that gives the stretches, and they give everything
 * else by addition. A local time is what a wall clock shows, as ms since the epoch read as UTC.
 *
 * Invariants:
 *   Z1. Every instant lies in one stretch; neighbours may have the same offset, because what is known
 *       of a zone is kept in pieces of about a year.
 *   Z2. A local time has one instant, none when the clock is put forward over it, two when it is put
 *       back over it.
 *   Z3. Two changes of one zone that cancel each other are more than three days apart, or they are
 *       not seen. Since 1970 the closest ones were seven days apart (America/Recife, 2000).
 *
 * Not here: what a schedule makes of gaps and overlaps (zoned.ts).
 * @module
 */
import { invariant } from "../../../runtime/fault.ts";
import { InvalidRuleError } from "./occurrence.ts";

/** A day of a wall clock, ms. */
export const DAY_MS = 86_400_000;
/** From probe to probe (Z3). */
const STEP_MS = 3 * DAY_MS;
/** What is found out, and kept, in one piece: about 0.4 ms of work. */
const PIECE_MS = 128 * STEP_MS;
/** Pieces kept per zone: some 67 years; a schedule asks for one or two. The oldest goes first. */
const PIECES_MAX = 64;
/** Zones kept, at some 100 µs and tens of KB each. The oldest goes first. */
const ZONES_MAX = 128;
/** No clock is farther from UTC, ms: the largest offset ever was 15:56 h. */
export const OFFSET_MS_MAX = DAY_MS;
/** What an offset looks like at the end of a formatted date; `GMT` alone is none. */
const OFFSET = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/** A span of time within which a zone's clock was not changed: `fromMs` to `toMs`, exclusive. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  /** Local time minus UTC, ms. */
  readonly offsetMs: number;
}

const zones = new Map<string, TimeZone>();

/** The zone of that name; the same object while it is kept. Throws InvalidRuleError for unknown names. */
export function timeZone(name: string): TimeZone {
  let zone = zones.get(name);
  if (zone !== undefined) return zone;
  zone = new TimeZone(name);
  dropOldest(zones, ZONES_MAX);
  zones.set(name, zone);
  return zone;
}

/** One zone. Instants and local times may lie in the years 1 to 9999. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;
  readonly #pieces = new Map<number, readonly Stretch[]>();

  constructor(name: string) {
    try {
      this.#format = new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        timeZoneName: "longOffset",
      });
    } catch {
      throw new InvalidRuleError(
        "timezone",
        `"${name.slice(0, 60)}" is no known time zone: give an IANA name such as Europe/Berlin`,
      );
    }
  }

  /** What the wall clock shows at `atMs`. */
  localOf(atMs: number): number {
    return atMs + this.stretchAt(atMs).offsetMs;
  }

  /** The instants at which the wall clock shows `localMs`, in order (Z2). */
  instantsOf(localMs: number): readonly number[] {
    const instants: number[] = [];
    let stretch = this.stretchAt(localMs - OFFSET_MS_MAX);
    for (;;) {
      const atMs = localMs - stretch.offsetMs;
      if (atMs >= stretch.fromMs && atMs < stretch.toMs) instants.push(atMs);
      if (stretch.toMs > localMs + OFFSET_MS_MAX) return instants;
      stretch = this.stretchAt(stretch.toMs);
    }
  }

  /** The stretch that `atMs` lies in (Z1). */
  stretchAt(atMs: number): Stretch {
    const piece = Math.floor(atMs / PIECE_MS);
    const stretches = this.#pieces.get(piece) ?? this.#survey(piece);
    const stretch = stretches.find(({ toMs }) => atMs < toMs);
    invariant(stretch !== undefined, "a piece has a stretch for each of its instants");
    return stretch;
  }

  #survey(piece: number): readonly Stretch[] {
    const stretches: Stretch[] = [];
    const endMs = (piece + 1) * PIECE_MS;
    let fromMs = piece * PIECE_MS;
    let offsetMs = this.#offsetAt(fromMs);
    for (let knownMs = fromMs; knownMs < endMs - 1;) {
      const probeMs = Math.min(knownMs + STEP_MS, endMs - 1);
      if (this.#offsetAt(probeMs) === offsetMs) {
        knownMs = probeMs;
      } else {
        const changeMs = this.#changeBetween(knownMs, probeMs);
        stretches.push({ fromMs, toMs: changeMs, offsetMs });
        offsetMs = this.#offsetAt(changeMs);
        knownMs = fromMs = changeMs;
      }
    }
    stretches.push({ fromMs, toMs: endMs, offsetMs });
    dropOldest(this.#pieces, PIECES_MAX);
    this.#pieces.set(piece, stretches);
    return stretches;
  }

  /** The first instant after `beforeMs` with another offset; `afterMs` has one. */
  #changeBetween(beforeMs: number, afterMs: number): number {
    const offsetMs = this.#offsetAt(beforeMs);
    while (afterMs - beforeMs > 1) {
      const middleMs = Math.floor((beforeMs + afterMs) / 2);
      if (this.#offsetAt(middleMs) === offsetMs) beforeMs = middleMs;
      else afterMs = middleMs;
    }
    return afterMs;
  }

  #offsetAt(atMs: number): number {
    const parts = OFFSET.exec(this.#format.format(atMs));
    invariant(parts !== null, "a date is formatted with its offset");
    const [, sign, hours = 0, minutes = 0, seconds = 0] = parts;
    const ms = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
    return sign === "-" ? -ms : ms;
  }
}

function dropOldest<K>(kept: Map<K, unknown>, max: number): void {
  if (kept.size < max) return;
  for (const oldest of kept.keys()) {
    kept.delete(oldest);
    return;
  }
}
