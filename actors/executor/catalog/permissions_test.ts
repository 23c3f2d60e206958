import assert from "node:assert/strict";
import type { HandlerPermissions } from "../define.ts";
import {
  grantsOf,
  intersect,
  NO_PERMISSIONS,
  PERMISSION_KINDS,
  profileKey,
  reducedKinds,
} from "./permissions.ts";

const granted = (declared: HandlerPermissions, cap: HandlerPermissions | null) =>
  intersect(grantsOf(declared, "/srv"), cap === null ? null : grantsOf(cap, "/srv"));

Deno.test("grantsOf() says every kind; what is not declared is refused (P3)", () => {
  assert.deepEqual(Object.keys(NO_PERMISSIONS), [...PERMISSION_KINDS]);
  assert.ok(Object.values(NO_PERMISSIONS).every((grant) => grant === false));
  assert.deepEqual(granted({ net: [] }, null), NO_PERMISSIONS);
  assert.deepEqual(grantsOf({ net: ["b", "a", "a"] }).net, ["a", "b"]);
});

Deno.test("grantsOf() makes paths absolute and plain", () => {
  const { read } = grantsOf({ read: ["data/../x//y/.", "/etc/../var", "."] }, "/srv");
  assert.deepEqual(read, ["/srv", "/srv/x/y", "/var"]);
});

Deno.test("intersect() never grants more than either side", () => {
  assert.equal(granted({ net: true }, null).net, true);
  assert.equal(granted({ net: true }, {}).net, false);
  assert.equal(granted({}, { net: true }).net, false);
  assert.deepEqual(granted({ net: ["a"] }, { net: true }).net, ["a"]);
  assert.deepEqual(granted({ net: true }, { net: ["a"] }).net, ["a"]);
  assert.deepEqual(granted({ net: ["a", "b"] }, { net: ["b", "c"] }).net, ["b"]);
});

Deno.test("intersect() lets a host cover its ports, and a port only itself", () => {
  const net = (declared: string, cap: string) => granted({ net: [declared] }, { net: [cap] }).net;
  assert.deepEqual(net("api.example.com:443", "api.example.com"), ["api.example.com:443"]);
  assert.equal(net("api.example.com", "api.example.com:443"), false);
  assert.equal(net("api.example.com.evil:443", "api.example.com"), false);
  assert.equal(net("a.com:443:1", "a.com:443"), false);
  assert.deepEqual(net("[::1]:80", "[::1]"), ["[::1]:80"]);
});

Deno.test("intersect() lets a folder cover what lies in it, and no sibling", () => {
  const read = (declared: string, cap: string) =>
    granted({ read: [declared] }, { read: [cap] }).read;
  assert.deepEqual(read("/data/in/x", "/data"), ["/data/in/x"]);
  assert.deepEqual(read("/data/in", "/"), ["/data/in"]);
  assert.equal(read("/database", "/data"), false);
  assert.equal(read("/data/../etc", "/data"), false);
  assert.equal(read("/", "/data"), false);
});

Deno.test("intersect() knows environment prefixes; programs and system names stand for themselves", () => {
  assert.deepEqual(granted({ env: ["AWS_KEY"] }, { env: ["AWS_*"] }).env, ["AWS_KEY"]);
  assert.equal(granted({ env: ["AWS_*"] }, { env: ["AWS_KEY"] }).env, false);
  assert.equal(granted({ run: ["/bin/sh"] }, { run: ["/bin"] }).run, false);
  assert.deepEqual(granted({ sys: ["hostname"] }, { sys: ["hostname"] }).sys, ["hostname"]);
});

Deno.test("profileKey() is equal for equal sets, however they were written", () => {
  assert.equal(
    profileKey(grantsOf({ net: ["a", "b"], read: ["/x/"] })),
    profileKey(grantsOf({ read: ["/x"], net: ["b", "a", "b"], env: [] })),
  );
  assert.notEqual(profileKey(grantsOf({ net: ["a"] })), profileKey(grantsOf({ net: ["b"] })));
});

Deno.test("reducedKinds() names what the cap took", () => {
  const declared = grantsOf({ net: ["a"], env: true });
  assert.deepEqual(reducedKinds(declared, intersect(declared, grantsOf({ net: ["a"] }))), ["env"]);
});
