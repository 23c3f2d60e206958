/**
 * Values: the kinds of value that configuration is made of, each with the message that a person
 * gets for a wrong one.
 *
 * @module
 */
import { z } from "../deps.ts";
import { parseDuration } from "../runtime/duration.ts";
import { type Endpoint, parseEndpoint } from "./endpoint.ts";

/** What a field's documentation says beside its type and default. */
export interface FieldNotes {
  readonly description: string;
  /** E.g. `MiB`; leave it out for text and names. */
  readonly unit?: string;
  /** How it depends on other fields. */
  readonly relation?: string;
}

/** `schema` with its notes: they end up in `docs/configuration.md` and in the JSON Schema. */
export function field<Schema extends z.ZodType>(schema: Schema, notes: FieldNotes): Schema {
  return schema.meta({ ...notes });
}

/** A span of time; comes out in ms. `minMs` and `maxMs` are inclusive. */
export function duration(bounds: { readonly minMs: number; readonly maxMs: number }) {
  return z.union([z.number(), z.string()], { error: 'expected a duration: 500, "30s", "2h"' })
    .transform((value, context) => {
      const ms = parseDuration(value);
      if (ms === undefined) {
        return refuse(context, 'not a duration: write 500, "250ms", "30s" or "PT30S"');
      }
      if (ms >= bounds.minMs && ms <= bounds.maxMs) return ms;
      return refuse(context, `must be from ${bounds.minMs} to ${bounds.maxMs} ms, is ${ms} ms`);
    });
}

const SPANS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** So many in a span of time, or null; comes out with its span in ms. */
export function rate() {
  const span = z.union([
    z.enum(Object.keys(SPANS) as (keyof typeof SPANS)[]).transform((name) => SPANS[name]),
    duration({ minMs: SPANS.second, maxMs: SPANS.day }),
  ], { error: "must be second, minute, hour, day, or a duration of 1 s to 1 day" });
  return z.strictObject({ limit: z.int().min(1).max(1_000_000), per: span })
    .transform(({ limit, per }) => ({ limit, perMs: per })).nullable().prefault(null);
}

/** `host:port`; comes out in its parts. */
export function endpoint() {
  return z.string().transform((text, context): Endpoint => {
    const parsed = parseEndpoint(text);
    return parsed ?? refuse(context, "not HOST:PORT; IPv6 addresses need brackets: [::1]:8080");
  });
}

/** A moment in UTC, as `2027-01-01T00:00:00Z`; comes out in ms since 1970. */
export function instant() {
  return z.iso.datetime({ error: "not a moment in UTC: write 2027-01-01T00:00:00Z" })
    .transform((text) => Date.parse(text));
}

/** A store's URL, as the store itself reads it. */
export function storeUrl() {
  return z.string().regex(
    /^(sqlite:[^\0]+|redis(s|-cluster|-sentinel)?:\/\/[^/\0][^\0]*)$/,
    "must be sqlite:PATH, redis://…, rediss://…, redis-sentinel://… or redis-cluster://…",
  );
}

/** A name that becomes part of ids and labels. */
export function name() {
  return z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, "must be 1 to 100 of A-Z a-z 0-9 . _ -");
}

function refuse(context: z.RefinementCtx<unknown>, message: string): never {
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}
