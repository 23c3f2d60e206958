/**
 * HttpRules: what the `http` handler's payload means, where redirects lead, and what a status says about retrying.
 * Pure; the exchanges themselves are in http_request.ts.
 *
 * Invariants: Y1. Headers that may identify somebody are not sent to another origin than the one they were meant for.
 * Y2. A redirect never leads from https to http.
 * @module
 */
import { parseDuration } from "../../../runtime/duration.ts";
import type { Exchange } from "./http_request.ts";
import { invalid, record, textRecord } from "./payload.ts";

/** A payload, read. */
export interface HttpOrder {
  readonly exchange: Exchange;
  readonly expects: (status: number) => boolean;
  /** For messages. */
  readonly expected: string;
  readonly timeoutMs: number | null;
}

const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);
/** Set by the connection itself. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Headers that say nothing about who sends them; only these follow a redirect to another origin (Y1). */
const ANONYMOUS_HEADERS: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "content-type",
  "user-agent",
]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Client errors that may pass: request timeout, too early, too many requests. */
const RETRYABLE_CLIENT_ERRORS: ReadonlySet<number> = new Set([408, 425, 429]);

/** Reads the payload `{url, method?, headers?, body?, expect?, timeout?}`; throws when it makes no sense. */
export function readHttpPayload(payload: unknown): HttpOrder {
  const { url, method = "GET", headers, body, expect = "2xx", timeout } = record("http", payload);
  if (typeof method !== "string" || !METHODS.has(method.toUpperCase())) {
    throw invalid(`http: \`method\` must be one of ${[...METHODS].join(", ")}`);
  }
  const timeoutMs = timeout === undefined || timeout === null ? null : parseDuration(timeout);
  if (timeoutMs === undefined || timeoutMs === 0) {
    throw invalid("http: `timeout` must be a duration above zero");
  }
  const sent = readHeaders(headers);
  const text = body === undefined || body === null
    ? null
    : typeof body === "string"
    ? body
    : JSON.stringify(body);
  if (text !== null && typeof body !== "string") sent["content-type"] ??= "application/json";
  if (text !== null && (method.toUpperCase() === "GET" || method.toUpperCase() === "HEAD")) {
    throw invalid("http: GET and HEAD have no `body`");
  }
  return {
    exchange: { url: readUrl(url), method: method.toUpperCase(), headers: sent, body: text },
    expects: readExpect(expect),
    expected: [expect].flat().join(" or "),
    timeoutMs,
  };
}

/** The exchange that an answer with `status` and `location` leads to; null when it leads nowhere else. */
export function followRedirect(
  from: Exchange,
  { status, location }: { status: number; location: string | undefined },
): Exchange | null {
  if (!REDIRECTS.has(status) || location === undefined) return null;
  const url = URL.canParse(location, from.url) ? new URL(location, from.url) : null;
  if (!url || !isHttp(url)) {
    throw invalid(`http: it redirects to ${location}, which is no http URL`);
  }
  if (from.url.protocol === "https:" && url.protocol === "http:") { // (Y2)
    throw invalid("http: it redirects from https to http");
  }
  const drop = status === 303 && from.method !== "HEAD" ||
    (status === 301 || status === 302) && from.method === "POST";
  const headers = Object.entries(from.headers).filter(([name]) =>
    (url.origin === from.url.origin || ANONYMOUS_HEADERS.has(name)) && // (Y1)
    !(drop && name === "content-type")
  );
  return {
    url,
    method: drop ? "GET" : from.method,
    headers: Object.fromEntries(headers),
    body: drop ? null : from.body,
  };
}

/** Tells whether the same request may succeed later. */
export function isRetryableStatus(status: number): boolean {
  return status < 400 || status >= 500 || RETRYABLE_CLIENT_ERRORS.has(status);
}

/** What a Retry-After header asks for, ms from `nowMs`: seconds or a date; undefined when it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,8}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function readUrl(value: unknown): URL {
  if (typeof value !== "string" || !URL.canParse(value)) {
    throw invalid("http: `url` must be an absolute URL");
  }
  const url = new URL(value);
  if (!isHttp(url)) throw invalid("http: `url` must begin with http:// or https://");
  if (url.username !== "" || url.password !== "") {
    throw invalid("http: `url` must not hold credentials; send a header instead");
  }
  return url;
}

function isHttp(url: URL): boolean {
  return url.protocol === "http:" || url.protocol === "https:";
}

function readHeaders(value: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(textRecord(value, "http: headers"))) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[\r\n\0]/.test(text)) {
      throw invalid(`http: header ${JSON.stringify(name)} is not valid`);
    }
    if (RESERVED_HEADERS.has(name.toLowerCase())) {
      throw invalid(`http: header \`${name}\` is set by the connection`);
    }
    headers[name.toLowerCase()] = text;
  }
  return headers;
}

function readExpect(value: unknown): (status: number) => boolean {
  const rules = [value].flat().map((rule) => {
    if (typeof rule === "number" && Number.isInteger(rule)) {
      return (status: number) => status === rule;
    }
    const hundreds = typeof rule === "string" ? /^([1-5])xx$/.exec(rule)?.[1] : undefined;
    if (hundreds === undefined) {
      throw invalid('http: `expect` must be a status, a class such as "2xx", or a list of these');
    }
    return (status: number) => Math.floor(status / 100) === Number(hundreds);
  });
  return (status) => rules.some((rule) => rule(status));
}
