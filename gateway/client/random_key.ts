/**
 * RandomKey: names that nobody else chooses.
 * @module
 */

/** 128 random bits as text. `crypto.randomUUID` is missing where a browser's page came without TLS. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
