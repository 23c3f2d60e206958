import assert from "node:assert/strict";
import { formatEndpoint, isLoopback, parseEndpoint } from "./endpoint.ts";

Deno.test("parseEndpoint() reads names, IPv4 and IPv6, and writes them back", () => {
  const cases: readonly [string, string, number][] = [
    ["127.0.0.1:8080", "127.0.0.1", 8080],
    ["localhost:0", "localhost", 0],
    ["node-a.example.com:65535", "node-a.example.com", 65535],
    ["my_service:7400", "my_service", 7400],
    ["[::1]:8080", "::1", 8080],
    ["[2001:db8::7]:443", "2001:db8::7", 443],
    ["[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", 1],
  ];
  for (const [text, host, port] of cases) {
    assert.deepEqual(parseEndpoint(text), { host, port }, text);
    assert.equal(formatEndpoint({ host, port }), text);
  }
});

Deno.test("parseEndpoint() refuses what is no endpoint", () => {
  const wrong = [
    "",
    "8080",
    ":8080",
    "host",
    "host:",
    "host:65536",
    "host:-1",
    "host:80a",
    "host: 80",
    "host:080808",
    "::1:8080",
    "[::1]",
    "[:::1]:80",
    "[zz]:80",
    "[127.0.0.1]:80",
    "256.0.0.1:80",
    "1.2.3:80",
    "01.2.3.4:80",
    "-a:80",
    "a..b:80",
    "http://a:80",
    "a:80/",
    "user@host:80",
    `${"a".repeat(254)}:80`,
  ];
  for (const text of wrong) assert.equal(parseEndpoint(text), undefined, text);
});

Deno.test("isLoopback() is true only for what no other machine can reach", () => {
  for (const host of ["localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"]) {
    assert.equal(isLoopback(host), true, host);
  }
  assert.equal(isLoopback("::ffff:127.0.0.1"), true);
  const open = [
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "128.0.0.1",
    "127.example.com",
    "localhost.example.com",
  ];
  for (const host of open) assert.equal(isLoopback(host), false, host);
});
