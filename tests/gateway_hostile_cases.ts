/**
 * HostileCases: requests that must be refused, one per line: what is sent, the status, and the field to blame.
 * @module
 */
import { PAYLOAD_BYTES_MAX } from "../actors/job/spec.ts";
import { BODY_BYTES_MAX } from "../gateway/limits.ts";
import { HOSTILE_FLOWS } from "./gateway_hostile_flows.ts";
import { HOSTILE_SCHEDULES } from "./gateway_hostile_schedules.ts";

/** A request and what must come back: status, and the path that an error names (null: no field is to blame). */
export interface Hostile {
  readonly name: string;
  readonly request?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
  readonly status: number;
  readonly path: string | null;
}

const bad = (name: string, fields: string, path: string): Hostile => ({
  name,
  body: `{"name":"mail",${fields}}`,
  status: 400,
  path,
});

const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

const MALFORMED: readonly Hostile[] = [
  { name: "an empty body", body: "", status: 400, path: "" },
  { name: "no body", status: 400, path: "", headers: { "content-type": "application/json" } },
  { name: "blanks", body: "  \n", status: 400, path: "" },
  { name: "text", body: "hello", status: 400, path: "" },
  { name: "half of an object", body: '{"name":"mail"', status: 400, path: "" },
  { name: "two documents", body: '{"name":"mail"}{"name":"mail"}', status: 400, path: "" },
  { name: "a trailing comma", body: '{"name":"mail",}', status: 400, path: "" },
  { name: "single quotes", body: "{'name':'mail'}", status: 400, path: "" },
  { name: "a comment", body: '{"name":"mail"/* x */}', status: 400, path: "" },
  { name: "NaN", body: '{"name":"mail","priority":NaN}', status: 400, path: "" },
  { name: "a raw control character", body: '{"name":"ma\u0001il"}', status: 400, path: "" },
  {
    name: "bytes that are not UTF-8",
    body: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
    status: 400,
    path: "",
  },
  { name: "UTF-16", body: new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), status: 400, path: "" },
  { name: "a NUL", body: "\0", status: 400, path: "" },
  { name: "null", body: "null", status: 400, path: "" },
  { name: "a number", body: "5", status: 400, path: "" },
  { name: "a string", body: '"mail"', status: 400, path: "" },
  { name: "an array", body: "[]", status: 400, path: "" },
  {
    name: "deep nesting in a payload",
    body: `{"name":"mail","payload":${deep(64)}}`,
    status: 400,
    path: "",
  },
  {
    name: "nesting beyond any stack",
    body: `{"name":"mail","payload":${deep(200_000)}}`,
    status: 400,
    path: "",
  },
  { name: "nesting that never closes", body: "[".repeat(400_000), status: 400, path: "" },
];

const FIELDS: readonly Hostile[] = [
  { name: "no name", body: "{}", status: 400, path: "name" },
  { name: "a null name", body: '{"name":null}', status: 400, path: "name" },
  { name: "a number for a name", body: '{"name":7}', status: 400, path: "name" },
  { name: "an empty name", body: '{"name":""}', status: 400, path: "name" },
  { name: "a path for a name", body: '{"name":"../../etc/passwd"}', status: 400, path: "name" },
  { name: "a name with a newline", body: '{"name":"mail\\n"}', status: 400, path: "name" },
  { name: "a name with a NUL", body: '{"name":"ma\\u0000il"}', status: 400, path: "name" },
  {
    name: "a name of letters that look alike",
    body: '{"name":"m\u0430il"}',
    status: 400,
    path: "name",
  },
  { name: "a long name", body: `{"name":"${"a".repeat(101)}"}`, status: 400, path: "name" },
  bad("an unknown field", '"nam":1', "nam"),
  bad("an unknown nested field", '"retry":{"attempt":3}', "retry.attempt"),
  bad("a __proto__ field", '"__proto__":{"admin":true}', "__proto__"),
  bad("a constructor field", '"constructor":{}', "constructor"),
  bad("a __proto__ field in retry", '"retry":{"__proto__":{}}', "retry.__proto__"),
  bad("a schedule of nothing", '"schedule":{}', "schedule"),
  bad("text for a schedule", '"schedule":"* * * * *"', "schedule"),
  bad("a schedule and a delay", '"schedule":{"every":"1h"},"delay":"1s"', "delay"),
  bad(
    "a schedule within a schedule",
    '"schedule":{"schedule":{"every":"1h"}}',
    "schedule.schedule",
  ),
  { name: "a reserved id", body: '{"name":"mail","id":"a@schedule"}', status: 422, path: "id" },
  { name: "a flow's id", body: '{"name":"mail","id":"a@flow"}', status: 422, path: "id" },
  bad("a fraction for a priority", '"priority":1.5', "priority"),
  bad("a priority out of range", '"priority":10', "priority"),
  bad("a negative priority", '"priority":-1', "priority"),
  bad("text for a priority", '"priority":"9"', "priority"),
  bad("an infinite priority", '"priority":1e999', "priority"),
  bad("a queue with a slash", '"queue":"a/b"', "queue"),
  bad("an array for a queue", '"queue":["a"]', "queue"),
  bad("an id with a space", '"id":"a b"', "id"),
  bad("an id of two dots", '"id":".."', "id"),
  bad("an empty id", '"id":""', "id"),
  bad("a long id", `"id":"${"a".repeat(201)}"`, "id"),
  bad("text for tags", '"tags":"eu"', "tags"),
  bad("a bad tag", '"tags":["ok","not ok"]', "tags[1]"),
  bad("too many tags", `"tags":${JSON.stringify(Array(21).fill("t"))}`, "tags"),
  bad("a bad concurrency key", '"concurrencyKey":""', "concurrencyKey"),
  bad("an unknown delivery", '"delivery":"exactly-once"', "delivery"),
  bad("too many attempts", '"retry":{"attempts":101}', "retry.attempts"),
  bad("no attempts", '"retry":{"attempts":0}', "retry.attempts"),
  bad("an unknown backoff", '"retry":{"backoff":"linear"}', "retry.backoff"),
  bad("a jitter above one", '"retry":{"jitter":1.1}', "retry.jitter"),
  bad("a factor below one", '"retry":{"factor":0.5}', "retry.factor"),
  bad("a base beyond its maximum", '"retry":{"base":"2h","max":"1h"}', "retry.base"),
  bad("a number among error names", '"retry":{"notOn":["A",5]}', "retry.notOn[1]"),
  bad("an array for retry", '"retry":[]', "retry"),
];

