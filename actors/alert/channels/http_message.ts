/**
 * HttpMessage: what a channel that speaks HTTP sends, before it is signed.
 * @module
 */

/** One POST. */
export interface HttpMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is known of one delivery beside its notice. */
export interface DeliveryFacts {
  /** Names the delivery: the same when it is repeated. */
  readonly id: string;
  /** When it is sent, ms. */
  readonly nowMs: number;
  /** Who sends it, e.g. the node's name. */
  readonly source: string;
}

/** A POST of JSON. */
export function jsonMessage(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpMessage {
  return {
    url,
    headers: { "content-type": "application/json", "user-agent": "orrery", ...headers },
    body: JSON.stringify(body),
  };
}

/** `text` within `max` characters. */
export function cutText(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
