import assert from "node:assert/strict";
import { Fault } from "../runtime/fault.ts";
import { setup } from "./testing/setup.ts";

Deno.test("Gateway answers unknown paths with 404 and known ones with their methods", async () => {
  const { ask } = setup();
  assert.equal((await ask("GET /nope")).json.type, "urn:orrery:problem:no-such-route");
  const cases: [string, string][] = [
    ["PATCH /job", "POST, OPTIONS"],
    ["PUT /job/x", "GET, HEAD, DELETE, OPTIONS"],
    ["DELETE /jobs", "POST, GET, HEAD, OPTIONS"],
    ["DELETE /schedule", "POST, OPTIONS"],
    ["POST /schedule/x", "GET, HEAD, PUT, DELETE, OPTIONS"],
    ["GET /schedule/x/pause", "POST, OPTIONS"],
    ["PUT /flow/x", "GET, HEAD, DELETE, OPTIONS"],
    ["POST /queue/x", "GET, HEAD, PUT, OPTIONS"],
    ["POST /healthz", "GET, HEAD, OPTIONS"],
  ];
  for (const [request, allow] of cases) {
    const answer = await ask(request);
    assert.equal(answer.status, 405, request);
    assert.equal(answer.headers.get("allow"), allow, request);
    assert.equal(answer.headers.get("content-type"), "application/problem+json", request);
  }
});

Deno.test("Gateway answers OPTIONS with what a path offers, and allows no other origin", async () => {
  const { ask } = setup();
  const answer = await ask("OPTIONS /job/x", { headers: { origin: "https://evil.example" } });
  assert.equal(answer.status, 204);
  assert.equal(answer.headers.get("allow"), "GET, HEAD, DELETE, OPTIONS");
  assert.equal(answer.headers.get("access-control-allow-origin"), null);
  assert.equal((await ask("OPTIONS /nope")).status, 404);
});

Deno.test("Gateway refuses what a browser sends for another site", async () => {
  const { ask, jobs } = setup();
  const body = { name: "mail" };
  for (const site of ["cross-site", "same-site"]) {
    const answer = await ask("POST /job", { body, headers: { "sec-fetch-site": site } });
    assert.equal(answer.status, 403, site);
  }
  assert.equal(jobs.records.size, 0);
  for (const site of ["same-origin", "none"]) {
    const answer = await ask("POST /job", { body, headers: { "sec-fetch-site": site } });
    assert.equal(answer.status, 202, site);
  }
});

Deno.test("Gateway serves only the host names that it was given", async () => {
  const { gateway } = setup({ hosts: ["127.0.0.1", "[::1]"] });
  const status = async (url: string) => (await gateway.fetch(new Request(url))).status;
  assert.equal(await status("http://127.0.0.1:8080/healthz"), 200);
  assert.equal(await status("http://127.0.0.1:8080/healthz"), 200);
  assert.equal(await status("http://[::1]:8080/healthz"), 200);
  assert.equal(await status("http://rebound.example:8080/healthz"), 421);
  assert.equal(await status("http://127.0.0.1.evil.example:8080/healthz"), 421);
  assert.equal(await status("http://127.0.0.1:80801@evil.example/healthz"), 421);
});

Deno.test("Gateway bounds the requests under way", async () => {
  const { ask, jobs, gateway } = setup({ limits: { requestsMax: 1 } });
  const gate = Promise.withResolvers<void>();
  jobs.gate = gate.promise;
  const held = ask("POST /job", { body: { name: "mail" } });
  assert.equal(gateway.underWay, 1);
  const full = await ask("GET /healthz");
  assert.deepEqual([full.status, full.headers.get("retry-after")], [503, "1"]);
  gate.resolve();
  assert.equal((await held).status, 202);
  assert.equal((await ask("GET /healthz")).status, 200);
});

Deno.test("Gateway refuses work while it stops, and waits for what is under way (G3)", async () => {
  const { ask, jobs, gateway, clock } = setup();
  const gate = Promise.withResolvers<void>();
  jobs.gate = gate.promise;
  const held = ask("POST /job", { body: { name: "mail" } });
  let stopped = false;
  const stopping = gateway.stop().then(() => stopped = true);
  const refused = await ask("POST /job", { body: { name: "mail" } });
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  assert.equal(refused.json.type, "urn:orrery:problem:draining");
  assert.equal((await ask("GET /healthz")).status, 200);
  assert.equal(stopped, false);
  gate.resolve();
  assert.equal((await held).status, 202);
  await stopping;
  assert.equal(jobs.records.size, 1);
  assert.equal(clock.timers, 0);
});

Deno.test("Gateway logs a store that needs an operator, once per request (G4)", async () => {
  const { ask, jobs, logged } = setup();
  jobs.fault = new Fault("store.load", "corrupt", { message: "row 7" });
  const answer = await ask("GET /job/x");
  assert.equal(answer.status, 500);
  assert.doesNotMatch(answer.text, /row 7/);
  assert.equal(logged.length, 1);
});

Deno.test("Gateway answers 408 when a body does not arrive in time, and counts it no longer", async () => {
  const { ask, clock, gateway, jobs } = setup({ limits: { requestBodyMs: 1_000 } });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const source = writable.getWriter();
  source.write(new TextEncoder().encode('{"name":"ma')).catch(() => {});
  const answering = ask("POST /job", { body: readable });
  assert.equal(gateway.underWay, 1);
  clock.advance(1_000);
  const answer = await answering;
  assert.equal(answer.status, 408);
  assert.equal(answer.headers.get("connection"), "close");
  assert.equal(gateway.underWay, 0);
  await source.abort();
  assert.equal(jobs.records.size, 0);
});
