/**
 * Payload: reads the payloads of built-in handlers; what is wrong with one will not change, so it is not retried.
 * @module
 */

/** A payload that the handler cannot work with. */
export class InvalidPayloadError extends Error {
  override readonly name = "InvalidPayloadError";
  readonly retryable = false;
}

/** An {@link InvalidPayloadError}. */
export function invalid(message: string): InvalidPayloadError {
  return new InvalidPayloadError(message);
}

/** The payload of `handler` as an object; throws when it is none. */
export function record(handler: string, payload: unknown): Record<string, unknown> {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    throw invalid(`${handler}: the payload must be an object`);
  }
  return payload as Record<string, unknown>;
}

/** A record of text values; undefined is an empty one. */
export function textRecord(value: unknown, what: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  const fields = record(what, value);
  for (const [key, text] of Object.entries(fields)) {
    if (typeof text !== "string") throw invalid(`${what}: \`${key}\` must be text`);
  }
  return fields as Record<string, string>;
}
