/**
 * HttpRequest: one HTTP exchange over a connection whose address was checked, with a bounded answer.
 *
 * Intuition: a name that is checked and then resolved again by the client can answer differently the second
 * time. So the check sits in the connection's own lookup: the address that is approved is the one that is
 * connected to. Names of several addresses are refused if any of them is.
 *
 * Invariants: U1. No connection is opened to an address that `allows` refuses. U2. At most `bodyBytesMax` of the answer
 * are read.
 * Not here: redirects and what a status means (http.ts).
 * @module
 */
import { lookup as resolveName } from "node:dns";
import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { isAddress } from "./addresses.ts";

/** What is sent. */
export interface Exchange {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The body was longer than what was read (U2). */
  readonly truncated: boolean;
}

/** A target that must not be reached. The same job would be refused again. */
export class AddressRefusedError extends Error {
  override readonly name = "AddressRefusedError";
  readonly retryable = false;
}

/** The bounds of an exchange. */
export interface ExchangeRules {
  readonly allows: (address: string) => boolean;
  readonly bodyBytesMax: number;
  readonly signal: AbortSignal;
}

/** Performs `exchange`; rejects with {@link AddressRefusedError}, the signal's reason, or a connection error. */
export function performExchange(exchange: Exchange, rules: ExchangeRules): Promise<Answer> {
  const { url, method, headers, body } = exchange;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isAddress(host) && !rules.allows(host)) return Promise.reject(refused(host, host)); // (U1)
  if (rules.signal.aborted) return Promise.reject(rules.signal.reason);
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? requestTls : requestPlain;
    const request = send({
      protocol: url.protocol,
      host,
      ...(url.port === "" ? {} : { port: Number(url.port) }),
      path: url.pathname + url.search,
      method,
      headers: { ...headers, host: url.host },
      agent: false,
      lookup: checkedLookup(rules.allows) as never,
    });
    const stop = () => request.destroy(rules.signal.reason);
    rules.signal.addEventListener("abort", stop, { once: true });
    const finish = () => rules.signal.removeEventListener("abort", stop);
    request.on("error", (error: Error) => {
      finish();
      reject(rules.signal.aborted ? rules.signal.reason : error);
    });
    request.on("response", (response: IncomingMessage) => {
      readAnswer(response, rules.bodyBytesMax).then(resolve, (error) => {
        reject(rules.signal.aborted ? rules.signal.reason : error);
      }).finally(() => {
        finish();
        request.destroy();
      });
    });
    request.end(body ?? undefined);
  });
}

type LookupCallback = (
  error: Error | null,
  address?: string | { address: string; family: number }[],
  family?: number,
) => void;

/** A resolver that answers only with names whose every address is allowed (U1). */
function checkedLookup(allows: (address: string) => boolean) {
  return (host: string, options: { all?: boolean }, callback: LookupCallback): void => {
    resolveName(host, { all: true }, (error, addresses) => {
      if (error) return callback(error);
      const bad = addresses.find(({ address }) => !allows(address));
      const [first] = addresses;
      if (bad) callback(refused(host, bad.address));
      else if (options.all) callback(null, addresses);
      else callback(null, first?.address ?? "", first?.family ?? 4);
    });
  };
}

function refused(host: string, address: string): AddressRefusedError {
  return new AddressRefusedError(
    `${host} is ${
      host === address ? "" : `at ${address}, `
    }not a public address; the operator can allow it with executors.http.allowPrivate`,
  );
}

async function readAnswer(response: IncomingMessage, bytesMax: number): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let truncated = false;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    const room = bytesMax - length;
    chunks.push(chunk.subarray(0, room));
    length += Math.min(room, chunk.length);
    truncated = chunk.length > room;
    if (truncated) break;
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
  );
  return { status: response.statusCode ?? 0, headers, body, truncated };
}
