import assert from "node:assert/strict";
import { calendarBehaviour, draftOfCalendar } from "../../actors/calendar/behaviour.ts";
import { CALENDARS_MAX } from "../limits.ts";
import { FakeSystem } from "../testing/fake_system.ts";
import { CalendarBook, type CalendarNews } from "./calendar_book.ts";
import { createCalendarService } from "./calendar_service.ts";

const XMAS = "2027-12-25";
const NEW_YEAR = "2028-01-01";

function setup() {
  const system = new FakeSystem(7).host(calendarBehaviour);
  const book = new CalendarBook();
  const told: CalendarNews[] = [];
  const clock = { wallMs: () => system.nowMs };
  const service = createCalendarService({ system, clock, book, tell: (news) => told.push(news) });
  return { system, book, told, service };
}

Deno.test("put() makes a calendar and changes it; this node and the others go by it", async () => {
  const { service, book, told } = setup();
  assert.deepEqual(await service.put("de", [NEW_YEAR, XMAS, XMAS]), {
    kind: "done",
    calendar: { name: "de", source: "api", dates: [XMAS, NEW_YEAR] },
  });
  assert.equal(book.isExcluded("de", XMAS), true);
  await service.put("de", [NEW_YEAR]);
  assert.equal(book.isExcluded("de", XMAS), false);
  assert.deepEqual((await service.get("de"))?.dates, [NEW_YEAR]);
  assert.deepEqual(told.map(({ version, dates }) => [version, dates.length]), [[1, 2], [2, 1]]);
});

Deno.test("get() and list() tell what another node has put", async () => {
  const { service, system } = setup();
  assert.equal(await service.get("de"), undefined);
  system.plant(draftOfCalendar({ name: "de", dates: [XMAS] }, 7));
  assert.deepEqual(await service.get("de"), { name: "de", source: "api", dates: [XMAS] });
  system.plant(draftOfCalendar({ name: "at", dates: [] }, 7));
  assert.deepEqual((await service.list()).map(({ name }) => name), ["at", "de"]);
});

Deno.test("remove() deletes a calendar; putting it again brings it back", async () => {
  const { service, book } = setup();
  assert.deepEqual(await service.remove("de"), { kind: "missing" });
  await service.put("de", [XMAS]);
  assert.deepEqual(await service.remove("de"), {
    kind: "done",
    calendar: { name: "de", source: "api", dates: [XMAS] },
  });
  assert.deepEqual([book.has("de"), await service.get("de")], [false, undefined]);
  assert.deepEqual(await service.remove("de"), { kind: "missing" });
  await service.put("de", [NEW_YEAR]);
  assert.equal(book.isExcluded("de", NEW_YEAR), true);
});

Deno.test("a calendar from a file is changed in its file alone", async () => {
  const { service, book, told } = setup();
  book.setFiles(new Map([["de", [XMAS]]]));
  assert.equal((await service.put("de", [])).kind, "refused");
  assert.equal((await service.remove("de")).kind, "refused");
  assert.deepEqual([told, (await service.get("de"))?.dates], [[], [XMAS]]);
});

Deno.test("put() makes no calendar beyond the bound, and still changes those that there are", async () => {
  const { service, system } = setup();
  for (let n = 0; n < CALENDARS_MAX; n++) {
    system.plant(draftOfCalendar({ name: `calendar-${n}`, dates: [] }, 0));
  }
  await service.list();
  assert.equal((await service.put("one-more", [])).kind, "refused");
  assert.equal((await service.put("calendar-7", [XMAS])).kind, "done");
});

Deno.test("put() loses no race for the first", async () => {
  const { service, system } = setup();
  system.beforeCreate = () => {
    system.beforeCreate = () => {};
    system.plant(draftOfCalendar({ name: "de", dates: [] }, 7));
  };
  assert.equal((await service.put("de", [XMAS])).kind, "done");
  assert.deepEqual((await service.get("de"))?.dates, [XMAS]);
});

Deno.test("a change that got no answer is unknown, one that was not taken busy", async () => {
  const { service, system } = setup();
  await service.put("de", []);
  system.troubles.push("deadline", "busy");
  assert.deepEqual(await service.put("de", [XMAS]), { kind: "unknown" });
  assert.deepEqual(await service.remove("de"), { kind: "busy" });
});
