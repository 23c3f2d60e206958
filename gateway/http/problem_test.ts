import assert from "node:assert/strict";
import { Fault, type FaultCode } from "../../runtime/fault.ts";
import { faultProblem, invalid, Problem, PROBLEM_KINDS, problemResponse } from "./problem.ts";

Deno.test("problemResponse() writes RFC 9457", async () => {
  const problem = invalid([{ path: "retry.base", message: "must not be longer than max" }]);
  const response = problemResponse(problem, "/job");
  assert.equal(response.status, 400);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.deepEqual(await response.json(), {
    type: "urn:orrery:problem:invalid",
    title: "The request is not valid",
    status: 400,
    detail: "retry.base: must not be longer than max",
    instance: "/job",
    errors: [{ path: "retry.base", message: "must not be longer than max" }],
  });
});

Deno.test("problemResponse() adds the headers that its status asks for", () => {
  for (const kind of Object.keys(PROBLEM_KINDS) as (keyof typeof PROBLEM_KINDS)[]) {
    const problem = new Problem(kind, "why", kind === "wrong-method" ? { allow: ["GET"] } : {});
    const { status, headers } = problemResponse(problem, "/");
    assert.equal(headers.get("retry-after"), status === 503 ? "1" : null, kind);
    assert.equal(headers.get("allow"), status === 405 ? "GET" : null, kind);
    assert.equal(
      headers.get("connection"),
      status === 408 || status === 413 ? "close" : null,
      kind,
    );
    assert.equal(headers.get("cache-control"), "no-store", kind);
  }
});

Deno.test("problemResponse() keeps members beside the standard ones", async () => {
  const problem = new Problem("conflict", "why", { members: { state: "running" } });
  const document = await problemResponse(problem, "/job/x").json();
  assert.deepEqual([document.state, document.status, document.errors], ["running", 409, undefined]);
});

Deno.test("invalid() names the whole request where no field is to blame", () => {
  assert.equal(
    invalid([{ path: "", message: "must be JSON" }]).detail,
    "the request: must be JSON",
  );
  assert.equal(invalid([], "too-large").status, 413);
});

Deno.test("faultProblem() promises that nothing was accepted only where that is known", () => {
  const of = (code: FaultCode) => faultProblem(new Fault("store.apply", code, { message: "m" }));
  for (const code of ["unavailable", "full", "read-only", "overloaded"] as const) {
    assert.equal(of(code).status, 503);
    assert.match(of(code).detail, /nothing was accepted/);
  }
  assert.deepEqual([of("timeout").status, of("timeout").detail], [
    504,
    "unknown: repeat with the same Idempotency-Key",
  ]);
  assert.deepEqual([of("corrupt").status, of("mismatch").status], [500, 500]);
});
