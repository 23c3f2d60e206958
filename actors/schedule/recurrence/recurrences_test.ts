import assert from "node:assert/strict";
import { specOf } from "../testing/samples.ts";
import { Recurrences, RECURRENCES_KEPT_MAX } from "./recurrences.ts";

const daily = specOf({ rule: { kind: "cron", text: "0 2 * * *" } });

Deno.test("of() reads a rule once, whoever asks, until others were asked for more often", () => {
  const recurrences = new Recurrences();
  const first = recurrences.of(daily, 1);
  assert.equal(recurrences.of(specOf({ rule: daily.rule, overlap: "allow" }), 2), first);
  for (let n = 0; n < RECURRENCES_KEPT_MAX; n++) recurrences.of(specOf(), n);
  assert.notEqual(recurrences.of(daily, 1), first);
});

Deno.test("of() tells intervals apart by where they begin", () => {
  const recurrences = new Recurrences();
  assert.equal(recurrences.of(specOf(), 7).after(0)?.atMs, 60_007);
  assert.equal(recurrences.of(specOf(), 9).after(0)?.atMs, 60_009);
});

Deno.test("of() asks the calendars each time: they change", () => {
  const holidays = new Set<string>();
  const recurrences = new Recurrences((calendar, date) => calendar === "de" && holidays.has(date));
  const spec = specOf({ rule: daily.rule, exclude: { dates: [], calendars: ["de"] } });
  const next = () => recurrences.of(spec, 0).after(Date.UTC(2027, 11, 24, 12));
  assert.equal(next()?.fires, true);
  holidays.add("2027-12-25");
  assert.deepEqual([next()?.fires, next()?.note], [false, "excluded"]);
});
