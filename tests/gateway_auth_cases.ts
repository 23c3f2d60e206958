/**
 * AuthCases: attacks on the gateway's guard, one per line: what is sent, as raw HTTP, and the status that must come
 * back. Every one of them is a request that would succeed for whoever may make it.
 * @module
 */
import { hashOfKey } from "../gateway/auth/key_ring.ts";

/** The keys of the server under attack. */
export const KEYS = {
  root: "orrery_root-3f9aQk0Vd7TzL1x2y3w4",
  reader: "orrery_reader-8Jk2Qk0Vd7TzL1x2y3w4",
  writer: "orrery_writer-1Zk2Qk0Vd7TzL1x2y3w4",
  admin: "orrery_admin-5Xk2Qk0Vd7TzL1x2y3w4",
  red: "orrery_red-7Yk2Qk0Vd7TzL1x2y3w4",
  expired: "orrery_expired-9Wk2Qk0Vd7TzL1x2y3",
} as const;

/** One attack. `status` 0: the server itself may hang up. */
export interface Attack {
  readonly name: string;
  /** Method and target. */
  readonly request: string;
  /** Header lines. */
  readonly headers: readonly string[];
  readonly body?: string;
  readonly status: number | readonly number[];
}

const JSON_TYPE = "Content-Type: application/json";
/** A header line that shows a key. */
export const bearer = (key: string) => `Authorization: Bearer ${key}`;
const apiKey = (key: string) => `X-API-Key: ${key}`;

const MAIL = '{"name":"mail","queue":"blue"}';
const HOURLY = '{"every":"1h","job":{"name":"mail","queue":"blue"}}';
const FLOW = '{"jobs":[{"job":{"name":"mail","queue":"blue"}}]}';
const RANGE = '{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T05:00:00Z"}';

const READS = [
  ...["GET /jobs", "GET /jobs?queue=blue", "GET /jobs/counts", "GET /job/blue-job"],
  ...["GET /job/blue-job/logs", "GET /job/blue-job/events", "GET /events", "GET /schedules"],
  ...["GET /schedule/blue-schedule", "GET /schedule/blue-schedule/next", "GET /queue/blue"],
  ...["GET /schedule/blue-schedule/occurrences", "GET /handlers", "GET /cluster", "GET /flows"],
  ...["GET /alerts", "GET /calendars", "GET /", "HEAD /jobs"],
];

const WRITES: readonly (readonly [string, string?])[] = [
  ["POST /job", MAIL],
  ["POST /jobs", `[${MAIL}]`],
  ["DELETE /job/blue-job"],
  ["POST /job/blue-job/run"],
  ["POST /job/blue-job/retry"],
  ["POST /jobs/cancel", '{"queue":"blue"}'],
  ["POST /jobs/retry", '{"queue":"blue"}'],
  ["POST /schedule", HOURLY],
  ["PUT /schedule/blue-schedule", HOURLY],
  ["DELETE /schedule/blue-schedule"],
  ["POST /schedule/blue-schedule/pause"],
  ["POST /schedule/blue-schedule/trigger"],
  ["POST /schedule/blue-schedule/backfill", RANGE],
  ["POST /flow", FLOW],
];

const ADMINISTRATION: readonly (readonly [string, string?])[] = [
  ["PUT /queue/blue", '{"paused":true}'],
  ["POST /cluster/node/a/drain"],
];

const attack = (
  kind: string,
  [request, body]: readonly [string, string?],
  { headers, status }: Pick<Attack, "headers" | "status">,
): Attack => ({
  name: `${kind}: ${request}`,
  request,
  headers: [...headers, ...(body === undefined ? [] : [JSON_TYPE])],
  ...(body !== undefined && { body }),
  status,
});

const ALL = [...READS.map((request) => [request] as const), ...WRITES, ...ADMINISTRATION];

const NO_KEY = ALL.map((request) => attack("no key", request, { headers: [], status: 401 }));

const EXPIRED = [["GET /jobs"], ["GET /events"], ["POST /job", MAIL], ["PUT /queue/blue", "{}"]]
  .map(([request = "", body]) =>
    attack("expired", [request, ...(body === undefined ? [] : [body])] as [string, string?], {
      ...{ headers: [bearer(KEYS.expired)], status: 401 },
    })
  );

const SCOPES = [
  ...[...WRITES, ...ADMINISTRATION].map((request) =>
    attack("read only", request, { headers: [bearer(KEYS.reader)], status: 403 })
  ),
  ...[...READS.map((request) => [request] as const), ...ADMINISTRATION].map((request) =>
    attack("write only", request, { headers: [apiKey(KEYS.writer)], status: 403 })
  ),
  ...[...READS.slice(0, 4).map((request) => [request] as const), ...WRITES.slice(0, 4)].map((
    request,
  ) => attack("admin only", request, { headers: [bearer(KEYS.admin)], status: 403 })),
];

