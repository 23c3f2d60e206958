/**
 * Ecs: what a line in the Elastic Common Schema has to be, from its specification and not from our code.
 *
 * Source: ECS 8.17 (fields and their types); elastic/ecs-logging, spec.json (what every line has, and what comes first).
 * @module
 */

/** Fields of the schema that a node may use, with the type that Elasticsearch indexes them by. */
const TYPES: Readonly<Record<string, "date" | "keyword" | "text" | "long">> = {
  "@timestamp": "date",
  "ecs.version": "keyword",
  "error.code": "keyword",
  "error.message": "text",
  "error.stack_trace": "text",
  "error.type": "keyword",
  "event.action": "keyword",
  "event.outcome": "keyword",
  "http.response.status_code": "long",
  "log.level": "keyword",
  "message": "text",
  "service.name": "keyword",
  "service.node.name": "keyword",
  "service.version": "keyword",
  "source.address": "keyword",
  "span.id": "keyword",
  "trace.id": "keyword",
  "url.full": "keyword",
  "url.path": "keyword",
  "user.name": "keyword",
};
/** A name of our own, beneath which the schema has nothing. */
const OWN = "orrery";
const FIRST = ["@timestamp", "log.level", "message"];
const REQUIRED = [...FIRST, "ecs.version", "service.name"];
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Why `text` is no line in the schema; empty: it is one. */
export function ecsProblems(text: string): string[] {
  const line = objectOf(text);
  if (line === undefined) return [`no JSON object: ${text}`];
  const names = Object.keys(line);
  const problems = REQUIRED.filter((name) => !names.includes(name)).map((name) => `no ${name}`);
  if (names.slice(0, FIRST.length).join() !== FIRST.join()) problems.push("another order");
  for (const [name, value] of Object.entries(line)) {
    if (name === OWN) {
      if (typeof value !== "object" || value === null) problems.push(`${OWN} is no object`);
    } else if (!isOf(TYPES[name], value)) {
      problems.push(`${name} is ${JSON.stringify(value)}, not ${TYPES[name] ?? "of the schema"}`);
    }
  }
  return problems;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

function isOf(type: typeof TYPES[string] | undefined, value: unknown): boolean {
  if (type === "long") return Number.isInteger(value);
  if (type === "date") return typeof value === "string" && DATE.test(value);
  return type !== undefined && typeof value === "string" && value !== "";
}
