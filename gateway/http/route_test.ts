import assert from "node:assert/strict";
import { honoPath, noRoute, type Route, RouteIndex } from "./route.ts";

function route(method: Route["method"], path: string): Route {
  const operation = { id: path, tag: "jobs", summary: "", answers: {} } as const;
  return { method, path, access: "open", operation, handle: () => new Response() };
}

Deno.test("RouteIndex.methods() knows what each path offers", () => {
  const index = new RouteIndex([
    route("GET", "/job/{id}"),
    route("DELETE", "/job/{id}"),
    route("POST", "/job/{id}/retry"),
    route("GET", "/openapi.json"),
  ]);
  assert.deepEqual(index.methods("/job/a%2Fb"), ["GET", "HEAD", "DELETE"]);
  assert.deepEqual(index.methods("/job/x/retry"), ["POST"]);
  assert.deepEqual(index.methods("/openapi.json"), ["GET", "HEAD"]);
  for (const path of ["/job/", "/job/a/b", "/job", "/openapiXjson", "/x/job/a", ""]) {
    assert.deepEqual(index.methods(path), [], path);
  }
});

Deno.test("honoPath() writes parameters as Hono does", () => {
  assert.equal(honoPath("/cluster/node/{id}/drain"), "/cluster/node/:id/drain");
});

Deno.test("noRoute() tells an unknown path from an unknown method", () => {
  const hint = "see elsewhere";
  const unknown = noRoute("/x", { methods: [], hint });
  assert.deepEqual([unknown.status, unknown.detail], [404, hint]);
  const problem = noRoute("/x", { methods: ["POST"], hint });
  assert.deepEqual([problem.status, problem.more.allow], [405, ["POST", "OPTIONS"]]);
});