const OUTSIDE = [
  ...["GET /job/blue-job", "GET /job/blue-job/logs", "GET /job/blue-job/events"],
  ...["DELETE /job/blue-job", "POST /job/blue-job/run", "POST /job/blue-job/retry"],
  ...["GET /schedule/blue-schedule", "GET /schedule/blue-schedule/next"],
  ...["GET /schedule/blue-schedule/occurrences", "DELETE /schedule/blue-schedule"],
  ...["POST /schedule/blue-schedule/pause", "POST /schedule/blue-schedule/resume"],
  "POST /schedule/blue-schedule/trigger",
].map((request) =>
  attack("other namespace", [request], { headers: [bearer(KEYS.red)], status: 404 })
).concat(
  ([
    ["GET /jobs?queue=blue"],
    ["GET /jobs?queue=redder"],
    ["GET /queue/blue"],
    ["PUT /queue/blue", '{"paused":true}'],
    ["PUT /queue/default", '{"paused":true}'],
    ["POST /job", MAIL],
    ["POST /job", '{"name":"mail"}'],
    ["POST /job", '{"name":"mail","queue":"redder"}'],
    ["POST /job", '{"name":"mail","queue":"RED"}'],
    ["POST /job", '{"name":"mail","queue":"blue","schedule":{"every":"1h"}}'],
    ["POST /schedule", HOURLY],
    ["PUT /schedule/new", HOURLY],
    ["PUT /schedule/blue-schedule", '{"every":"1h","job":{"name":"mail","queue":"red"}}'],
    ["POST /flow", FLOW],
    ["POST /jobs/cancel", '{"all":true}'],
    ["POST /jobs/cancel", '{"queue":"blue"}'],
    ["POST /jobs/retry", '{"state":"failed"}'],
    ["GET /cluster"],
    ["GET /flows"],
    ["GET /alerts"],
    ["POST /cluster/node/a/drain"],
    ["PUT /calendar/x", '{"dates":["2027-01-01"]}'],
  ] as const).map((request) =>
    attack("other namespace", request, { headers: [bearer(KEYS.red)], status: 403 })
  ),
);

const wrong = (name: string, ...headers: string[]): Attack => ({
  ...{ name: `wrong key: ${name}`, request: "GET /jobs", headers, status: 401 },
});
const { root } = KEYS;

const WRONG = [
  wrong("unknown", bearer("orrery_unknown")),
  wrong("its hash", bearer(hashOfKey(root))),
  wrong("its name", bearer("root")),
  wrong("cut short", bearer(root.slice(0, -1))),
  wrong("longer", bearer(`${root}x`)),
  wrong("padded", bearer(`${root}=`)),
  wrong("in other case", bearer(root.toUpperCase())),
  wrong("one character off", bearer(`${root.slice(0, -1)}5`)),
  wrong("base64 of it", bearer(btoa(root))),
  wrong("empty", "Authorization: Bearer "),
  wrong("empty header", "Authorization:"),
  wrong("empty X-API-Key", "X-API-Key:"),
  wrong("null", bearer("null")),
  wrong("undefined", bearer("undefined")),
  wrong("a star", bearer("*")),
  wrong("__proto__", bearer("__proto__")),
  wrong("constructor", apiKey("constructor")),
  wrong("SQL", apiKey("' OR '1'='1")),
  wrong("percent-encoded", bearer(encodeURIComponent(`${root}%00`))),
  wrong("a long one", bearer("a".repeat(9_000))),
  wrong("Basic with the key", `Authorization: Basic ${btoa(`root:${root}`)}`),
  wrong("another scheme", `Authorization: Token ${root}`),
  wrong("no scheme", `Authorization: ${root}`),
  wrong("Bearer in X-API-Key", `X-API-Key: Bearer ${root}`),
  wrong("quoted", `Authorization: Bearer "${root}"`),
  wrong("as a parameter", `Authorization: Bearer token=${root}`),
  { ...wrong("in the query"), request: `GET /jobs?api_key=${root}` },
  { ...wrong("access_token in the query"), request: `GET /jobs?access_token=${root}` },
  wrong("in a cookie", `Cookie: authorization=Bearer ${root}; key=${root}`),
  wrong("for the proxy", `Proxy-Authorization: Bearer ${root}`),
  wrong("in a header of another name", `X-Auth-Token: ${root}`, `Api-Key: ${root}`),
  {
    ...{ name: "wrong key: in a form", request: "POST /job", status: 401 },
    headers: ["Content-Type: application/x-www-form-urlencoded"],
    body: `access_token=${root}`,
  },
];

