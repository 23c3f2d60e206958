/**
 * ClockTimes: a set of times of day, as hours × minutes × seconds.
 *
 * Intuition: every hour of the list with every minute with every second. The product is never
 * written out: up to 86,400 times cost three short lists.
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
  /** The earliest minute and second within an hour, s. */
  readonly #hourFirst: number;

  constructor(fields: ClockFields) {
    this.#fields = fields;
    this.size = fields.hours.length * fields.minutes.length * fields.seconds.length;
    this.#hourFirst = (fields.minutes[0] ?? 0) * 60 + (fields.seconds[0] ?? 0);
  }

  /** The `index`-th time, from 0 to {@link size} - 1, s. */
  at(index: number): number {
    const { hours, minutes, seconds } = this.#fields;
    const minuteIndex = Math.floor(index / seconds.length);
    const hour = hours[Math.floor(minuteIndex / minutes.length)] ?? 0;
    const minute = minutes[minuteIndex % minutes.length] ?? 0;
    return (hour * 60 + minute) * 60 + (seconds[index % seconds.length] ?? 0);
  }

  /** The first time at or after `time` (s), -1 when there is none. Cost: the length of the lists. */
  from(time: number): number {
    const { hours, minutes, seconds } = this.#fields;
    const hour = Math.floor(time / 3_600);
    if (hours.includes(hour)) {
      const minute = Math.floor(time / 60) % 60;
      const second = minutes.includes(minute) ? firstFrom(seconds, time % 60) : -1;
      if (second >= 0) return (hour * 60 + minute) * 60 + second;
      const later = firstFrom(minutes, minute + 1);
      if (later >= 0) return (hour * 60 + later) * 60 + (seconds[0] ?? 0);
    }
    const later = firstFrom(hours, hour + 1);
    return later < 0 ? -1 : later * 3_600 + this.#hourFirst;
  }
}

function firstFrom(sorted: readonly number[], min: number): number {
  for (const value of sorted) if (value >= min) return value;
  return -1;
}
