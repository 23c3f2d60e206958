import assert from "node:assert/strict";
import { CALENDAR_DATES_MAX } from "../../actors/calendar/state.ts";
import { calendarAnswer, calendarsAnswer } from "../schemas/answers.ts";
import { setup } from "../testing/setup.ts";

const DE = { name: "de", source: "api", dates: ["2027-12-25"] };

Deno.test("a calendar is put, shown, listed and deleted", async () => {
  const { ask } = setup();
  const put = await ask("PUT /calendar/de", { body: { dates: DE.dates } });
  assert.deepEqual([put.status, calendarAnswer.parse(put.json)], [200, DE]);
  assert.deepEqual((await ask("GET /calendar/de")).json, DE);
  const list = calendarsAnswer.parse((await ask("GET /calendars")).json);
  assert.deepEqual(list, { calendars: [{ name: "de", source: "api", dates: 1 }] });
  const deleted = await ask("DELETE /calendar/de");
  assert.deepEqual([deleted.status, deleted.json], [200, DE]);
  assert.equal((await ask("GET /calendar/de")).status, 404);
  assert.equal((await ask("DELETE /calendar/de")).status, 404);
});

Deno.test("PUT /calendar/{name} refuses what is no calendar, with the path", async () => {
  const { ask, calendars } = setup();
  const cases: [string, unknown, string][] = [
    ["de", {}, "dates"],
    ["de", { dates: "2027-12-25" }, "dates"],
    ["de", { dates: ["2027-02-30"] }, "dates[0]"],
    ["de", { dates: ["2027-12-25", "2027-12-25T00:00:00Z"] }, "dates[1]"],
    ["de", { dates: Array(CALENDAR_DATES_MAX + 1).fill("2027-12-25") }, "dates"],
    ["de", { dates: [], zone: "UTC" }, "zone"],
    ["-de", { dates: [] }, "name"],
    ["a%40calendar", { dates: [] }, "name"],
  ];
  for (const [name, body, path] of cases) {
    const answer = await ask(`PUT /calendar/${name}`, { body });
    assert.equal(answer.status, 400, answer.text);
    assert.ok(answer.text.includes(`"path":"${path}"`), answer.text);
  }
  assert.equal(calendars.calendars.size, 0);
});

Deno.test("what the calendar does not take is told in the terms of the API", async () => {
  const { ask, calendars } = setup();
  const cases: [NonNullable<typeof calendars.outcome>, number][] = [
    [{ kind: "refused", why: "it is kept in a file" }, 409],
    [{ kind: "busy" }, 503],
    [{ kind: "unknown" }, 504],
  ];
  for (const [outcome, status] of cases) {
    calendars.outcome = outcome;
    assert.equal((await ask("PUT /calendar/de", { body: { dates: [] } })).status, status);
    assert.equal((await ask("DELETE /calendar/de")).status, status);
  }
});
