/**
 * Endpoint: reads `host:port`, and tells which hosts only this machine can reach.
 *
 * Forms: `127.0.0.1:8080`, `node-a.example:7400`, `[::1]:8080`. IPv6 needs its brackets, because
 * `::1:8080` could mean two things. Port 0 means: any free one.
 * @module
 */

/** Where to listen or to connect. `host` has no brackets. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;
const FORM = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/;
const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const IPV4_MAPPED = /^::ffff:(?=\d+\.)/i;

/** `text` as an endpoint; undefined when it is none. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port > PORT_MAX) return undefined;
  const [, six, name] = match;
  if (six !== undefined) return isIpv6(six) ? { host: six.toLowerCase(), port } : undefined;
  return name !== undefined && isHost(name) ? { host: name, port } : undefined;
}

/** `endpoint` as people write it, IPv6 in brackets. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.host.includes(":")
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`;
}

/** True when only this machine can reach what listens on `host`. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(IPV4_MAPPED, "");
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") return true;
  return isIpv4(name) && name.startsWith("127.");
}

function isHost(name: string): boolean {
  // What looks like an address must be one: `256.0.0.1` is no host name.
  if (/^[\d.]+$/.test(name)) return isIpv4(name);
  return name.split(".").every((label) =>
    /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label)
  );
}

function isIpv4(text: string): boolean {
  const parts = IPV4.exec(text)?.slice(1);
  return parts !== undefined &&
    parts.every((part) => Number(part) <= 255 && String(Number(part)) === part);
}

/** The URL parser knows every form of an IPv6 address, and refuses the rest. */
function isIpv6(text: string): boolean {
  return URL.canParse(`http://[${text}]/`);
}
