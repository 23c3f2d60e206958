/**
 * Duration: reads spans of time as handlers and payloads write them.
 *
 * Not here: the API's own schemas (gateway/). Imported by worker code, so it imports nothing.
 * @module
 */

const SHORT = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const ISO = /^P(?=\d|T\d)(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** Longest span that is taken: ten years. Anything longer is a mistake. */
export const DURATION_MS_MAX = 3_650 * 86_400_000;

/** `value` in ms: a number, `"30s"`-like text or ISO 8601; undefined when it is none, negative or too long. */
export function durationMs(value: unknown): number | undefined {
  const ms = typeof value === "number" ? value : typeof value === "string" ? ofText(value) : NaN;
  return Number.isFinite(ms) && ms >= 0 && ms <= DURATION_MS_MAX ? Math.round(ms) : undefined;
}

function ofText(text: string): number {
  const short = SHORT.exec(text);
  if (short) return Number(short[1]) * (UNIT_MS[short[2] ?? ""] ?? NaN);
  const iso = ISO.exec(text);
  if (!iso) return NaN;
  const [days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0));
  return (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 +
    (seconds ?? 0) * 1_000;
}
