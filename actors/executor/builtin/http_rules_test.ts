import assert from "node:assert/strict";
import type { Exchange } from "./http_request.ts";
import { followRedirect, isRetryableStatus, readHttpPayload, retryAfterMs } from "./http_rules.ts";

const URL_TEXT = "https://api.example.com/x";

Deno.test("readHttpPayload() fills in defaults", () => {
  const order = readHttpPayload({ url: URL_TEXT });
  assert.equal(order.exchange.method, "GET");
  assert.equal(order.exchange.body, null);
  assert.deepEqual(order.exchange.headers, {});
  assert.equal(order.timeoutMs, null);
  assert.deepEqual([199, 200, 299, 300].map(order.expects), [false, true, true, false]);
});

Deno.test("readHttpPayload() sends text as it is and other values as JSON", () => {
  const of = (body: unknown, headers = {}) =>
    readHttpPayload({ url: URL_TEXT, method: "put", body, headers }).exchange;
  assert.equal(of("a=b").body, "a=b");
  assert.equal(of("a=b").headers["content-type"], undefined);
  assert.equal(of({ a: 1 }).body, '{"a":1}');
  assert.equal(of({ a: 1 }).headers["content-type"], "application/json");
  assert.equal(of({}, { "Content-Type": "x/y" }).headers["content-type"], "x/y");
});

Deno.test("readHttpPayload() reads what is expected", () => {
  const expects = (expect: unknown) => readHttpPayload({ url: URL_TEXT, expect }).expects;
  assert.deepEqual([200, 204].map(expects(204)), [false, true]);
  assert.deepEqual([204, 404, 500].map(expects(["2xx", 404])), [true, true, false]);
});

Deno.test("readHttpPayload() refuses what makes no sense, without a retry", () => {
  const wrong: Record<string, unknown>[] = [
    {},
    { url: "/relative" },
    { url: "ftp://example.com" },
    { url: "file:///etc/passwd" },
    { url: "https://user:secret@example.com" },
    { url: URL_TEXT, method: "TRACE" },
    { url: URL_TEXT, method: 1 },
    { url: URL_TEXT, body: "x" },
    { url: URL_TEXT, headers: { a: 1 } },
    { url: URL_TEXT, headers: { "a b": "c" } },
    { url: URL_TEXT, headers: { a: "b\r\nc: d" } },
    { url: URL_TEXT, headers: { Host: "other" } },
    { url: URL_TEXT, headers: { "transfer-encoding": "chunked" } },
    { url: URL_TEXT, expect: "ok" },
    { url: URL_TEXT, expect: [200, "6xx"] },
    { url: URL_TEXT, timeout: "soon" },
    { url: URL_TEXT, timeout: 0 },
  ];
  for (const payload of wrong) {
    assert.throws(() => readHttpPayload(payload), {
      name: "InvalidPayloadError",
      retryable: false,
    }, JSON.stringify(payload));
  }
  assert.throws(() => readHttpPayload("x"), /must be an object/);
});

const FROM: Exchange = {
  url: new URL(URL_TEXT),
  method: "POST",
  headers: { authorization: "s", "x-key": "k", accept: "a", "content-type": "c" },
  body: "b",
};
const follow = (status: number, location?: string, from = FROM) =>
  followRedirect(from, { status, location });

Deno.test("followRedirect() keeps method and body for 307 and 308, and turns a POST into a GET else", () => {
  for (const status of [307, 308]) {
    const next = follow(status, "/y");
    assert.deepEqual([next?.method, next?.body, next?.url.pathname], ["POST", "b", "/y"]);
    assert.deepEqual(next?.headers, FROM.headers);
  }
  for (const status of [301, 302, 303]) {
    const next = follow(status, "y");
    assert.deepEqual([next?.method, next?.body], ["GET", null]);
    assert.equal(next?.headers["content-type"], undefined);
    assert.equal(next?.headers.authorization, "s");
  }
  assert.equal(follow(302, "y", { ...FROM, method: "PUT" })?.method, "PUT");
  assert.equal(follow(303, "y", { ...FROM, method: "HEAD" })?.method, "HEAD");
});

Deno.test("followRedirect() does not carry identifying headers to another origin (Y1)", () => {
  for (const location of ["https://evil.example/", "https://api.example.com:8443/"]) {
    assert.deepEqual(Object.keys(follow(307, location)?.headers ?? {}), ["accept", "content-type"]);
  }
});

Deno.test("followRedirect() refuses downgrades and other schemes (Y2), and stays without a location", () => {
  assert.throws(() => follow(302, "http://api.example.com/"), /https to http/);
  assert.throws(() => follow(302, "file:///etc/passwd"), /no http URL/);
  assert.throws(() => follow(302, "http://["), /no http URL/);
  assert.equal(follow(302), null);
  assert.equal(follow(200, "/y"), null);
  assert.equal(follow(304, "/y"), null);
});

Deno.test("isRetryableStatus() is false for client errors that will not pass", () => {
  const statuses = [301, 400, 401, 404, 408, 409, 425, 429, 500, 503];
  assert.deepEqual(statuses.filter((status) => !isRetryableStatus(status)), [400, 401, 404, 409]);
});

Deno.test("retryAfterMs() reads seconds and dates", () => {
  const now = Date.parse("2027-01-01T00:00:00Z");
  assert.equal(retryAfterMs("120", now), 120_000);
  assert.equal(retryAfterMs("Fri, 01 Jan 2027 00:00:30 GMT", now), 30_000);
  assert.equal(retryAfterMs("Fri, 01 Jan 2021 00:00:30 GMT", now), 0);
  for (const wrong of [undefined, "", "soon", "-5x"]) {
    assert.equal(retryAfterMs(wrong, now), undefined);
  }
});
