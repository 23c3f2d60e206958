import assert from "node:assert/strict";
import { Fault } from "../../fault.ts";
import { isRedisUrl, parseRedisUrl } from "./address.ts";

Deno.test("parseRedisUrl() leaves one server's URL to the client", () => {
  for (const url of ["redis://h:1", "rediss://u:p@h:1/3"]) {
    assert.deepEqual(parseRedisUrl(url), { kind: "single", url });
  }
});

Deno.test("parseRedisUrl() reads Sentinels, the primary's name, a database and credentials", () => {
  assert.deepEqual(parseRedisUrl("redis-sentinel://me:p%40ss@a:26379,[::1]:26380/jobs/2"), {
    kind: "sentinel",
    sentinels: [{ host: "a", port: 26379 }, { host: "::1", port: 26380 }],
    name: "jobs",
    db: 2,
    credentials: { username: "me", password: "p@ss" },
  });
});

Deno.test("parseRedisUrl() reads a cluster's nodes; a password needs no user", () => {
  assert.deepEqual(parseRedisUrl("redis-cluster://:secret@a:7000,b:7001"), {
    kind: "cluster",
    nodes: [{ host: "a", port: 7000 }, { host: "b", port: 7001 }],
    credentials: { password: "secret" },
  });
});

for (
  const url of [
    "redis-sentinel://:sesame@a:1",
    "redis-cluster://:sesame@a:1/name",
    "redis-cluster://:sesame@a",
    "redis-cluster://:sesame@a:70000",
    "redis-cluster://:sesame%@a:1",
    "redis-cluster://:sesame@a:1,",
  ]
) {
  Deno.test(`parseRedisUrl() refuses ${url} without repeating it (RS2)`, () => {
    assert.ok(isRedisUrl(url));
    assert.throws(() => parseRedisUrl(url), (error) => {
      return error instanceof Fault && error.code === "mismatch" &&
        !error.message.includes("sesame");
    });
  });
}
