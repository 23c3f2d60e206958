/**
 * HttpWire: as much of HTTP/1.1 as a load generator needs: one request made once, and where a
 * response ends. Everything else would cost time that belongs to the server under test.
 *
 * @module
 */

/** A response that has come in completely. */
export interface WireResponse {
  readonly status: number;
  /** Characters that it takes in the input; what follows belongs to the next one. */
  readonly length: number;
}

/** What to post; `headers` come beside those that every post has. */
export interface PostTarget {
  readonly host: string;
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The bytes of one keep-alive `POST` of JSON. */
export function postRequest(target: PostTarget): Uint8Array {
  const encoder = new TextEncoder();
  const body = encoder.encode(target.body);
  const head = `POST ${target.path} HTTP/1.1\r\nHost: ${target.host}\r\n` +
    Object.entries(target.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`).join("") +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(encoder.encode(head));
  bytes.set(body, head.length);
  return bytes;
}

/**
 * The response at the start of `input` (bytes as Latin-1 text); undefined while it is incomplete.
 * Throws when it is none, or says neither its length nor that it comes in chunks.
 */
export function readResponse(input: string): WireResponse | undefined {
  const headEnd = input.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = input.slice(0, headEnd);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new Error(`not HTTP: ${head.slice(0, 80)}`);
  const bodyAt = headEnd + 4;
  const declared = /\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1];
  if (declared !== undefined) {
    const length = bodyAt + Number(declared);
    return input.length >= length ? { status: Number(status), length } : undefined;
  }
  if (!/\r\ntransfer-encoding:\s*chunked/i.test(head)) throw new Error("a body without a length");
  const length = chunkedEnd(input, bodyAt);
  return length === undefined ? undefined : { status: Number(status), length };
}

function chunkedEnd(input: string, from: number): number | undefined {
  let at = from;
  for (;;) {
    const lineEnd = input.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const size = parseInt(input.slice(at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error("a chunk without a size");
    at = lineEnd + 2 + size + 2;
    if (at > input.length) return undefined;
    if (size === 0) return at;
  }
}
