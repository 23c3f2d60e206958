/**
 * Ecs: a line of the log in the Elastic Common Schema: what the fields mean is agreed, and Elasticsearch,
 * Kibana and their like need no rules of ours to read them.
 *
 * Intuition: the schema's own fields stand in the line under their dotted names; everything that only we know of
 * stands under `orrery`, where no field of the schema can ever be.
 *
 * Invariants: EC1. A line has `@timestamp`, `log.level`, `message` and `ecs.version`, the first three first, and no
 * field of a caller passes for them. EC2. Beside fields of {@link ECS_FIELDS}, `orrery` is the only one. EC3. Nothing
 * leaves unredacted. EC4. The one line that is not so is {@link READY}: supervisors read its `event`, `http` and
 * `node` as texts, which the schema has as objects; shippers rename them (`deploy/logs/`).
 * Source: ECS 8.17, and the specification of its loggers (elastic/ecs-logging).
 * @module
 */
import { redact, REDACTED, redactText } from "./redact.ts";

/** The version of the schema that lines keep to. */
export const ECS_VERSION = "8.17.0";
/** The event of the line that says that a node is ready. */
export const READY = "node.ready";

/** Fields of the schema that callers may give by their names; all are texts but the status code. */
export const ECS_FIELDS: readonly string[] = [
  ...["error.code", "error.message", "error.stack_trace", "error.type"],
  ...["event.action", "event.outcome", "http.response.status_code"],
  ...["source.address", "span.id", "trace.id", "url.path", "user.name"],
];

/** Who writes lines, as far as it is known. */
export interface LogService {
  readonly version?: string;
  readonly node?: string;
}

/** The span within which something is said. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** Something that is to be said. */
export interface Said {
  readonly atMs: number;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly span?: SpanIds | undefined;
}

const CAUSES_MAX = 5;

/** The line, as a value of JSON (EC1–EC4). Never throws. */
export function ecsLine(
  { atMs, level, message, fields, span }: Said,
  { version, node }: LogService,
): Record<string, unknown> {
  const head = {
    "@timestamp": new Date(atMs).toISOString(),
    "log.level": level,
    "message": redactText(message),
  };
  const tail = {
    "ecs.version": ECS_VERSION,
    "service.name": "orrery",
    ...(version !== undefined && { "service.version": version }),
    ...(node !== undefined && { "service.node.name": node }),
    ...(span !== undefined && { "trace.id": span.traceId, "span.id": span.spanId }),
  };
  if (fields["event"] === READY) return { ...head, ...redact(fields), ...head, ...tail };
  return { ...head, ...tail, ...known(fields), ...own(fields) };
}

/** What the schema has a name for. */
function known(fields: Said["fields"]): Record<string, unknown> {
  const { event, error, code } = fields;
  const named = ECS_FIELDS.flatMap((name) => {
    const value = fields[name];
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  return {
    ...redact(Object.fromEntries(named)),
    ...(event !== undefined && { "event.action": redactText(textOf(event)) }),
    ...(error !== undefined && errorFields(error, code)),
  };
}

/** What only we have a name for, under one of ours (EC2). */
function own(fields: Said["fields"]): Record<string, unknown> {
  const hasError = fields["error"] !== undefined;
  const rest = Object.entries(fields).filter(([name, value]) =>
    value !== undefined && name !== "event" && name !== "error" &&
    !(name === "code" && hasError) && !ECS_FIELDS.includes(name)
  );
  return rest.length === 0 ? {} : { orrery: redact(Object.fromEntries(rest)) };
}

function errorFields(error: unknown, code: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) {
    return { "error.message": redactText(textOf(error)), ...codeField(code) };
  }
  return {
    "error.type": redactText(textOf(read(error, "name"))),
    "error.message": redactText(textOf(read(error, "message"))),
    "error.stack_trace": redactText(stackOf(error)),
    ...codeField(code ?? read(error, "code")),
  };
}

function codeField(code: unknown): Record<string, unknown> {
  const isCode = typeof code === "string" || typeof code === "number";
  return isCode ? { "error.code": redactText(String(code)) } : {};
}

/** With what led to it, from the outside in. */
function stackOf(error: Error): string {
  const stacks: string[] = [];
  for (let one: unknown = error; stacks.length < CAUSES_MAX && one instanceof Error;) {
    stacks.push(textOf(read(one, "stack") ?? one.message));
    one = read(one, "cause");
  }
  return stacks.join("\nCaused by: ");
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const printable = redact({ value })["value"];
  return typeof printable === "string" ? printable : JSON.stringify(printable) ?? REDACTED;
}

/** Getters may throw. */
function read(error: Error, name: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
