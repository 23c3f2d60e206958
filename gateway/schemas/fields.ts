/**
 * Fields: the building blocks of every request: names, ids, durations, moments.
 *
 * They validate, and OpenAPI is derived from them: what cannot be said in JSON Schema (a date that
 * exists, a duration in bounds) is said in the description and checked in a transform.
 * @module
 */
import { JOB_STATES } from "../../actors/job/messages.ts";
import { z } from "../../deps.ts";
import { DURATION_MS_MAX, parseDuration } from "../../runtime/duration.ts";
import { ID_CHARS_MAX, isActorId } from "../../runtime/ids.ts";
import { parseInstant } from "./instant.ts";

/** Characters of a job's name, its queue and each of its tags. */
export const NAME_CHARS_MAX = 100;

const NAME_RULE = "must be 1 to 100 of A-Z a-z 0-9 . _ : - and start with a letter or digit";
/** A job's or queue's name: fit for labels, file names and URLs. */
export const simpleName = z.string()
  .max(NAME_CHARS_MAX, NAME_RULE)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, NAME_RULE);

const OWN_RULE = "names that begin with orrery. are Orrery's own";
/** A name of what users make; `orrery.…` is the program's own. */
export const usersName = simpleName.refine((text) => !text.startsWith("orrery."), OWN_RULE);

const TAG_RULE = "must be 1 to 100 of A-Z a-z 0-9 . _ : @ / ~ + = -";
/** A tag or a concurrency key. */
export const tagText = z.string()
  .max(NAME_CHARS_MAX, TAG_RULE)
  .regex(/^[A-Za-z0-9._:@/~+=-]+$/, TAG_RULE);

const ID_RULE = `must be 1 to ${ID_CHARS_MAX} of A-Z a-z 0-9 . _ : @ / ~ + = - and not "." or ".."`;
/** A job's id. `.` and `..` would vanish from a URL's path. */
export const jobId = z.string()
  .max(ID_CHARS_MAX, ID_RULE)
  .regex(/^[A-Za-z0-9._:@/~+=-]+$/, ID_RULE)
  .refine((text) => isActorId(text) && text !== "." && text !== "..", ID_RULE)
  .meta({ id: "JobId", description: "Write `/` as `%2F` in a path." });

/** A state's name. */
export const jobStateName = z.enum(JOB_STATES, `must be one of ${JOB_STATES.join(", ")}`)
  .meta({ id: "JobStateName" });

const INSTANT_RULE =
  "must be an existing date, time and zone from 1970 to 2199, like 2027-01-01T00:00:00Z";
/** A moment: ISO 8601 text in, ms out. */
export const instant = z.string(INSTANT_RULE).transform((text, context) => {
  const ms = parseInstant(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: "custom", message: INSTANT_RULE });
  return z.NEVER;
}).meta({ id: "Instant", format: "date-time", description: "ISO 8601 with a zone, 1970 to 2199." });

/** A day: 2027-12-25. */
export const localDate = z.iso.date("must be an existing date like 2027-12-25");

const DURATION_FORMS = 'ms as a number, or text like "250ms", "30s", "5m", "2h", "7d", "PT30S"';

/** A span of time from `minMs` to `maxMs`: a number or text in, ms out. */
export function duration({ minMs = 0, maxMs = DURATION_MS_MAX } = {}) {
  const rule = `must be a duration (${DURATION_FORMS}) from ${minMs} ms to ${maxMs} ms`;
  return z.union([z.number(), z.string()], rule).transform((value, context) => {
    const ms = parseDuration(value);
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    context.addIssue({ code: "custom", message: rule });
    return z.NEVER;
  }).meta({ description: `${DURATION_FORMS}; ${minMs} ms to ${maxMs} ms.` });
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.int(rule).min(min, rule).max(max, rule);
}

/** A whole number from `min` to `max`, written in a query string. */
export function wholeText(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.string(rule).regex(/^[0-9]{1,12}$/, rule).transform(Number)
    .refine((value) => value >= min && value <= max, rule)
    .meta({ description: `A whole number from ${min} to ${max}.` });
}