const TIMES: readonly Hostile[] = [
  bad("a date without a zone", '"runAt":"2027-01-01T00:00:00"', "runAt"),
  bad("a date that does not exist", '"runAt":"2027-02-30T00:00:00Z"', "runAt"),
  bad("a date after the end", '"runAt":"2200-01-01T00:00:00Z"', "runAt"),
  bad("a date before the beginning", '"runAt":"1969-12-31T23:59:59Z"', "runAt"),
  bad("a date in another style", '"runAt":"01/02/2027"', "runAt"),
  bad("a number for a date", '"runAt":1893456000000', "runAt"),
  bad("an endless date", `"runAt":"${"1".repeat(50_000)}"`, "runAt"),
  bad("a date and a delay", '"runAt":"2027-01-01T00:00:00Z","delay":"1s"', "delay"),
  bad("a delay without a unit", '"delay":"10"', "delay"),
  bad("a negative delay", '"delay":-1', "delay"),
  bad("a delay in months", '"delay":"P1M"', "delay"),
  bad("a delay beyond ten years", '"delay":"4000d"', "delay"),
  bad("an object for a delay", '"delay":{"s":1}', "delay"),
  bad("no time-out at all", '"timeout":0', "timeout"),
  bad("a time-out of a month", '"timeout":"30d"', "timeout"),
  bad("text for a service level", '"sla":"10s"', "sla"),
  bad("a bad service level", '"sla":{"startWithin":"soon"}', "sla.startWithin"),
  bad("a bad retention", '"retention":{"failed":"forever"}', "retention.failed"),
];

const json = { "content-type": "application/json" };
const OK = '{"name":"mail"}';
const HTTP: readonly Hostile[] = [
  {
    name: "no content type",
    headers: { "content-type": "" },
    body: OK,
    status: 415,
    path: "Content-Type",
  },
  {
    name: "text/plain",
    headers: { "content-type": "text/plain" },
    body: OK,
    status: 415,
    path: "Content-Type",
  },
  {
    name: "a form",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "name=mail",
    status: 415,
    path: "Content-Type",
  },
  {
    name: "another charset",
    headers: { "content-type": "application/json; charset=utf-16" },
    body: OK,
    status: 415,
    path: "Content-Type",
  },
  {
    name: "a compressed body",
    headers: { ...json, "content-encoding": "gzip" },
    body: OK,
    status: 415,
    path: "Content-Encoding",
  },
  {
    name: "lines for one job",
    headers: { "content-type": "application/x-ndjson" },
    body: OK,
    status: 415,
    path: "Content-Type",
  },
  {
    name: "a key with a space",
    headers: { ...json, "idempotency-key": "a b" },
    body: OK,
    status: 400,
    path: "Idempotency-Key",
  },
  {
    name: "a long key",
    headers: { ...json, "idempotency-key": "k".repeat(256) },
    body: OK,
    status: 400,
    path: "Idempotency-Key",
  },
  {
    name: "a key and an own id",
    headers: { ...json, "idempotency-key": "k" },
    body: '{"name":"mail","id":"x"}',
    status: 400,
    path: "id",
  },
  {
    name: "a large payload",
    body: `{"name":"mail","payload":"${"x".repeat(PAYLOAD_BYTES_MAX)}"}`,
    status: 413,
    path: "payload",
  },
  {
    name: "a large body",
    body: `{"name":"mail","payload":"${"x".repeat(BODY_BYTES_MAX)}"}`,
    status: 413,
    path: "",
  },
  {
    name: "a payload that is large in bytes only",
    body: `{"name":"mail","payload":"${"€".repeat(PAYLOAD_BYTES_MAX / 3)}"}`,
    status: 413,
    path: "payload",
  },
  { name: "an object for an array", request: "POST /jobs", body: OK, status: 400, path: "" },
  {
    name: "a cross-site request",
    headers: { ...json, "sec-fetch-site": "cross-site" },
    body: OK,
    status: 403,
    path: null,
  },
];

