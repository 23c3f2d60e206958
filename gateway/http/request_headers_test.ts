import assert from "node:assert/strict";
import { Problem } from "./problem.ts";
import {
  crossSite,
  idempotencyKey,
  lastEventId,
  prefersMinimal,
  traceId,
} from "./request_headers.ts";

Deno.test("idempotencyKey() takes 1 to 255 visible characters", () => {
  const of = (key: string) => idempotencyKey(new Headers({ "idempotency-key": key }));
  assert.equal(idempotencyKey(new Headers()), null);
  for (const key of ["k", '"8e03978e-40d5"', "~!".repeat(127)]) assert.equal(of(key), key);
  for (const key of ["", "a b", "k".repeat(256), "é", "a\tb"]) {
    assert.ok(of(key) instanceof Problem);
  }
});

Deno.test("idempotencyKey() refuses two keys", () => {
  const headers = new Headers([["idempotency-key", "a"], ["idempotency-key", "b"]]);
  assert.ok(idempotencyKey(headers) instanceof Problem);
});

Deno.test("prefersMinimal() finds the preference among others, as RFC 7240 spells them", () => {
  const of = (prefer: string) => prefersMinimal(new Headers({ prefer }));
  for (
    const header of [
      ...["return=minimal", "Return=Minimal", 'return="minimal"', "return = minimal; foo=1"],
      ...["respond-async, return=minimal", "return=minimal, wait=10"],
    ]
  ) assert.ok(of(header), header);
  for (
    const header of ["return=representation", "xreturn=minimal", "return=minimalist", "wait=1"]
  ) {
    assert.ok(!of(header), header);
  }
  assert.equal(prefersMinimal(new Headers()), false);
});

Deno.test("traceId() follows W3C Trace Context", () => {
  const id = "4bf92f3577b34da6a3ce929d0e0e4736";
  const span = "00f067aa0ba902b7";
  const of = (header: string) => traceId(new Headers({ traceparent: header }));
  assert.equal(of(`00-${id}-${span}-01`), id);
  assert.equal(of(`cc-${id}-${span}-01-what-the-future-brings`), id);
  for (
    const header of [
      ...[`ff-${id}-${span}-01`, `00-${id}-${span}-01-more`, `00-${id}-${span}`],
      ...[`00-${"0".repeat(32)}-${span}-01`, `00-${id}-${"0".repeat(16)}-01`, "x"],
      `00-${id.toUpperCase()}-${span}-01`,
    ]
  ) assert.equal(of(header), null, header);
  assert.equal(traceId(new Headers()), null);
});

Deno.test("lastEventId() splits at the last colon", () => {
  const of = (id: string) => lastEventId(new Headers({ "last-event-id": id }));
  assert.deepEqual(of("boot:1:42"), { boot: "boot:1", number: 42 });
  assert.deepEqual(of("7"), { boot: "", number: 7 });
  assert.equal(of(""), null);
  assert.equal(lastEventId(new Headers()), null);
  for (const id of ["x", ":1", "a:b", "1 2", "9".repeat(16)]) {
    assert.ok(of(id) instanceof Problem, id);
  }
});

Deno.test("crossSite() refuses other sites' requests only", () => {
  const of = (site: string) => crossSite(new Headers({ "sec-fetch-site": site }))?.kind;
  assert.equal(crossSite(new Headers()), null);
  assert.deepEqual([of("same-origin"), of("none")], [undefined, undefined]);
  assert.deepEqual([of("cross-site"), of("same-site")], ["cross-site", "cross-site"]);
});

Deno.test("crossSite() goes by Origin where Sec-Fetch-Site is missing", () => {
  const of = (headers: Record<string, string>) =>
    crossSite(new Headers({ host: "orrery.example:8080", ...headers }))?.kind;
  assert.equal(of({ origin: "https://orrery.example:8080" }), undefined);
  for (
    const origin of ["http://evil.example", "null", "http://orrery.example", "orrery.example:8080"]
  ) {
    assert.equal(of({ origin }), "cross-site", origin);
  }
  // What the browser says of the site is more than what it says of the origin.
  assert.equal(of({ "origin": "http://a", "sec-fetch-site": "same-origin" }), undefined);
  assert.equal(of({ "origin": "http://a", "sec-fetch-site": "cross-site" }), "cross-site");
});
