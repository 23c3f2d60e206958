import assert from "node:assert/strict";
import { draftOfCalendar } from "../../actors/calendar/behaviour.ts";
import { FakeSystem } from "../testing/fake_system.ts";
import { CalendarBook, type CalendarNews } from "./calendar_book.ts";

const XMAS = "2027-12-25";
const NEW_YEAR = "2028-01-01";
const DE: CalendarNews = {
  name: "de",
  dates: [XMAS],
  deleted: false,
  createdAtMs: 7,
  version: 2,
};

Deno.test("CalendarBook excludes the dates of what it knows, and tells once of what it does not", () => {
  const missing: string[] = [];
  const book = new CalendarBook((name) => missing.push(name));
  assert.equal(book.isExcluded("de", XMAS), false);
  assert.equal(book.isExcluded("de", XMAS), false);
  book.apply(DE);
  assert.deepEqual([book.isExcluded("de", XMAS), book.isExcluded("de", NEW_YEAR)], [true, false]);
  book.apply({ ...DE, deleted: true, dates: [], version: 3 });
  assert.deepEqual([book.isExcluded("de", XMAS), book.has("de")], [false, false]);
  assert.deepEqual(missing, ["de", "de"]);
});

Deno.test("CalendarBook heeds no news that is older than what it knows (K1)", () => {
  const book = new CalendarBook();
  book.apply(DE);
  book.apply({ ...DE, version: 1, dates: [NEW_YEAR] });
  book.apply({ ...DE, createdAtMs: 6, version: 9, dates: [NEW_YEAR] });
  assert.deepEqual(book.get("de")?.dates, [XMAS]);
  book.apply({ ...DE, createdAtMs: 8, version: 1, dates: [NEW_YEAR] });
  assert.deepEqual(book.get("de")?.dates, [NEW_YEAR]);
});

Deno.test("CalendarBook goes by files before the store (K2)", () => {
  const book = new CalendarBook();
  book.apply(DE);
  book.setFiles(new Map([["de", [NEW_YEAR]], ["at", [XMAS]]]));
  assert.deepEqual(book.list(), [
    { name: "at", source: "file", dates: [XMAS] },
    { name: "de", source: "file", dates: [NEW_YEAR] },
  ]);
  book.setFiles(new Map());
  assert.deepEqual(book.list(), [{ name: "de", source: "api", dates: [XMAS] }]);
});

Deno.test("CalendarBook.load() reads every calendar, page by page, and forgets what was swept", async () => {
  const system = new FakeSystem(0);
  system.pageMax = 2;
  for (let n = 0; n < 5; n++) {
    system.plant(draftOfCalendar({ name: `calendar-${n}`, dates: [XMAS] }, 0));
  }
  const book = new CalendarBook();
  book.apply({ ...DE, deleted: true });
  await book.load(system);
  assert.equal(book.storedCount, 5);
  for (let n = 0; n < 5; n++) assert.equal(book.isExcluded(`calendar-${n}`, XMAS), true);
});