const PATHS: readonly Hostile[] = [
  { name: "an unknown path", request: "GET /nope", status: 404, path: null },
  { name: "a doubled slash", request: "GET //job", status: 404, path: null },
  { name: "a trailing slash", request: "POST /job/", body: OK, status: 404, path: null },
  { name: "an upper-case path", request: "POST /JOB", body: OK, status: 404, path: null },
  {
    name: "a path out of the root",
    request: "GET /%2e%2e/%2e%2e/etc/passwd",
    status: 404,
    path: null,
  },
  {
    name: "a path out of the jobs",
    request: "GET /job/..%2f..%2fetc%2fpasswd%00",
    status: 400,
    path: "id",
  },
  { name: "a NUL in an id", request: "GET /job/%00", status: 400, path: "id" },
  { name: "a broken escape in an id", request: "GET /job/%zz", status: 400, path: "id" },
  { name: "a broken UTF-8 escape in an id", request: "GET /job/%ff", status: 400, path: "id" },
  {
    name: "a long id in the path",
    request: `GET /job/${"a".repeat(201)}`,
    status: 400,
    path: "id",
  },
  {
    name: "an id of two dots in the path",
    request: "DELETE /job/%2e%2e%2e%20",
    status: 400,
    path: "id",
  },
  { name: "markup in an id", request: "GET /job/%3Cscript%3E", status: 400, path: "id" },
  { name: "an unknown job", request: "GET /job/nope", status: 404, path: null },
  { name: "an unknown job to cancel", request: "DELETE /job/nope", status: 404, path: null },
  { name: "an unknown method", request: "PROPFIND /job", status: 405, path: null },
  { name: "an unknown state", request: "GET /jobs?state=done", status: 400, path: "state" },
  { name: "a limit of zero", request: "GET /jobs?limit=0", status: 400, path: "limit" },
  { name: "a huge limit", request: "GET /jobs?limit=501", status: 400, path: "limit" },
  { name: "a limit in hexadecimal", request: "GET /jobs?limit=0x10", status: 400, path: "limit" },
  { name: "an empty limit", request: "GET /jobs?limit=", status: 400, path: "limit" },
  { name: "an invented cursor", request: "GET /jobs?cursor=abc", status: 400, path: "cursor" },
  { name: "an unknown order", request: "GET /jobs?order=random", status: 400, path: "order" },
  {
    name: "a bad date in a filter",
    request: "GET /jobs?from=yesterday",
    status: 400,
    path: "from",
  },
  { name: "an unknown filter", request: "GET /jobs?sate=failed", status: 400, path: "sate" },
  {
    name: "a repeated filter",
    request: "GET /jobs?state=failed&state=failed",
    status: 400,
    path: "state",
  },
  { name: "a __proto__ filter", request: "GET /jobs?__proto__=1", status: 400, path: "__proto__" },
  { name: "a negative line", request: "GET /job/x/logs?after=-1", status: 400, path: "after" },
  {
    name: "a cancel of everything by mistake",
    request: "POST /jobs/cancel",
    body: "{}",
    status: 400,
    path: "all",
  },
  { name: "a bad queue name", request: "PUT /queue/a%2Fb", body: "{}", status: 400, path: "name" },
  {
    name: "a rate limit",
    request: "PUT /queue/a",
    body: '{"rate":{"max":1}}',
    status: 400,
    path: "rate.limit",
  },
  { name: "another node's drain", request: "POST /cluster/node/zz/drain", status: 404, path: null },
  {
    name: "an invented event id",
    request: "GET /events",
    headers: { "last-event-id": "x" },
    status: 400,
    path: "Last-Event-ID",
  },
];

/** Every table by its name. */
export const HOSTILE: Readonly<Record<string, readonly Hostile[]>> = {
  malformed: MALFORMED,
  fields: FIELDS,
  times: TIMES,
  http: HTTP,
  paths: PATHS,
  schedules: HOSTILE_SCHEDULES,
  flows: HOSTILE_FLOWS,
};
