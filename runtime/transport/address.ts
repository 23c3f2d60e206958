/**
 * Address: `host:port` of a node, as text.
 *
 * It reaches a C library inside a URL: only what is plainly a host and a port gets that far.
 * @module
 */

/** What an address says. `host` has no brackets. */
export interface Address {
  readonly host: string;
  /** 0 to 65535; 0 only where one is to be chosen. */
  readonly port: number;
}

const HOST_NAME =
  /^(?=.{1,190}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;
const IP6 = /^[0-9A-Fa-f:.]{2,45}$/;
const PORT = /^(0|[1-9][0-9]{0,4})$/;

/** Reads `host:port`, `1.2.3.4:port` or `[v6]:port`; undefined when it is none of them. */
export function parseAddress(text: string): Address | undefined {
  const colon = text.lastIndexOf(":");
  const portText = text.slice(colon + 1);
  if (colon < 1 || !PORT.test(portText)) return undefined;
  const port = Number(portText);
  if (port > 65_535) return undefined;
  const given = text.slice(0, colon);
  if (given.startsWith("[") && given.endsWith("]")) {
    const host = given.slice(1, -1);
    return IP6.test(host) && host.includes(":") ? { host, port } : undefined;
  }
  return HOST_NAME.test(given) ? { host: given, port } : undefined;
}

/** Tells whether a peer can be reached under `text`: well formed, and with a port. */
export function isPeerAddress(text: string): boolean {
  const parsed = parseAddress(text);
  return parsed !== undefined && parsed.port !== 0;
}

/** The text of an address; hosts of IPv6 get their brackets. */
export function addressText({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Tells whether only this machine can reach `host`. Names other than `localhost` may be anything. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
