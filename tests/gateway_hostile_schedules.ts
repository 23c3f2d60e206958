/**
 * HostileSchedules: requests about schedules that must be refused (see gateway_hostile_cases.ts).
 * @module
 */
import { PAYLOAD_BYTES_MAX } from "../actors/job/spec.ts";
import type { Hostile } from "./gateway_hostile_cases.ts";

/** A schedule that is right but for `fields`. */
const schedule = (name: string, fields: string, path: string): Hostile => ({
  name,
  request: "POST /schedule",
  body: `{"job":{"name":"mail"},${fields}}`,
  status: 400,
  path,
});

/** What is refused about schedules. */
export const HOSTILE_SCHEDULES: readonly Hostile[] = [
  schedule("no rule", '"jitter":0', ""),
  schedule("two rules", '"cron":"@daily","rrule":"FREQ=DAILY"', "rrule"),
  schedule("an empty rule", '"cron":""', "cron"),
  schedule("a number for a rule", '"cron":5', "cron"),
  schedule("a list for a rule", '"cron":["@daily","@hourly"]', "cron"),
  schedule("an endless rule", `"cron":"${"*,".repeat(100_000)}"`, "cron"),
  schedule("an unreadable rule", '"cron":"gibberish"', "cron"),
  schedule("a date that never comes", '"cron":"0 0 30 2 *"', "cron"),
  schedule("an interval of nothing", '"every":0', "every"),
  schedule("an interval below a second", '"every":"999ms"', "every"),
  schedule("an interval in months", '"every":"P1M"', "every"),
  schedule("an infinite interval", '"every":1e999', "every"),
  schedule("a zone of another world", '"every":"1h","timezone":"Mars/Olympus"', "timezone"),
  schedule("a path for a zone", `"every":"1h","timezone":"${"../".repeat(40)}"`, "timezone"),
  schedule("a start without a zone", '"every":"1h","startAt":"2027-01-01T00:00:00"', "startAt"),
  schedule("an end that has passed", '"every":"1h","endAt":"2020-01-01T00:00:00Z"', "endAt"),
  schedule("no fires at all", '"every":"1h","count":0', "count"),
  schedule("endless fires", '"every":"1h","count":1e18', "count"),
  schedule("a negative jitter", '"every":"1h","jitter":-1', "jitter"),
  schedule("a jitter of a year", '"every":"1h","jitter":"365d"', "jitter"),
  schedule("an unknown policy", '"every":"1h","overlap":"both"', "overlap"),
  schedule("a __proto__ policy", '"every":"1h","overlap":"__proto__"', "overlap"),
  schedule("text for a misfire", '"every":"1h","misfire":"skip"', "misfire"),
  schedule("a huge catch-up", '"every":"1h","misfire":{"max":100000}', "misfire.max"),
  schedule("an unknown gap", '"every":"1h","dst":{"gap":"before"}', "dst.gap"),
  schedule(
    "a date of no calendar",
    '"every":"1h","exclude":{"dates":["2027-02-30"]}',
    "exclude.dates[0]",
  ),
  schedule(
    "an instant for a date",
    '"every":"1h","exclude":{"dates":["2027-02-01T00:00Z"]}',
    "exclude.dates[0]",
  ),
  schedule("an unknown field", '"every":"1h","zone":"UTC"', "zone"),
  schedule("a __proto__ field", '"every":"1h","__proto__":{}', "__proto__"),
  schedule("an id with a slash", '"every":"1h","id":"a/b"', "id"),
  schedule("an id with an @", '"every":"1h","id":"a@schedule"', "id"),
  schedule("an id of two dots", '"every":"1h","id":".."', "id"),
  schedule("a long id", `"every":"1h","id":"${"a".repeat(151)}"`, "id"),
  schedule("a job without a name", '"every":"1h","job":{}', "job.name"),
  schedule("a job with a time", '"every":"1h","job":{"name":"a","delay":"1s"}', "job.delay"),
  schedule(
    "a job with a __proto__",
    '"every":"1h","job":{"name":"a","__proto__":1}',
    "job.__proto__",
  ),
  { name: "a list of schedules", request: "POST /schedule", body: "[]", status: 400, path: "" },
  {
    name: "a schedule's large payload",
    request: "POST /schedule",
    body: `{"every":"1h","job":{"name":"a","payload":"${"x".repeat(PAYLOAD_BYTES_MAX)}"}}`,
    status: 413,
    path: "job.payload",
  },
  {
    name: "a schedule under another id",
    request: "PUT /schedule/a",
    body: '{"id":"b","every":"1h","job":{"name":"mail"}}',
    status: 400,
    path: "id",
  },
  { name: "an unknown schedule", request: "GET /schedule/nope", status: 404, path: null },
  { name: "markup for a schedule", request: "GET /schedule/%3Cb%3E", status: 400, path: "id" },
  { name: "a path for a schedule", request: "DELETE /schedule/..%2fx", status: 400, path: "id" },
  { name: "a NUL for a schedule", request: "GET /schedule/%00/next", status: 400, path: "id" },
  { name: "a huge count", request: "GET /schedule/a/next?count=1001", status: 400, path: "count" },
  {
    name: "a deleted state",
    request: "GET /schedules?state=deleted",
    status: 400,
    path: "state",
  },
  {
    name: "a backfill of no time",
    request: "POST /schedule/a/backfill",
    body: "{}",
    status: 400,
    path: "from",
  },
  {
    name: "an essay for a note",
    request: "POST /schedule/a/pause",
    body: `{"note":"${"x".repeat(501)}"}`,
    status: 400,
    path: "note",
  },
  {
    name: "a form for a note",
    request: "POST /schedule/a/pause",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "note=x",
    status: 415,
    path: "Content-Type",
  },
  {
    name: "a preview of nothing",
    request: "POST /schedule/preview",
    body: "{}",
    status: 400,
    path: "",
  },
];
