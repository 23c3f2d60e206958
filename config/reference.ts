/**
 * Reference: the table of all fields, for `docs/configuration.md`, made from the schema so that it
 * can't say anything else.
 *
 * @module
 */
import { configJsonSchema } from "./schema.ts";

/** One field as documented. */
export interface FieldReference {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly unit: string;
  readonly about: string;
}

const BEGIN = "<!-- fields: made by `deno task docs` -->";
const END = "<!-- end of fields -->";

/** `page` with the table between its two marks renewed; unchanged when it has no marks. */
export function withReferenceTable(page: string): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from === -1 || to < from) return page;
  return `${page.slice(0, from)}${BEGIN}\n\n${referenceTable()}\n\n${page.slice(to)}`;
}

/** The text of the JSON Schema file. */
export function schemaFileText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

type Schema = Readonly<Record<string, unknown>>;

/** Every field, in the schema's order. */
export function fieldReferences(): FieldReference[] {
  return walk(configJsonSchema(), "");
}

/** The fields as a Markdown table. */
export function referenceTable(): string {
  const rows = fieldReferences().map((field) =>
    `| ${[`\`${field.path}\``, field.type, field.fallback, field.unit, field.about].join(" | ")} |`
  );
  return ["| Field | Type | Default | Unit | Meaning |", "| --- | --- | --- | --- | --- |", ...rows]
    .join("\n");
}

function walk(schema: Schema, path: string): FieldReference[] {
  if (typeof schema["description"] === "string") {
    return [referenceOf(schema, path), ...inside(schema, path)];
  }
  return inside(schema, path);
}

function inside(schema: Schema, path: string): FieldReference[] {
  const under = (name: string) => (path === "" ? name : `${path}.${name}`);
  const properties = (schema["properties"] ?? {}) as Record<string, Schema>;
  const named = Object.entries(properties)
    .filter(([name]) => name !== "$schema")
    .flatMap(([name, inner]) => walk(inner, under(name)));
  const any = schema["additionalProperties"];
  const items = schema["items"];
  const either = Array.isArray(schema["anyOf"]) ? schema["anyOf"] as readonly Schema[] : [];
  return [
    ...named,
    ...either.flatMap((one) => inside(one, path)),
    ...(isSchema(any) ? walk(any, under("*")) : []),
    ...(isSchema(items) ? walk(items, `${path}[]`) : []),
  ];
}

function referenceOf(schema: Schema, path: string): FieldReference {
  const relation = schema["relation"];
  const about = [schema["description"], relation].filter((text) => text !== undefined).join(" ");
  return {
    path,
    type: typeOf(schema),
    fallback: "default" in schema ? `\`${JSON.stringify(schema["default"])}\`` : "–",
    unit: typeof schema["unit"] === "string" ? schema["unit"] : "–",
    about,
  };
}

function typeOf(schema: Schema): string {
  const { type, anyOf } = schema;
  const choices = schema["enum"];
  if (Array.isArray(choices)) return choices.map((choice) => `\`${choice}\``).join(", ");
  if (Array.isArray(anyOf)) return anyOf.map((one) => typeOf(one as Schema)).join(" or ");
  if (Array.isArray(type)) return type.join(" or ");
  if (type === "array") {
    return isSchema(schema["items"]) ? `list of ${typeOf(schema["items"])}` : "list";
  }
  if (typeof type !== "string") return "see text";
  const { minimum, maximum } = schema;
  const bounded = typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER;
  return bounded ? `${type}, ${minimum} to ${maximum}` : type;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null;
}
