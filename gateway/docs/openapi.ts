/**
 * OpenAPI: the 3.1 document, made from the table of routes and the schemas that validate.
 *
 * Intuition: OpenAPI 3.1 schemas are JSON Schema 2020-12, which zod can write. Named schemas become
 * components; everything else stays in place.
 * @module
 */
import { z } from "../../deps.ts";
import type { Access } from "../auth/access.ts";
import type { Operation, Route } from "../http/route.ts";
import { problemAnswer } from "../schemas/answers.ts";

/** A piece of the document. */
export type Json = Readonly<Record<string, unknown>>;

/** The document. */
export interface OpenApiDocument extends Json {
  readonly openapi: "3.1.0";
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly securitySchemes: Readonly<Record<string, Json>>;
  };
}

/** Makes the document; once per gateway. */
export function openApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const schemas = new SchemaWriter();
  const problem = {
    description: "Refused",
    content: { "application/problem+json": { schema: schemas.write(problemAnswer, "output") } },
  };
  const paths: Record<string, Record<string, Json>> = {};
  for (const { path, method, operation, access } of routes) {
    const item = paths[path] ??= {};
    item[method.toLowerCase()] = {
      ...operationJson(operation, { schemas, problem }),
      security: securityJson(access),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Orrery",
      version,
      description:
        "Jobs that run on time and are never lost. Times are ISO 8601 UTC with milliseconds; " +
        "errors are RFC 9457 problem documents. A request that was answered with an error was not " +
        "accepted, except a 504.",
    },
    paths,
    components: {
      schemas: schemas.components,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A key, or a JWT" },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key", description: "A key" },
      },
    },
  };
}

/** Either form of a key, with the scope that it needs; none for open routes. */
function securityJson(access: Access): Json[] {
  if (access === "open") return [];
  const scopes = access === "known" ? [] : [access.scope];
  return [{ bearer: scopes }, { apiKey: scopes }];
}

/** Every operation may be refused, so each has the problem document as its default answer. */
function operationJson(
  operation: Operation,
  { schemas, problem }: { schemas: SchemaWriter; problem: Json },
): Json {
  const { id, tag, summary, description, body } = operation;
  const answers = Object.entries(operation.answers).map(([status, answer]) => [status, {
    description: answer.description,
    ...(answer.schema !== undefined && {
      content: {
        [answer.type ?? "application/json"]: { schema: schemas.write(answer.schema, "output") },
      },
    }),
    ...(answer.schema === undefined && answer.type !== undefined && {
      content: { [answer.type]: { schema: { type: "string" } } },
    }),
  }]);
  const requestSchema = body === undefined ? {} : schemas.write(body.schema, "input");
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    parameters: parameters(operation, schemas),
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: Object.fromEntries(body.types.map((type) => [type, { schema: requestSchema }])),
      },
    }),
    responses: { ...Object.fromEntries(answers), default: problem },
  };
}

/** Path parameters are required, all others optional. */
function parameters(operation: Operation, schemas: SchemaWriter): Json[] {
  const listed = (object: z.ZodObject | undefined, place: "path" | "query"): Json[] =>
    Object.entries(object?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: place,
      required: place === "path",
      schema: schemas.write(schema as z.ZodType, "input"),
    }));
  const headers = Object.entries(operation.headers ?? {}).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
  return [...listed(operation.params, "path"), ...listed(operation.query, "query"), ...headers];
}

/** Writes zod schemas as JSON Schema; those with an id once, as components. */
class SchemaWriter {
  readonly components: Record<string, Json> = {};

  write(schema: z.ZodType, io: "input" | "output"): Json {
    const { $schema: _, $defs = {}, id: __, ...own } = z.toJSONSchema(schema, {
      io,
      target: "draft-2020-12",
      override: ({ jsonSchema }) => void delete jsonSchema.id,
    }) as Record<string, unknown> & { $defs?: Record<string, Json> };
    for (const [name, part] of Object.entries($defs)) this.components[name] ??= lifted(part);
    const name = schema.meta()?.id;
    if (name === undefined) return lifted(own);
    this.components[name] ??= lifted(own);
    return { $ref: `#/components/schemas/${name}` };
  }
}

/** The same schema with its references pointing into the components. */
function lifted(schema: Json): Json {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text) as Json;
}
