/**
 * Recurrence rules against a second reading of the RFC, which knows no shortcuts: it goes through
 * every second of a window, keeps those that satisfy all parts, gathers them by period, and chooses.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRrule } from "./rrule.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
const SHORT = ["SECONDLY", "MINUTELY", "HOURLY"];
type Parts = Readonly<Record<string, readonly string[]>> & { readonly FREQ: readonly [string] };

/** Window that is gone through, in days. */
const WINDOW_DAYS: Readonly<Record<string, number>> = {
  SECONDLY: 10,
  MINUTELY: 30,
  HOURLY: 200,
  DAILY: 500,
  WEEKLY: 900,
  MONTHLY: 1_500,
  YEARLY: 3_000,
};
/** So many are enough: the window of a rule that matches often ends there, with a whole hour. */
const OCCURRENCES_ENOUGH = 1_000;

function textOf(parts: Parts): string {
  return Object.entries(parts).map(([name, values]) => `${name}=${values.join(",")}`).join(";");
}

const list = (min: number, max: number, longest = 4) =>
  fc.array(fc.integer({ min, max }).map(String), { minLength: 1, maxLength: longest });
const signed = (min: number, max: number, longest = 4) =>
  fc.array(
    fc.tuple(fc.constantFrom("", "+", "-"), fc.integer({ min, max })).map(([a, b]) => `${a}${b}`),
    { minLength: 1, maxLength: longest },
  );

/** Rules of one frequency that go together. Most parts are absent, or little would match. */
function partsOf(frequency: string): fc.Arbitrary<Parts> {
  const counts = frequency === "MONTHLY" || frequency === "YEARLY";
  const weekday = (count: fc.Arbitrary<string>) =>
    fc.tuple(count, fc.constantFrom(...DAYS)).map(([number, day]) => number + day);
  const plain = fc.array(weekday(fc.constant("")), { minLength: 1, maxLength: 4 });
  const counted = fc.array(
    weekday(fc.constantFrom("", "1", "-1", "2", "-2", "+3", "5", "-5")),
    { minLength: 1, maxLength: 4 },
  );
  // Longer than a day as well, and such as do not divide it.
  const longest = frequency === "YEARLY" ? 3 : 40;
  const interval = SHORT.includes(frequency)
    ? fc.oneof(fc.integer({ min: 1, max: longest }), fc.integer({ min: 1, max: 100_000 }))
    : fc.integer({ min: 1, max: longest });
  const few = <T>(values: fc.Arbitrary<T>, when = true): fc.Arbitrary<T | undefined> =>
    fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, {
      weight: when ? 1 : 0,
      arbitrary: values,
    });
  return fc.record({
    INTERVAL: few(interval.map((n) => [`${n}`])),
    WKST: few(fc.constantFrom(...DAYS).map((day) => [day])),
    BYMONTH: few(list(1, 12, 6)),
    BYWEEKNO: few(signed(1, 53), frequency === "YEARLY"),
    BYYEARDAY: few(signed(1, 366, 60), frequency === "YEARLY" || SHORT.includes(frequency)),
    BYMONTHDAY: few(signed(1, 31, 12), frequency !== "WEEKLY"),
    BYDAY: few(counts ? fc.oneof(plain, counted) : plain),
    BYHOUR: few(list(0, 23)),
    BYMINUTE: few(list(0, 59)),
    BYSECOND: few(list(0, 59)),
    BYSETPOS: few(signed(1, 5)),
  }).map((all): Parts => {
    const present = Object.entries(all).flatMap(([name, values]) =>
      values === undefined ? [] : [[name, values] as const]
    );
    return { ...Object.fromEntries(present), FREQ: [frequency] };
  }).filter((parts) => {
    const numbered = parts.BYDAY?.some((day) => day.length > 2) ?? false;
    const others = Object.keys(parts).filter((name) => name.startsWith("BY")).length - 1;
    return !(numbered && parts.BYWEEKNO) && !(parts.BYSETPOS && others === 0);
  });
}

const starts = fc.integer({ min: Date.UTC(2026, 0, 1) / 1000, max: Date.UTC(2033, 0, 1) / 1000 })
  .map((second) => second * 1_000);

class SecondReading {
  readonly #parts: Parts;
  readonly #start: Date;
  readonly #weekStart: number;

  constructor(parts: Parts, startMs: number) {
    this.#parts = parts;
    this.#start = new Date(startMs);
    this.#weekStart = DAYS.indexOf(parts.WKST?.[0] ?? "MO");
  }

