import assert from "node:assert/strict";
import { isAddress, isPublicAddress } from "./addresses.ts";

Deno.test("isPublicAddress() lets public addresses through", () => {
  for (
    const address of [
      "1.1.1.1",
      "8.8.8.8",
      "100.63.255.255",
      "100.128.0.0",
      "172.15.255.255",
      "172.32.0.0",
      "192.167.255.255",
      "198.17.255.255",
      "223.255.255.255",
      "2606:4700:4700::1111",
      "2a00:1450:4001:80b::200e",
      "::ffff:8.8.8.8",
      "::ffff:0:8.8.8.8",
      "64:ff9b::8.8.8.8",
      "2002:0808:0808::1",
    ]
  ) assert.equal(isPublicAddress(address), true, address);
});

Deno.test("isPublicAddress() refuses every special IPv4 block", () => {
  for (
    const address of [
      "0.0.0.0",
      "0.1.2.3",
      "10.0.0.1",
      "10.255.255.255",
      "100.64.0.1",
      "100.127.255.255",
      "127.0.0.1",
      "127.255.255.254",
      "169.254.169.254",
      "172.16.0.1",
      "172.31.255.255",
      "192.0.0.1",
      "192.0.2.1",
      "192.88.99.1",
      "192.168.1.1",
      "198.18.0.1",
      "198.19.255.255",
      "198.51.100.1",
      "203.0.113.1",
      "224.0.0.1",
      "239.255.255.255",
      "240.0.0.1",
      "255.255.255.255",
    ]
  ) assert.equal(isPublicAddress(address), false, address);
});

Deno.test("isPublicAddress() refuses IPv6 that is not global, and IPv4 in disguise (V1)", () => {
  for (
    const address of [
      "::",
      "::1",
      "0:0:0:0:0:0:0:1",
      "::127.0.0.1",
      "::8.8.8.8",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "::FFFF:10.0.0.1",
      "::ffff:0:10.0.0.1",
      "64:ff9b::10.0.0.1",
      "64:ff9b:1::8.8.8.8",
      "2002:7f00:1::",
      "2002:a00:1::1",
      "2001::1",
      "2001:db8::1",
      "3fff::1",
      "fc00::1",
      "fd12:3456::1",
      "fe80::1",
      "febf::1",
      "fec0::1",
      "ff02::1",
      "100::1",
      "4000::1",
    ]
  ) assert.equal(isPublicAddress(address), false, address);
});

Deno.test("isPublicAddress() refuses what it cannot read (V2)", () => {
  for (
    const text of [
      "",
      "example.com",
      "8.8.8",
      "8.8.8.8.8",
      "08.8.8.8",
      "0x8.8.8.8",
      "134744072",
      "256.1.1.1",
      "2606:4700::1::1",
      "2606:4700:4700:0:0:0:0:0:1111",
      "2606:4700",
      "fe80::1%eth0",
      "[2606:4700::1]",
      "::ffff:8.8.8.300",
      "g::1",
    ]
  ) {
    assert.equal(isPublicAddress(text), false, text);
    assert.equal(isAddress(text), false, text);
  }
  assert.equal(isAddress("::1"), true);
  assert.equal(isAddress("127.0.0.1"), true);
});
