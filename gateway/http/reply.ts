/**
 * Reply: successful answers.
 * @module
 */

/**
 * A JSON answer from text that is JSON already; `headers` come beside those that every answer has.
 * Only a 200 must be told not to be cached: no cache keeps a 202 of its own accord, and on the way of
 * a submission every header counts.
 */
export function jsonText(
  text: string,
  { status = 200, headers = {} }: {
    status?: number;
    headers?: Readonly<Record<string, string>>;
  } = {},
): Response {
  return new Response(text, {
    status,
    headers: {
      "content-type": "application/json",
      "x-content-type-options": "nosniff",
      ...(status === 200 && { "cache-control": "no-store" }),
      ...headers,
    },
  });
}

/** A JSON answer. */
export function json(value: unknown, status = 200): Response {
  return jsonText(JSON.stringify(value), { status });
}

/** A page that may load nothing but the style with hash `styleHash` (`sha256-…`). */
export function page(html: string, styleHash: string): Response {
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy":
        `default-src 'none'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  });
}
