/**
 * Description: reads a handler file's default export, as its sandbox handed it over, and finds every mistake in it.
 *
 * Intuition: the sandbox copies the export's plain fields and says what `run` is; nothing of the
 * handler's code comes here. All problems of a file are told at once, so that one reload is enough to fix them.
 *
 * Not here: importing (worker/describe_entry.ts), comparing files with one another (catalog.ts).
 * @module
 */
import type { HandlerPermissions, HandlerRetry } from "../define.ts";
import { parseDuration } from "../../../runtime/duration.ts";
import { PERMISSION_KINDS } from "./permissions.ts";

/** A default export as the sandbox saw it; the fields are untrusted. */
export interface RawDescription {
  /** `typeof` the default export, or `none`. */
  readonly exportType: string;
  /** `typeof` its `run`. */
  readonly runType: string;
  /** Its other fields, as JSON values; what JSON cannot hold is named by its type. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A handler that can be loaded. */
export interface Description {
  readonly name: string;
  readonly timeoutMs: number | null;
  readonly permissions: HandlerPermissions;
  readonly isolation: "worker" | "inline";
  readonly retry: HandlerRetry | null;
}

/** Longest handler name. */
const NAME_CHARS_MAX = 200;
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/;
const FIELDS: ReadonlySet<string> = new Set([
  "name",
  "timeout",
  "permissions",
  "isolation",
  "retry",
  "description",
]);
const RETRY_FIELDS: ReadonlySet<string> = new Set([
  "attempts",
  "backoff",
  "base",
  "factor",
  "max",
  "jitter",
  "on",
  "notOn",
]);

/** The handler, or every problem with it. */
export type Described =
  | { readonly kind: "handler"; readonly description: Description }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** Checks `raw` completely. */
export function describe(raw: RawDescription): Described {
  if (raw.exportType === "none") return rejected(["it has no default export"]);
  if (raw.exportType !== "object") {
    return rejected([`its default export is a ${raw.exportType}, not an object`]);
  }
  const { name, timeout, permissions, isolation, retry } = raw.fields;
  const problems = [
    ...nameProblems(name),
    ...(raw.runType === "function" ? [] : ["`run` must be a function"]),
    ...(timeout === undefined || isTimeout(timeout)
      ? []
      : ['`timeout` must be a duration above zero, such as "30s" or 30000']),
    ...permissionProblems(permissions),
    ...(isolation === undefined || isolation === "worker" || isolation === "inline"
      ? []
      : ['`isolation` must be "worker" or "inline"']),
    ...retryProblems(retry),
    ...unknownFields(raw.fields, FIELDS).map((field) => `unknown field \`${field}\``),
  ];
  if (problems.length > 0) return rejected(problems);
  return {
    kind: "handler",
    description: {
      name: name as string,
      timeoutMs: timeout === undefined ? null : parseDuration(timeout) ?? null,
      permissions: (permissions ?? {}) as HandlerPermissions,
      isolation: isolation === "inline" ? "inline" : "worker",
      retry: (retry ?? null) as HandlerRetry | null,
    },
  };
}

function rejected(problems: readonly string[]): Described {
  return { kind: "problems", problems };
}

function nameProblems(name: unknown): string[] {
  if (typeof name !== "string") return ["`name` must be text"];
  if (name.length > NAME_CHARS_MAX || !NAME_PATTERN.test(name)) {
    return [`\`name\` must be 1 to ${NAME_CHARS_MAX} of A-Z a-z 0-9 . _ : / -`];
  }
  return [];
}

function isTimeout(timeout: unknown): boolean {
  const ms = parseDuration(timeout);
  return ms !== undefined && ms > 0;
}

function permissionProblems(permissions: unknown): string[] {
  if (permissions === undefined) return [];
  if (!isRecord(permissions)) return ["`permissions` must be an object"];
  const kinds: readonly string[] = PERMISSION_KINDS;
  return Object.entries(permissions).flatMap(([kind, grant]) => {
    if (!kinds.includes(kind)) return [`unknown permission \`${kind}\``];
    return typeof grant === "boolean" || isTextList(grant)
      ? []
      : [`permission \`${kind}\` must be true, false or a list of text`];
  });
}

function retryProblems(retry: unknown): string[] {
  if (retry === undefined) return [];
  if (!isRecord(retry)) return ["`retry` must be an object"];
  const { attempts, backoff, base, factor, max, jitter, on, notOn } = retry;
  const rules: readonly (readonly [string, boolean])[] = [
    [
      "`retry.attempts` must be a whole number from 1 to 100",
      attempts === undefined || Number.isInteger(attempts) && within(attempts, [1, 100]),
    ],
    [
      '`retry.backoff` must be "exponential" or "fixed"',
      backoff === undefined || backoff === "exponential" || backoff === "fixed",
    ],
    ["`retry.base` must be a duration", base === undefined || parseDuration(base) !== undefined],
    [
      "`retry.factor` must be a number from 1 to 100",
      factor === undefined || within(factor, [1, 100]),
    ],
    ["`retry.max` must be a duration", max === undefined || parseDuration(max) !== undefined],
    ["`retry.jitter` must be a number from 0 to 1", jitter === undefined || within(jitter, [0, 1])],
    ["`retry.on` must be a list of error names", on === undefined || isTextList(on)],
    ["`retry.notOn` must be a list of error names", notOn === undefined || isTextList(notOn)],
  ];
  return [
    ...rules.filter(([, holds]) => !holds).map(([problem]) => problem),
    ...unknownFields(retry, RETRY_FIELDS).map((field) => `unknown field \`retry.${field}\``),
  ];
}

function unknownFields(fields: Record<string, unknown>, known: ReadonlySet<string>): string[] {
  return Object.keys(fields).filter((field) => !known.has(field));
}

function within(value: unknown, [least, most]: readonly [number, number]): boolean {
  return typeof value === "number" && value >= least && value <= most;
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string" && entry !== "");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
