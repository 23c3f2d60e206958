/**
 * The examples of RFC 5545 § 3.8.5.3, one test each, in their order. They are in New York's time,
 * at 9:00 unless said otherwise; UNTIL is in UTC and falls into the time that is named here.
 */
import assert from "node:assert/strict";
import { parseRrule } from "./rrule.ts";

const MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"].concat(
  ["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
);
const HOUR_MS = 3_600_000;
const EDT_MS = -4 * HOUR_MS;
const EST_MS = -5 * HOUR_MS;

/** `1997 Sep 2,9 Oct 7-9 1998 Jan 1` as times at 9:00, written like 1997-09-02T09:00. */
function datesOf(text: string): string[] {
  const dates: string[] = [];
  let [year, month] = ["", ""];
  for (const word of text.split(" ")) {
    if (/^\d{4}$/.test(word)) year = word;
    else if (MONTH_NAMES.includes(word)) {
      month = `${MONTH_NAMES.indexOf(word) + 1}`.padStart(2, "0");
    } else {
      for (const part of word.split(",")) {
        const [first = 0, last = first] = part.split("-").map(Number);
        for (let day = first; day <= last; day++) {
          dates.push(`${year}-${month}-${`${day}`.padStart(2, "0")}T09:00`);
        }
      }
    }
  }
  return dates;
}

/** `from` and `occurrences` as in {@link datesOf}; a rule without `…` at the end of them is over then. */
function example(name: string, from: string, ...cases: readonly [string, string, number?][]): void {
  Deno.test(`RFC 5545: ${name}`, () => {
    for (const [rule, occurrences, offsetMs = EST_MS] of cases) {
      const dates = datesOf(occurrences.replace(" …", ""));
      check({
        rule,
        from: datesOf(from)[0] ?? "",
        dates,
        goesOn: occurrences.endsWith("…"),
        offsetMs,
      });
    }
  });
}

function check({ rule, from, dates, goesOn, offsetMs }: {
  readonly rule: string;
  readonly from: string;
  readonly dates: readonly string[];
  readonly goesOn: boolean;
  readonly offsetMs: number;
}): void {
  const local = parseRrule(rule, {
    startLocalMs: Date.parse(`${from}Z`),
    untilLocalMsOf: (utcMs) => utcMs + offsetMs,
  });
  const found: string[] = [];
  let next = local.after(-Infinity);
  while (next !== null && found.length < dates.length) {
    found.push(new Date(next).toISOString().slice(0, 16));
    next = local.after(next);
  }
  assert.deepEqual(found, dates, rule);
  assert.equal(next !== null, goesOn, `${rule} goes on`);
}

/** The same for times of one day. */
function timesExample(name: string, from: string, rule: string, occurrences: readonly string[]) {
  Deno.test(`RFC 5545: ${name}`, () => {
    check({ rule, from, dates: occurrences, goesOn: !/COUNT|UNTIL/.test(rule), offsetMs: EDT_MS });
  });
}