  /** Every occurrence from DTSTART to `endMs`, in order, and where the window really ended. */
  until(endMs: number): { readonly occurrences: readonly number[]; readonly endMs: number } {
    const startMs = this.#start.getTime();
    const short = SHORT.includes(this.#parts.FREQ[0]);
    // Whole periods: hours, or a year and some days of a week of it.
    const [firstMs, lastMs] = short
      ? [Math.floor(startMs / HOUR_MS) * HOUR_MS, Math.ceil(endMs / HOUR_MS) * HOUR_MS - 1]
      : [startMs - 375 * DAY_MS, endMs + 375 * DAY_MS];
    const startPeriod = this.#period(startMs);
    const byPeriod = new Map<number, number[]>();
    let hour = 0;
    for (const ms of this.#candidates(firstMs, lastMs)) {
      const enough = short && byPeriod.size > OCCURRENCES_ENOUGH;
      if (enough && Math.floor(ms / HOUR_MS) !== hour) {
        endMs = Math.min(endMs, (hour + 1) * HOUR_MS - 1);
        break;
      }
      hour = Math.floor(ms / HOUR_MS);
      const period = this.#period(ms);
      if ((period - startPeriod) % Number(this.#parts.INTERVAL?.[0] ?? 1) !== 0) continue;
      const together = byPeriod.get(period) ?? [];
      byPeriod.set(period, together);
      together.push(ms);
    }
    const occurrences = [...byPeriod.values()].flatMap((set) => this.#choose(set))
      .filter((ms) => ms >= startMs && ms <= endMs);
    return { occurrences, endMs };
  }

  *#candidates(firstMs: number, lastMs: number): Generator<number> {
    for (let day = Math.floor(firstMs / DAY_MS); day * DAY_MS <= lastMs; day++) {
      if (!this.#hasDay(new Date(day * DAY_MS))) continue;
      for (const timeMs of this.#times()) {
        const ms = day * DAY_MS + timeMs;
        if (ms >= firstMs && ms <= lastMs) yield ms;
      }
    }
  }

  #choose(set: readonly number[]): number[] {
    const positions = this.#parts.BYSETPOS?.map(Number);
    if (positions === undefined) return [...set];
    return set.filter((_, at) => positions.includes(at + 1) || positions.includes(at - set.length));
  }

  #cache: number[] | undefined;
  #times(): readonly number[] {
    if (this.#cache) return this.#cache;
    const { FREQ: [frequency], BYHOUR, BYMINUTE, BYSECOND } = this.#parts;
    const allows =
      (all: boolean, written: readonly string[] | undefined, start: number) => (value: number) =>
        written?.map(Number).includes(value) ?? (all || value === start);
    const hour = allows(SHORT.includes(frequency), BYHOUR, this.#start.getUTCHours());
    const minute = allows(
      frequency === "MINUTELY" || frequency === "SECONDLY",
      BYMINUTE,
      this.#start.getUTCMinutes(),
    );
    const second = allows(frequency === "SECONDLY", BYSECOND, this.#start.getUTCSeconds());
    this.#cache = [];
    for (let time = 0; time < 86_400; time++) {
      if (!hour(Math.floor(time / 3_600))) continue;
      if (minute(Math.floor(time / 60) % 60) && second(time % 60)) this.#cache.push(time * 1_000);
    }
    return this.#cache;
  }

  /** A number for the period of a moment; neighbours differ by 1. */
  #period(ms: number): number {
    const date = new Date(ms);
    switch (this.#parts.FREQ[0]) {
      case "SECONDLY":
        return Math.floor(ms / 1_000);
      case "MINUTELY":
        return Math.floor(ms / 60_000);
      case "HOURLY":
        return Math.floor(ms / 3_600_000);
      case "DAILY":
        return Math.floor(ms / DAY_MS);
      case "WEEKLY":
        return Math.floor(this.#weekFirst(date) / 7);
      case "MONTHLY":
        return date.getUTCFullYear() * 12 + date.getUTCMonth();
      default:
        return this.#parts.BYWEEKNO ? this.#weekYear(date) : date.getUTCFullYear();
    }
  }

  /** Day number of the week's first day. */
  #weekFirst(date: Date): number {
    let day = Math.floor(date.getTime() / DAY_MS);
    while (new Date(day * DAY_MS).getUTCDay() !== this.#weekStart) day--;
    return day;
  }

  #weekYear(date: Date): number {
    return new Date((this.#weekFirst(date) + 3) * DAY_MS).getUTCFullYear();
  }

  #hasDay(date: Date): boolean {
    const { FREQ: [frequency], BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY } = this.#parts;
    const start = this.#start;
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    const yearFirst = Date.UTC(year, 0, 1);
    const yearLength = (Date.UTC(year + 1, 0, 1) - yearFirst) / DAY_MS;
    const monthLength = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    const yearDay = Math.floor((date.getTime() - yearFirst) / DAY_MS) + 1;
    const has = (values: readonly string[], one: number, count: number) =>
      values.some((value) => Number(value) === one || Number(value) === one - count - 1);
    const named = BYYEARDAY ?? BYMONTHDAY ?? BYDAY;
    if (BYMONTH && !BYMONTH.map(Number).includes(month + 1)) return false;
    if (BYYEARDAY && !has(BYYEARDAY, yearDay, yearLength)) return false;
    if (BYMONTHDAY && !has(BYMONTHDAY, date.getUTCDate(), monthLength)) return false;
    if (BYDAY && !BYDAY.some((day) => this.#hasWeekday(date, day))) return false;
    if (BYWEEKNO && !this.#hasWeekNumber(date, BYWEEKNO)) return false;
    if (named) return true;
    if (frequency === "WEEKLY" || BYWEEKNO) return date.getUTCDay() === start.getUTCDay();
    if (frequency !== "MONTHLY" && frequency !== "YEARLY") return true;
    if (frequency === "YEARLY" && !BYMONTH && month !== start.getUTCMonth()) return false;
    return date.getUTCDate() === start.getUTCDate();
  }

  /** Counts the same weekdays of the month or year, this one included, from both ends. */
  #hasWeekday(date: Date, text: string): boolean {
    if (DAYS[date.getUTCDay()] !== text.slice(-2)) return false;
    const number = Number(text.slice(0, -2));
    if (number === 0) return true;
    const inYear = this.#parts.FREQ[0] === "YEARLY" && !this.#parts.BYMONTH;
    const same = (ms: number) => {
      const other = new Date(ms);
      return other.getUTCFullYear() === date.getUTCFullYear() &&
        (inYear || other.getUTCMonth() === date.getUTCMonth());
    };
    const stepMs = number > 0 ? -7 * DAY_MS : 7 * DAY_MS;
    let count = 0;
    for (let ms = date.getTime(); same(ms); ms += stepMs) count++;
    return count === Math.abs(number);
  }

  /** Counts the weeks of the week's year, this one included, from both ends. */
  #hasWeekNumber(date: Date, values: readonly string[]): boolean {
    const year = this.#weekYear(date);
    const count = (stepDays: number) => {
      let weeks = 0;
      for (
        let ms = date.getTime();
        this.#weekYear(new Date(ms)) === year;
        ms += stepDays * DAY_MS
      ) {
        weeks++;
      }
      return weeks;
    };
    const [before, behind] = [count(-7), count(7)];
    return values.some((value) => Number(value) === before || Number(value) === -behind);
  }
}

const options = (startLocalMs: number) => ({ startLocalMs, untilLocalMsOf: (ms: number) => ms });

for (const [frequency, days] of Object.entries(WINDOW_DAYS)) {
  Deno.test(`after() finds what every second of a window is judged to be, ${frequency}`, () => {
    const probe = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(partsOf(frequency), starts, fc.array(probe), (parts, startMs, probes) => {
        const window = new SecondReading(parts, startMs).until(startMs + days * DAY_MS);
        const { occurrences: wanted, endMs } = window;
        const rule = parseRrule(textOf(parts), options(startMs));
        const found: number[] = [];
        let next = rule.after(-Infinity);
        while (next !== null && next <= endMs && found.length < 500) {
          found.push(next);
          next = rule.after(next);
        }
        assert.deepEqual(found, wanted.slice(0, 500));
        for (const part of probes) {
          const at = startMs + Math.floor(part * (endMs - startMs));
          const later = rule.after(at);
          const first = wanted.find((ms) => ms > at);
          if (first !== undefined) assert.equal(later, first);
          else assert.ok(later === null || later > endMs);
        }
      }),
      { numRuns: 60 },
    );
  });
}

Deno.test("after() is strictly after, and never goes back, wherever it starts", () => {
  const anyParts = fc.constantFrom(...Object.keys(WINDOW_DAYS)).chain(partsOf);
  const moment = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2210, 0, 1) });
  fc.assert(
    fc.property(anyParts, starts, fc.tuple(moment, moment), (parts, startMs, moments) => {
      const [earlier, later] = moments.sort((a, b) => a - b) as [number, number];
      const rule = parseRrule(textOf(parts), options(startMs));
      const [first, second] = [rule.after(earlier), rule.after(later)];
      if (first !== null) assert.ok(first > earlier && first >= startMs && first % 1_000 === 0);
      if (second !== null) assert.ok(first !== null && first <= second);
      if (first !== null && first > later) assert.equal(second, first);
      assert.equal(rule.after(earlier), first);
    }),
    { numRuns: 300 },
  );
});

Deno.test("COUNT and UNTIL cut a rule off after its first occurrences", () => {
  const anyParts = fc.constantFrom(...Object.keys(WINDOW_DAYS)).chain(partsOf);
  fc.assert(
    fc.property(anyParts, starts, fc.integer({ min: 1, max: 20 }), (parts, startMs, count) => {
      const take = (text: string) => {
        const rule = parseRrule(text, options(startMs));
        const found: number[] = [];
        for (let next = rule.after(-Infinity); next !== null && found.length <= count;) {
          found.push(next);
          next = rule.after(next);
        }
        return found;
      };
      const all = take(textOf(parts)).slice(0, count);
      assert.deepEqual(take(`${textOf(parts)};COUNT=${count}`), all);
      const last = all.at(-1);
      if (last === undefined) return;
      const until = new Date(last).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
      assert.deepEqual(take(`${textOf(parts)};UNTIL=${until}`), all);
      assert.deepEqual(take(`${textOf(parts)};UNTIL=${until}Z`), all);
    }),
    { numRuns: 300 },
  );
});
