import assert from "node:assert/strict";
import { checkCombination } from "./combinations.ts";
import { parseParts } from "./parse.ts";
import { FREQUENCIES, RruleError } from "./parts.ts";

function refusalOf(text: string): string | undefined {
  try {
    checkCombination(parseParts(text));
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RruleError, text);
    return error.message;
  }
}

/** Which frequencies take `part`, as SECONDLY … YEARLY. */
function takenBy(part: string): string[] {
  return FREQUENCIES.filter((frequency) => refusalOf(`FREQ=${frequency};${part}`) === undefined);
}

Deno.test("checkCombination() follows the RFC's table of what does not go together", () => {
  const all = [...FREQUENCIES];
  for (const part of ["BYMONTH=1", "BYDAY=MO", "BYHOUR=1", "BYMINUTE=1", "BYSECOND=1"]) {
    assert.deepEqual(takenBy(part), all, part);
  }
  assert.deepEqual(takenBy("BYWEEKNO=1"), ["YEARLY"]);
  assert.deepEqual(takenBy("BYYEARDAY=1"), ["SECONDLY", "MINUTELY", "HOURLY", "YEARLY"]);
  assert.deepEqual(takenBy("BYMONTHDAY=1"), all.filter((frequency) => frequency !== "WEEKLY"));
  assert.deepEqual(takenBy("BYDAY=1MO"), ["MONTHLY", "YEARLY"]);
  assert.deepEqual(takenBy("BYHOUR=1;BYSETPOS=1"), all);
});

Deno.test("checkCombination() says why, and names the parts", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["FREQ=DAILY;COUNT=1;UNTIL=20270101", /COUNT and UNTIL exclude each other/],
    ["FREQ=MONTHLY;BYWEEKNO=20", /BYWEEKNO needs FREQ=YEARLY, not MONTHLY/],
    ["FREQ=MONTHLY;BYYEARDAY=1", /BYYEARDAY does not go with FREQ=MONTHLY/],
    ["FREQ=WEEKLY;BYMONTHDAY=1", /BYMONTHDAY does not go with FREQ=WEEKLY/],
    ["FREQ=WEEKLY;BYDAY=TU,-1MO", /BYDAY=-1MO needs FREQ=MONTHLY or YEARLY, not WEEKLY/],
    ["FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO", /BYDAY=1MO does not go with BYWEEKNO/],
    ["FREQ=MONTHLY;BYDAY=1MO,6TU", /BYDAY=6TU counts within a month/],
    ["FREQ=YEARLY;BYMONTH=3;BYDAY=-20SU", /BYDAY=-20SU counts within a month/],
    ["FREQ=MONTHLY;BYSETPOS=1", /BYSETPOS needs another BY… part/],
  ];
  for (const [text, message] of cases) assert.match(refusalOf(text) ?? "", message, text);
});

Deno.test("checkCombination() lets the weekdays of a whole year be counted", () => {
  assert.equal(refusalOf("FREQ=YEARLY;BYDAY=53MO,-53TU"), undefined);
});
