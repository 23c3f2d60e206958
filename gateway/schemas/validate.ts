/**
 * Validation: checks a value against a schema and tells every problem with its path.
 * @module
 */
import type { z } from "../../deps.ts";
import { ECHO_CHARS_MAX, FIELD_ERRORS_MAX } from "../limits.ts";

/** What is wrong with one field. `path` is like `retry.attempts` or `tags[2]`; empty for the whole. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** A checked value, or all that is wrong with it. */
export type Checked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** What is said where the schema has no words of its own. */
const MESSAGES: z.core.ParseContext<z.core.$ZodIssue> = {
  error: (issue) => {
    if (issue.code !== "invalid_type") return undefined;
    return issue.input === undefined ? "is required" : `must be of type ${issue.expected}`;
  },
};

/** Checks `value`; at most `FIELD_ERRORS_MAX` problems are told. */
export function check<Value>(schema: z.ZodType<Value>, value: unknown): Checked<Value> {
  const result = schema.safeParse(value, MESSAGES);
  if (result.success) return { ok: true, value: result.data };
  const errors = result.error.issues.flatMap(fieldErrors).slice(0, FIELD_ERRORS_MAX);
  return { ok: false, errors };
}

/** A refusal for one field. */
export function refused(path: string, message: string): { ok: false; errors: FieldError[] } {
  return { ok: false, errors: [{ path, message }] };
}

/** Cuts user text for use in an error. */
export function echo(text: string): string {
  return text.length > ECHO_CHARS_MAX ? `${text.slice(0, ECHO_CHARS_MAX)}…` : text;
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const at = pathText(issue.path);
  if (issue.code !== "unrecognized_keys") return [{ path: at, message: issue.message }];
  return issue.keys.map((key) => ({
    path: at === "" ? echo(key) : `${at}.${echo(key)}`,
    message: "unknown field",
  }));
}

function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += text === "" ? echo(String(part)) : `.${echo(String(part))}`;
  }
  return text;
}
