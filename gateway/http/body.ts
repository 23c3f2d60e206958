/**
 * Body: reads request bodies within bounds of size and time.
 *
 * Intuition: a declared length is checked before a byte is read, and the server holds the client to
 * it, so the fast path may read all at once. A body of unknown length is counted as it comes.
 *
 * Invariants: Y1. No more than the allowed bytes are held (plus one chunk). Y2. Reading ends within the
 * time limit, with a problem if need be. Y3. Nothing here throws or rejects.
 * @module
 */
import { JSON_DEPTH_MAX } from "../limits.ts";
import { jsonDepth } from "../schemas/json_text.ts";
import type { Deadlines } from "./deadlines.ts";
import { Problem } from "./problem.ts";

/** What JSON is called. */
export const JSON_TYPES: readonly string[] = ["application/json"];

const DECODER = new TextDecoder("utf-8", { fatal: true });
const TOO_SLOW = new Problem("too-slow", "the whole body must arrive within the time limit");
const BROKEN = new Problem("body-broken", "the body ended before its announced length");
const MISSING = new Problem("not-json", "a JSON body is required", {
  errors: [{ path: "", message: "a body is required" }],
});

/** Checks that the content type is one of `allowed`, without its parameters. */
export function mediaType(headers: Headers, allowed: readonly string[]): string | Problem {
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    return new Problem("wrong-media-type", "send the body without content-encoding", {
      errors: [{ path: "Content-Encoding", message: "must be absent" }],
    });
  }
  const header = headers.get("content-type") ?? "";
  // The common spelling first: it spares the splitting.
  if (allowed[0] === header) return header;
  const [type = "", ...parameters] = header.toLowerCase().split(";").map((part) => part.trim());
  const charset = parameters.find((part) => part.startsWith("charset="))?.slice(8)
    .replaceAll('"', "");
  if (allowed.includes(type) && (charset === undefined || charset === "utf-8")) return type;
  return new Problem("wrong-media-type", `send ${allowed.join(" or ")} in UTF-8`, {
    errors: [{ path: "Content-Type", message: `must be ${allowed.join(" or ")}` }],
  });
}

/** Reads bodies; shared by all requests of a gateway. Each layer adds no promise of its own: this is the hot path. */
export class BodyReader {
  constructor(private readonly deadlines: Deadlines) {}

  /** The whole body (Y1, Y2, Y3). */
  bytes(request: Request, bytesMax: number): Promise<Uint8Array | Problem> {
    const declared = request.headers.get("content-length");
    if (declared !== null && Number(declared) > bytesMax) {
      return Promise.resolve(tooLarge(bytesMax));
    }
    // Without touching `request.body` where it can be helped: that would set up a stream.
    const body = declared === null ? request.body : undefined;
    if (body === null) return Promise.resolve(MISSING);
    const reading = body === undefined ? request.bytes() : countedBytes(body.getReader(), bytesMax);
    return new Promise((resolve) => {
      const done = this.deadlines.watch(() => resolve(TOO_SLOW));
      reading.then((bytes) => {
        done();
        resolve(bytes instanceof Problem ? bytes : measured(bytes, bytesMax));
      }, () => {
        done();
        resolve(BROKEN);
      });
    });
  }

  /** The whole body as JSON that nests at most `depthMax` deep. */
  async json(
    request: Request,
    { bytesMax, depthMax = JSON_DEPTH_MAX }: { bytesMax: number; depthMax?: number },
  ): Promise<{ readonly value: unknown; readonly depth: number } | Problem> {
    const bytes = await this.bytes(request, bytesMax);
    if (bytes instanceof Problem) return bytes;
    const text = decodeUtf8(bytes);
    return text instanceof Problem ? text : parseJson(text, depthMax);
  }

  /** The value of a body that must be called JSON. `optional`: no body at all is `undefined`. */
  async typedJson(
    request: Request,
    { bytesMax, optional = false }: { bytesMax: number; optional?: boolean },
  ): Promise<{ readonly value: unknown } | Problem> {
    const type = mediaType(request.headers, JSON_TYPES);
    const untyped = request.headers.get("content-type") === null;
    if (type instanceof Problem && !(optional && untyped)) return type;
    const body = await this.json(request, { bytesMax });
    if (optional && body === MISSING) return { value: undefined };
    return type instanceof Problem ? type : body;
  }
}

/** `bytes` as text, or why they are none. */
export function decodeUtf8(bytes: Uint8Array): string | Problem {
  try {
    return DECODER.decode(bytes);
  } catch {
    return new Problem("not-json", "the body is not UTF-8", {
      errors: [{ path: "", message: "must be UTF-8" }],
    });
  }
}

/** `text` as JSON, or why it is none. */
export function parseJson(
  text: string,
  depthMax: number,
): { readonly value: unknown; readonly depth: number } | Problem {
  const depth = jsonDepth(text);
  if (depth > depthMax) {
    const message = `must nest at most ${depthMax} deep`;
    return new Problem("invalid", `the body ${message}`, { errors: [{ path: "", message }] });
  }
  try {
    return { value: JSON.parse(text), depth };
  } catch (error) {
    const message = error instanceof SyntaxError ? error.message : "not JSON";
    return new Problem("not-json", message, { errors: [{ path: "", message: "must be JSON" }] });
  }
}

/** The server holds clients to the length they declare; callers in this process may not (Y1). */
function measured(bytes: Uint8Array, bytesMax: number): Uint8Array | Problem {
  if (bytes.length > bytesMax) return tooLarge(bytesMax);
  return bytes.length === 0 ? MISSING : bytes;
}

function tooLarge(bytesMax: number): Problem {
  const message = `must be at most ${bytesMax} bytes`;
  return new Problem("too-large", `the body ${message}`, { errors: [{ path: "", message }] });
}

/** Rejects when the body breaks off. */
async function countedBytes(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array | Problem> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    total += read.value.length;
    if (total > bytesMax) {
      reader.cancel().catch(() => {});
      return tooLarge(bytesMax);
    }
    chunks.push(read.value);
  }
  const all = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
