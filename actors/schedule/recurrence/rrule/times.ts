/**
 * ClockTimes: a set of times of day, as hours × minutes × seconds.
 *
 * Intuition: every hour of the list with every minute with every second. The product is never
 * written out: up to 86,400 times cost three short lists, and a table for each of what comes next.
 *
 * Invariants: C1. Times are seconds since midnight, in order; the lists are sorted and not empty.
 * @module
 */

/** What a set of times is made of (C1). */
export interface ClockFields {
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
}

/** The set. Immutable. */
export class ClockTimes {
  readonly #fields: ClockFields;
  /** How many times it holds. */
  readonly size: number;
  readonly #nextHour: Int8Array;
  readonly #nextMinute: Int8Array;
  readonly #nextSecond: Int8Array;
  /** The earliest second of a minute, and moment of an hour, s. */
  readonly #minuteFirst: number;
  readonly #hourFirst: number;

  constructor(fields: ClockFields) {
    this.#fields = fields;
    this.size = fields.hours.length * fields.minutes.length * fields.seconds.length;
    this.#nextHour = nextTable(fields.hours, 24);
    this.#nextMinute = nextTable(fields.minutes, 60);
    this.#nextSecond = nextTable(fields.seconds, 60);
    this.#minuteFirst = fields.seconds[0] ?? 0;
    this.#hourFirst = (fields.minutes[0] ?? 0) * 60 + this.#minuteFirst;
  }

  /** The `index`-th time, from 0 to {@link size} - 1, s. */
  at(index: number): number {
    const { hours, minutes, seconds } = this.#fields;
    const minuteIndex = Math.floor(index / seconds.length);
    const hour = hours[Math.floor(minuteIndex / minutes.length)] ?? 0;
    const minute = minutes[minuteIndex % minutes.length] ?? 0;
    return (hour * 60 + minute) * 60 + (seconds[index % seconds.length] ?? 0);
  }

  /** The first time at or after `time` (0 to 86,400 s), -1 when there is none. Cost: O(1). */
  from(time: number): number {
    const hour = Math.floor(time / 3_600);
    if (this.#nextHour[hour] === hour) {
      const minute = Math.floor(time / 60) % 60;
      if (this.#nextMinute[minute] === minute) {
        const second = this.#nextSecond[time % 60] ?? -1;
        if (second >= 0) return (hour * 60 + minute) * 60 + second;
      }
      const later = this.#nextMinute[minute + 1] ?? -1;
      if (later >= 0) return (hour * 60 + later) * 60 + this.#minuteFirst;
    }
    const later = this.#nextHour[hour + 1] ?? -1;
    return later < 0 ? -1 : later * 3_600 + this.#hourFirst;
  }
}

/** For every value below `end`, the first of `sorted` that is not less; -1 for none. */
function nextTable(sorted: readonly number[], end: number): Int8Array {
  const table = new Int8Array(end).fill(-1);
  let from = 0;
  for (const value of sorted) {
    table.fill(value, from, value + 1);
    from = value + 1;
  }
  return table;
}