const good = bearer(root);
const HEADERS = [
  wrong("two of it", good, good),
  wrong("good, then bad", good, bearer("bad")),
  wrong("bad, then good", bearer("bad"), good),
  wrong("two of X-API-Key", apiKey(root), apiKey("bad")),
  wrong("both headers", good, apiKey(root)),
  wrong("both, one empty", good, "X-API-Key:"),
  wrong("a list", `Authorization: Bearer ${root}, Bearer bad`),
  wrong("a list of keys", `X-API-Key: ${root},bad`),
  wrong("a tab", `Authorization: Bearer\t${root}`),
  wrong("two spaces", `Authorization: Bearer  ${root}`),
  { ...wrong("folded"), headers: [`Authorization: Bearer`, ` ${root}`], status: [0, 400, 401] },
  { ...wrong("a space before the colon", `Authorization : Bearer ${root}`), status: [0, 400, 401] },
  { ...wrong("a NUL", `Authorization: Bearer ${root}\0`), status: [0, 400, 401] },
  wrong("a byte beyond ASCII", `Authorization: Bearer ${root}\u00e9`),
  wrong("claims of a proxy", "X-Forwarded-User: root", "X-Remote-User: root", "Remote-User: root"),
  wrong(
    "an address within",
    "X-Forwarded-For: 127.0.0.1",
    "X-Real-IP: ::1",
    "Forwarded: for=127.0.0.1",
  ),
  wrong("a rewritten path", "X-Original-URL: /healthz", "X-Rewrite-URL: /healthz"),
  wrong("an override to open", "X-HTTP-Method-Override: OPTIONS"),
  wrong("a browser's word", "Sec-Fetch-Site: same-origin", "Origin: http://127.0.0.1"),
  { ...wrong("another encoding", "Transfer-Encoding: identity"), status: [0, 400, 401] },
  {
    ...{ name: "an override of the method", request: "GET /job/blue-job", status: 200 },
    headers: [bearer(KEYS.reader), "X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE"],
  },
  {
    ...{ name: "a method in the query", request: "POST /jobs?_method=GET", status: 403 },
    headers: [bearer(KEYS.reader), JSON_TYPE],
    body: `[${MAIL}]`,
  },
];

const PATHS = [
  ...[
    "//jobs",
    "/jobs/",
    "/JOBS",
    "/%6aobs",
    "/%2fjobs",
    "/./jobs",
    "/x/../jobs",
    "/jobs;/healthz",
  ],
  ...["/healthz/../jobs", "/healthz/..%2fjobs", "/healthz%2f..%2fjobs", "/healthz;/../jobs"],
  ...[
    "/docs/../jobs",
    "/docs/..%5cjobs",
    "/jobs%00",
    "/jobs%0d%0aX:%20y",
    "/jobs?/healthz",
    "/jobs#/docs",
  ],
  ...[
    "/jobs.json",
    "/jobs/.",
    "/openapi.json/../jobs",
    "http://127.0.0.1/jobs",
    "/job/a%2f..%2f..%2fhealthz",
  ],
].map((path): Attack => ({
  ...{
    name: `path: ${path}`,
    request: `GET ${path}`,
    headers: [],
    status: [0, 400, 401, 404, 421],
  },
}));

const METHODS = ["OPTIONS", "PATCH", "TRACE", "PROPFIND", "get", "GETX"].map((method): Attack => ({
  ...{ name: `method: ${method}`, request: `${method} /jobs`, headers: [] },
  status: [0, 400, 401, 405],
}));

const form = (type: string) => `Content-Type: ${type}`;
const FORGED: readonly Attack[] = [
  ...["cross-site", "same-site", "nonsense"].map((site): Attack => ({
    ...{ name: `CSRF: ${site}`, request: "POST /job", body: MAIL, status: 403 },
    headers: [JSON_TYPE, good, `Sec-Fetch-Site: ${site}`],
  })),
  ...["http://evil.example", "null", "http://127.0.0.1.evil.example", "https://127.0.0.1:1"].map((
    origin,
  ): Attack => ({
    ...{ name: `CSRF: from ${origin}`, request: "POST /job", body: MAIL, status: 403 },
    headers: [JSON_TYPE, good, `Origin: ${origin}`],
  })),
  ...["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"].map((
    type,
  ): Attack => ({
    ...{ name: `CSRF: as ${type}`, request: "POST /job", body: MAIL, status: 415 },
    headers: [form(type), good],
  })),
  ...["DELETE /job/blue-job", "POST /schedule/blue-schedule/trigger", "PUT /queue/blue"].map((
    request,
  ): Attack => ({
    ...{ name: `CSRF: ${request}`, request, headers: [good, "Origin: http://evil.example"] },
    status: 403,
  })),
  {
    ...{ name: "CSRF: a change by GET", request: "GET /job/blue-job/retry", headers: [good] },
    status: 405,
  },
  {
    ...{ name: "CSRF: a cookie's key", request: "POST /job", body: MAIL, status: 401 },
    headers: [JSON_TYPE, `Cookie: X-API-Key=${root}`, "Sec-Fetch-Site: same-origin"],
  },
  {
    ...{ name: "CSRF: a preflight", request: "OPTIONS /job", status: 401 },
    headers: ["Origin: http://evil.example", "Access-Control-Request-Method: POST"],
  },
];

/** The tables, by what they try. */
export const ATTACKS: Readonly<Record<string, readonly Attack[]>> = {
  ...{ "no key": NO_KEY, "wrong keys": WRONG, "expired keys": EXPIRED },
  ...{ "scopes that are too small": SCOPES, "other namespaces": OUTSIDE },
  ...{ "tricks with headers": HEADERS, "tricks with paths": [...PATHS, ...METHODS] },
  ...{ "requests that other sites forge": FORGED },
};
