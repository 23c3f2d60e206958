/**
 * RequestHeaders: reads the request headers that mean something to this API.
 * @module
 */
import { IDEMPOTENCY_KEY_CHARS_MAX } from "../limits.ts";
import { invalid, Problem } from "./problem.ts";

const KEY_RULE = `must be 1 to ${IDEMPOTENCY_KEY_CHARS_MAX} visible ASCII characters`;
const VISIBLE = /^[\x21-\x7e]+$/;
const MINIMAL = /(?:^|[,;])\s*return\s*=\s*(?:minimal|"minimal")\s*(?:$|[,;])/i;
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/** The `Idempotency-Key`; null when there is none. Two of them arrive joined by a comma and a space, and are refused. */
export function idempotencyKey(headers: Headers): string | null | Problem {
  const key = headers.get("idempotency-key");
  if (key === null || (VISIBLE.test(key) && key.length <= IDEMPOTENCY_KEY_CHARS_MAX)) return key;
  return invalid([{ path: "Idempotency-Key", message: KEY_RULE }]);
}

/**
 * The trace id of a W3C `traceparent`; null when there is none or it is not valid, as the
 * specification asks. Later versions may carry more after the flags.
 */
export function traceId(headers: Headers): string | null {
  const header = headers.get("traceparent");
  if (header === null) return null;
  const [, version, trace, parent, more] = TRACEPARENT.exec(header) ?? [];
  if (trace === undefined || version === "ff" || (version === "00" && more !== undefined)) {
    return null;
  }
  return /^0+$/.test(trace) || /^0+$/.test(parent ?? "") ? null : trace;
}

/** Tells whether the client prefers a short answer: `Prefer: return=minimal` (RFC 7240). */
export function prefersMinimal(headers: Headers): boolean {
  const header = headers.get("prefer");
  return header !== null && MINIMAL.test(header);
}

/** The `Last-Event-ID` split at its last colon; a number alone has no `boot`. Null when there is none. */
export function lastEventId(
  headers: Headers,
): { readonly boot: string; readonly number: number } | null | Problem {
  const header = headers.get("last-event-id");
  if (header === null || header === "") return null;
  const parts = /^(?:([\x21-\x7e]{1,200}):)?([0-9]{1,15})$/.exec(header);
  if (parts === null) {
    return invalid([{ path: "Last-Event-ID", message: "must be an id that this API has sent" }]);
  }
  return { boot: parts[1] ?? "", number: Number(parts[2]) };
}

/**
 * Refuses what a browser sends for another site. The API allows no other origins, but some requests
 * need no permission: without this any web page could act on a node that listens on localhost.
 */
export function crossSite(headers: Headers): Problem | null {
  const site = headers.get("sec-fetch-site");
  if (site === null ? sameOrigin(headers) : site === "same-origin" || site === "none") return null;
  return new Problem("cross-site", "browsers may use this API from its own pages only");
}

/** Browsers too old for `Sec-Fetch-Site` send `Origin` with what is not a simple read; programs send neither. */
function sameOrigin(headers: Headers): boolean {
  const origin = headers.get("origin");
  if (origin === null) return true;
  const host = headers.get("host");
  return host !== null && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
