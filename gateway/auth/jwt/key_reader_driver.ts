/**
 * KeyReader: the text of a key set, from a file or by HTTPS.
 *
 * Bounds: `JWKS_BYTES_MAX` and `JWKS_FETCH_MS`; redirects are not followed, so that the configured host is the
 * one that is believed.
 * @module
 */
import { JWKS_BYTES_MAX, JWKS_FETCH_MS } from "../../limits.ts";

/** How `from` is read: a URL by HTTP, anything else as a file. The promise rejects when it cannot be. */
export function keyReader(from: string): () => Promise<string> {
  return /^https?:\/\//.test(from) ? () => fetchText(from) : () => readText(from);
}

async function readText(path: string): Promise<string> {
  const { size } = await Deno.stat(path);
  if (size > JWKS_BYTES_MAX) throw new Error(`it is larger than ${JWKS_BYTES_MAX} bytes`);
  return await Deno.readTextFile(path);
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, {
    redirect: "error",
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(JWKS_FETCH_MS),
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`the answer was ${response.status}`);
  }
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > JWKS_BYTES_MAX) throw new Error(`it is larger than ${JWKS_BYTES_MAX} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