example("daily for 10 occurrences", "1997 Sep 2", ["FREQ=DAILY;COUNT=10", "1997 Sep 2-11"]);
example("daily until December 24, 1997", "1997 Sep 2", [
  "FREQ=DAILY;UNTIL=19971224T000000Z",
  "1997 Sep 2-30 Oct 1-31 Nov 1-30 Dec 1-23",
]);
example("every other day", "1997 Sep 2", [
  "FREQ=DAILY;INTERVAL=2",
  "1997 Sep 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 Oct 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 " +
  "Nov 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29 Dec 1,3 …",
]);
example("every 10 days, 5 occurrences", "1997 Sep 2", [
  "FREQ=DAILY;INTERVAL=10;COUNT=5",
  "1997 Sep 2,12,22 Oct 2,12",
]);
example(
  "every day in January, for 3 years",
  "1998 Jan 1",
  [
    "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
    "1998 Jan 1-31 1999 Jan 1-31 2000 Jan 1-31",
  ],
  [
    "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
    "1998 Jan 1-31 1999 Jan 1-31 2000 Jan 1-31",
  ],
);
example("weekly for 10 occurrences", "1997 Sep 2", [
  "FREQ=WEEKLY;COUNT=10",
  "1997 Sep 2,9,16,23,30 Oct 7,14,21,28 Nov 4",
]);
example("weekly until December 24, 1997", "1997 Sep 2", [
  "FREQ=WEEKLY;UNTIL=19971224T000000Z",
  "1997 Sep 2,9,16,23,30 Oct 7,14,21,28 Nov 4,11,18,25 Dec 2,9,16,23",
]);
example("every other week", "1997 Sep 2", [
  "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
  "1997 Sep 2,16,30 Oct 14,28 Nov 11,25 Dec 9,23 1998 Jan 6,20 Feb 3,17 …",
]);
example(
  "weekly on Tuesday and Thursday for five weeks",
  "1997 Sep 2",
  [
    "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
    "1997 Sep 2,4,9,11,16,18,23,25,30 Oct 2",
    EDT_MS,
  ],
  ["FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "1997 Sep 2,4,9,11,16,18,23,25,30 Oct 2"],
);
example("every other week on Monday, Wednesday and Friday until December 24", "1997 Sep 1", [
  "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
  "1997 Sep 1,3,5,15,17,19,29 Oct 1,3,13,15,17,27,29,31 Nov 10,12,14,24,26,28 Dec 8,10,12,22",
]);
example("every other week on Tuesday and Thursday, for 8 occurrences", "1997 Sep 2", [
  "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
  "1997 Sep 2,4,16,18,30 Oct 2,14,16",
]);
example("monthly on the first Friday for 10 occurrences", "1997 Sep 5", [
  "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
  "1997 Sep 5 Oct 3 Nov 7 Dec 5 1998 Jan 2 Feb 6 Mar 6 Apr 3 May 1 Jun 5",
]);
example("monthly on the first Friday until December 24, 1997", "1997 Sep 5", [
  "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
  "1997 Sep 5 Oct 3 Nov 7 Dec 5",
]);
example("every other month on the first and last Sunday for 10 occurrences", "1997 Sep 7", [
  "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
  "1997 Sep 7,28 Nov 2,30 1998 Jan 4,25 Mar 1,29 May 3,31",
]);
example("monthly on the second-to-last Monday for 6 months", "1997 Sep 22", [
  "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
  "1997 Sep 22 Oct 20 Nov 17 Dec 22 1998 Jan 19 Feb 16",
]);
example("monthly on the third-to-the-last day of the month", "1997 Sep 28", [
  "FREQ=MONTHLY;BYMONTHDAY=-3",
  "1997 Sep 28 Oct 29 Nov 28 Dec 29 1998 Jan 29 Feb 26 …",
]);
example("monthly on the 2nd and 15th for 10 occurrences", "1997 Sep 2", [
  "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
  "1997 Sep 2,15 Oct 2,15 Nov 2,15 Dec 2,15 1998 Jan 2,15",
]);
example("monthly on the first and last day for 10 occurrences", "1997 Sep 30", [
  "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
  "1997 Sep 30 Oct 1,31 Nov 1,30 Dec 1,31 1998 Jan 1,31 Feb 1",
]);
example("every 18 months on the 10th thru 15th for 10 occurrences", "1997 Sep 10", [
  "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
  "1997 Sep 10-15 1999 Mar 10-13",
]);
example("every Tuesday, every other month", "1997 Sep 2", [
  "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
  "1997 Sep 2,9,16,23,30 Nov 4,11,18,25 1998 Jan 6,13,20,27 Mar 3,10,17,24,31 …",
]);
example("yearly in June and July for 10 occurrences", "1997 Jun 10", [
  "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
  "1997 Jun 10 Jul 10 1998 Jun 10 Jul 10 1999 Jun 10 Jul 10 2000 Jun 10 Jul 10 2001 Jun 10 Jul 10",
]);
example("every other year on January, February and March for 10 occurrences", "1997 Mar 10", [
  "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
  "1997 Mar 10 1999 Jan 10 Feb 10 Mar 10 2001 Jan 10 Feb 10 Mar 10 2003 Jan 10 Feb 10 Mar 10",
]);
example("every third year on the 1st, 100th and 200th day for 10 occurrences", "1997 Jan 1", [
  "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
  "1997 Jan 1 Apr 10 Jul 19 2000 Jan 1 Apr 9 Jul 18 2003 Jan 1 Apr 10 Jul 19 2006 Jan 1",
]);
example("every 20th Monday of the year", "1997 May 19", [
  "FREQ=YEARLY;BYDAY=20MO",
  "1997 May 19 1998 May 18 1999 May 17 …",
]);
example("Monday of week number 20", "1997 May 12", [
  "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
  "1997 May 12 1998 May 11 1999 May 17 …",
]);
example("every Thursday in March", "1997 Mar 13", [
  "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
  "1997 Mar 13,20,27 1998 Mar 5,12,19,26 1999 Mar 4,11,18,25 …",
]);
example("every Thursday, but only during June, July and August", "1997 Jun 5", [
  "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
  "1997 Jun 5,12,19,26 Jul 3,10,17,24,31 Aug 7,14,21,28 " +
  "1998 Jun 4,11,18,25 Jul 2,9,16,23,30 Aug 6,13,20,27 " +
  "1999 Jun 3,10,17,24 Jul 1,8,15,22,29 Aug 5,12,19,26 …",
]);
// The RFC leaves its DTSTART out by an EXDATE. Here it is none of the occurrences anyway.
example("every Friday the 13th", "1997 Sep 2", [
  "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
  "1998 Feb 13 Mar 13 Nov 13 1999 Aug 13 2000 Oct 13 …",
]);
example("the first Saturday that follows the first Sunday of the month", "1997 Sep 13", [
  "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
  "1997 Sep 13 Oct 11 Nov 8 Dec 13 1998 Jan 10 Feb 7 Mar 7 Apr 11 May 9 Jun 13 …",
]);
example("every 4 years, the first Tuesday after a Monday in November", "1996 Nov 5", [
  "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
  "1996 Nov 5 2000 Nov 7 2004 Nov 2 …",
]);
example("the third instance of Tuesday, Wednesday or Thursday, for 3 months", "1997 Sep 4", [
  "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
  "1997 Sep 4 Oct 7 Nov 6",
]);
example("the second-to-last weekday of the month", "1997 Sep 29", [
  "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
  "1997 Sep 29 Oct 30 Nov 27 Dec 30 1998 Jan 29 Feb 26 Mar 30 …",
]);
// UNTIL as corrected by erratum 3883: 17:00 in New York is 21:00 in UTC.
timesExample(
  "every 3 hours from 9:00 AM to 5:00 PM on a specific day",
  "1997-09-02T09:00",
  "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z",
  ["1997-09-02T09:00", "1997-09-02T12:00", "1997-09-02T15:00"],
);
timesExample(
  "every 15 minutes for 6 occurrences",
  "1997-09-02T09:00",
  "FREQ=MINUTELY;INTERVAL=15;COUNT=6",
  ["09:00", "09:15", "09:30", "09:45", "10:00", "10:15"].map((time) => `1997-09-02T${time}`),
);
timesExample(
  "every hour and a half for 4 occurrences",
  "1997-09-02T09:00",
  "FREQ=MINUTELY;INTERVAL=90;COUNT=4",
  ["09:00", "10:30", "12:00", "13:30"].map((time) => `1997-09-02T${time}`),
);
const EVERY_20_MINUTES = ["02", "03"].flatMap((day) =>
  ["09", "10", "11", "12", "13", "14", "15", "16"].flatMap((hour) =>
    ["00", "20", "40"].map((minute) => `1997-09-${day}T${hour}:${minute}`)
  )
);
timesExample(
  "every 20 minutes from 9:00 AM to 4:40 PM every day",
  "1997-09-02T09:00",
  "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40",
  EVERY_20_MINUTES,
);
timesExample(
  "every 20 minutes from 9:00 AM to 4:40 PM every day, by minutes",
  "1997-09-02T09:00",
  "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16",
  EVERY_20_MINUTES,
);
example(
  "the days generated make a difference because of WKST",
  "1997 Aug 5",
  ["FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997 Aug 5,10,19,24"],
  ["FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997 Aug 5,17,19,31"],
);
example("an invalid date is ignored", "2007 Jan 15", [
  "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
  "2007 Jan 15,30 Feb 15 Mar 15,30",
]);
