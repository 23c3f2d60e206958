/**
 * Addresses: tells public addresses from those that lie inside somebody's network.
 *
 * Intuition: a job that calls a URL is a request that users make through us, from inside. It must not reach
 * what only insiders can: this machine, its network, the cloud's metadata service. So only addresses that
 * are known to be public are let through; what cannot be read is not.
 *
 * Invariants: V1. An IPv6 address that embeds an IPv4 one (mapped, compatible, NAT64, 6to4, Teredo) is judged as both.
 * V2. Unreadable text is not public.
 * Source: IANA special-purpose address registries (RFC 6890).
 * @module
 */

/** IPv4 blocks that are not public: address and prefix length. */
const IPV4_SPECIAL: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carrier-grade NAT
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local, and the clouds' metadata service
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarking
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

/** Tells whether `address`, an IPv4 or IPv6 address as text, is publicly routable (V1, V2). */
export function isPublicAddress(address: string): boolean {
  const v4 = parseIpv4(address);
  if (v4 !== null) return isPublicIpv4(v4);
  const v6 = parseIpv6(address);
  return v6 !== null && isPublicIpv6(v6);
}

/** Tells whether `text` is an IP address rather than a name. Brackets of URLs must be taken off. */
export function isAddress(text: string): boolean {
  return parseIpv4(text) !== null || parseIpv6(text) !== null;
}

function isPublicIpv4(address: number): boolean {
  return !IPV4_SPECIAL.some(([block, bits]) => {
    const shift = 32 - bits;
    return (address >>> shift) === ((parseIpv4(block) ?? 0) >>> shift);
  });
}

function isPublicIpv6(groups: readonly number[]): boolean {
  const [g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0, g5 = 0, g6 = 0, g7 = 0] = groups;
  const last = joined(g6, g7);
  // Mapped (::ffff:a.b.c.d), compatible (::a.b.c.d, :: and ::1 among them) and translated (::ffff:0:a.b.c.d).
  if ([g0, g1, g2, g3].every((group) => group === 0)) {
    if (g4 === 0 && (g5 === 0xffff || g5 === 0)) return g5 === 0xffff && isPublicIpv4(last);
    return g4 === 0xffff && g5 === 0 && isPublicIpv4(last);
  }
  if (g0 === 0x64 && g1 === 0xff9b) { // NAT64; the local-use prefix 64:ff9b:1::/48 is never public
    return g2 === 0 && g3 === 0 && g4 === 0 && g5 === 0 && isPublicIpv4(last);
  }
  if (g0 === 0x2002) return isPublicIpv4(joined(g1, g2)); // 6to4
  if (g0 === 0x2001 && g1 < 0x200) return false; // Teredo and other protocol assignments
  if (g0 === 0x2001 && g1 === 0xdb8) return false; // documentation
  if (g0 === 0x3fff && g1 < 0x1000) return false; // documentation
  // Everything that is handed out globally lies in 2000::/3; local, link-local and multicast lie outside.
  return (g0 & 0xe000) === 0x2000;
}

function joined(high: number, low: number): number {
  return ((high << 16) | low) >>> 0;
}

/** A dotted quad as a number; octal, hexadecimal and shortened forms are not addresses here (V2). */
function parseIpv4(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let address = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    address = address * 256 + Number(part);
  }
  return address;
}

/** The eight groups of an IPv6 address; a zone (`%eth0`) makes it unreadable. */
function parseIpv6(text: string): number[] | null {
  let source = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const v4 = parseIpv4(dotted[2] ?? "");
    if (v4 === null) return null;
    source = `${dotted[1]}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`;
  }
  const halves = source.split("::");
  if (halves.length > 2 || !source.includes(":")) return null;
  const [head = [], tail = []] = halves.map((half) => half === "" ? [] : half.split(":"));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...new Array<string>(missing).fill("0"), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.map((group) => parseInt(group, 16));
}
