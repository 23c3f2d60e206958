/**
 * Door: what is checked before a request is looked at: room, stop, host name, other sites.
 *
 * Intuition: a node that listens on localhost is reachable from every web page of that machine's
 * browser. A page can point its own name at 127.0.0.1 (DNS rebinding); the name in the request gives
 * it away. And it can send simple requests to another site; `Sec-Fetch-Site`, or `Origin` where that is missing,
 * gives those away.
 * @module
 */
import type { Lifecycle } from "./lifecycle.ts";
import { Problem } from "./problem.ts";
import { crossSite } from "./request_headers.ts";

/** Tells why a request may not come in; null when it may. */
export type Door = (request: Request) => Problem | null;

const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const FULL = new Problem("overloaded", "too many requests are under way");
const STOPPING = new Problem("draining", "the node is stopping and takes no new work");

/** Makes the door. `hosts` are the host names that are served, undefined for any. */
export function openDoor(
  { hosts, requestsMax, lifecycle }: {
    hosts: readonly string[] | undefined;
    requestsMax: number;
    lifecycle: Lifecycle;
  },
): Door {
  const served = new Set(hosts);
  // Nearly all requests name the same origin: the last good one is remembered.
  let known = "";
  const wrongHost = (url: string): boolean => {
    if (hosts === undefined || (known !== "" && url.startsWith(known))) return false;
    const { hostname, origin } = new URL(url);
    if (!served.has(hostname)) return true;
    known = `${origin}/`;
    return false;
  };
  return (request) => {
    if (lifecycle.underWay >= requestsMax) return FULL;
    if (wrongHost(request.url)) {
      return new Problem("wrong-host", "this node is not served under that host name");
    }
    if (READS.has(request.method)) return null;
    if (lifecycle.stopping.aborted) return STOPPING;
    return crossSite(request.headers);
  };
}
