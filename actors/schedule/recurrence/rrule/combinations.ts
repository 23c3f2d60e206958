/**
 * Combinations: which parts of a rule go together.
 *
 * The RFC's "N/A" and "MUST NOT" are refused, and so is what could never match and is a mistake
 * therefore: the sixth Monday of a month.  Source: RFC 5545 § 3.3.10, table and notes; erratum 3779.
 * @module
 */
import { type Frequency, RruleError, type RruleParts, WEEKDAYS } from "./parts.ts";

/** Most of one weekday that a month can have. */
const WEEKDAYS_PER_MONTH_MAX = 5;
const NO_YEAR_DAYS: ReadonlySet<Frequency> = new Set<Frequency>(["DAILY", "WEEKLY", "MONTHLY"]);

/** Throws {@link RruleError} for parts that do not go together. */
export function checkCombination(parts: RruleParts): void {
  const { FREQ } = parts;
  if (parts.COUNT !== null && parts.UNTIL !== null) {
    throw new RruleError("COUNT and UNTIL exclude each other: write one of them");
  }
  if (parts.BYWEEKNO !== null && FREQ !== "YEARLY") {
    throw new RruleError(`BYWEEKNO needs FREQ=YEARLY, not ${FREQ}: it numbers the weeks of a year`);
  }
  if (parts.BYYEARDAY !== null && NO_YEAR_DAYS.has(FREQ)) {
    throw new RruleError(
      `BYYEARDAY does not go with FREQ=${FREQ}: write FREQ=YEARLY, or BYMONTH with BYMONTHDAY`,
    );
  }
  if (parts.BYMONTHDAY !== null && FREQ === "WEEKLY") {
    throw new RruleError("BYMONTHDAY does not go with FREQ=WEEKLY: write FREQ=MONTHLY or DAILY");
  }
  checkOrdinals(parts);
  if (parts.BYSETPOS !== null && !hasOtherList(parts)) {
    throw new RruleError("BYSETPOS needs another BY… part, of whose set it chooses");
  }
}

/** Numbers before the weekdays of BYDAY count within a month or a year. */
function checkOrdinals(parts: RruleParts): void {
  const numbered = parts.BYDAY?.filter(({ ordinal }) => ordinal !== 0) ?? [];
  const [first] = numbered;
  if (first === undefined) return;
  const written = `BYDAY=${first.ordinal}${WEEKDAYS[first.weekday]}`;
  if (parts.FREQ !== "MONTHLY" && parts.FREQ !== "YEARLY") {
    throw new RruleError(
      `${written} needs FREQ=MONTHLY or YEARLY, not ${parts.FREQ}: leave the number out`,
    );
  }
  if (parts.BYWEEKNO !== null) {
    throw new RruleError(`${written} does not go with BYWEEKNO: a week has each weekday once`);
  }
  const never = numbered.find(({ ordinal }) => Math.abs(ordinal) > WEEKDAYS_PER_MONTH_MAX);
  if (never === undefined || (parts.FREQ === "YEARLY" && parts.BYMONTH === null)) return;
  throw new RruleError(
    `BYDAY=${never.ordinal}${WEEKDAYS[never.weekday]} counts within a month here, ` +
      `which has a weekday at most ${WEEKDAYS_PER_MONTH_MAX} times`,
  );
}

function hasOtherList(parts: RruleParts): boolean {
  const { BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, BYSECOND } = parts;
  return [BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, BYSECOND]
    .some((list) => list !== null);
}
