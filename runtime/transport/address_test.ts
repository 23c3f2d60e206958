import assert from "node:assert/strict";
import { addressText, isLoopback, isPeerAddress, parseAddress } from "./address.ts";

Deno.test("parseAddress() reads names, IPv4 and IPv6, and addressText() writes them", () => {
  const texts = ["localhost:1", "10.0.0.1:65535", "[::1]:7000", "node-1.orrery.svc:80", "a:0"];
  for (const text of texts) {
    const parsed = parseAddress(text);
    assert.ok(parsed !== undefined, text);
    assert.equal(addressText(parsed), text);
  }
});

Deno.test("parseAddress() refuses all that isn't a host and a port", () => {
  const texts = ["", ":", ":1", "a", "a:", "a:-1", "a:65536", "a:01", "a:1 ", " a:1", "a b:1"];
  const tricks = ["tcp://a:1", "a:1,b:2", "a;b:1", "a\0b:1", "-a:1", "::1:5", "[a]:1", "*:1"];
  for (const text of [...texts, ...tricks, `${"x".repeat(191)}:1`]) {
    assert.equal(parseAddress(text), undefined, JSON.stringify(text));
  }
});

Deno.test("isPeerAddress() wants a port", () => {
  assert.deepEqual(["a:1", "a:0", "a"].map(isPeerAddress), [true, false, false]);
});

Deno.test("isLoopback() knows what only this machine reaches", () => {
  assert.deepEqual(["127.0.0.1", "127.8.8.8", "::1", "localhost"].map(isLoopback), [
    true,
    true,
    true,
    true,
  ]);
  const others = ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.com", "localhost.example.com"];
  assert.deepEqual(others.map(isLoopback), others.map(() => false));
});
