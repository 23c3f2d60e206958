/**
 * Route: one operation of the API: how it is reached, what it takes, what it answers, who handles it.
 *
 * Intuition: the table of routes is the one source. The Hono app, the OpenAPI document and the
 * `Allow` headers are made from it, so they cannot disagree.
 * @module
 */
import type { Context, z } from "../../deps.ts";
import type { Access } from "../auth/access.ts";
import type { Caller } from "../auth/caller.ts";
import { check, type Checked, refused } from "../schemas/validate.ts";
import type { FieldError } from "../schemas/validate.ts";
import { invalid, Problem } from "./problem.ts";

/** One documented answer. */
export interface RouteAnswer {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** `application/json` unless said otherwise. */
  readonly type?: string;
}

/** What the documentation says of a route beside its path. */
export interface Operation {
  /** Unique, camel case: the name in generated clients. */
  readonly id: string;
  readonly tag: "jobs" | "schedules" | "calendars" | "flows" | "alerts" | "queues" | "operations";
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Request headers beyond the usual, with their descriptions. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly schema: z.ZodType; readonly types: readonly string[] };
  readonly answers: Readonly<Record<number, RouteAnswer>>;
}

/** What a handler hands back; a problem becomes its response. */
export type RouteResult = Response | Problem;

/** One operation. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** OpenAPI's form: `/job/{id}`. */
  readonly path: string;
  /** What whoever calls it must be allowed; checked before `handle` is called. */
  readonly access: Access;
  readonly operation: Operation;
  /** `caller` brings the services that he may use: what is asked for somebody goes through those. */
  readonly handle: (context: Context, caller: Caller) => RouteResult | Promise<RouteResult>;
}

/** Tells which methods the table offers for a path; empty when it knows no such path. */
export class RouteIndex {
  readonly #paths = new Map<string, { readonly pattern: RegExp; readonly methods: string[] }>();

  constructor(routes: readonly Route[]) {
    for (const { path, method } of routes) {
      const known = this.#paths.get(path) ?? { pattern: pathPattern(path), methods: [] };
      known.methods.push(...(method === "GET" ? ["GET", "HEAD"] : [method]));
      this.#paths.set(path, known);
    }
  }

  /** E.g. `["GET", "HEAD", "DELETE"]`. */
  methods(path: string): readonly string[] {
    const found: string[] = [];
    for (const { pattern, methods } of this.#paths.values()) {
      if (pattern.test(path)) found.push(...methods);
    }
    return found;
  }
}

/** The path in Hono's form: `/job/:id`. */
export function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function pathPattern(path: string): RegExp {
  const source = path.split("/").map((part) =>
    part.startsWith("{") ? "[^/]+" : part.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&")
  ).join("/");
  return new RegExp(`^${source}$`);
}

/** The query string, checked; repeated parameters are refused. */
export function query<Value>(context: Context, schema: z.ZodType<Value>): Checked<Value> {
  const parameters = new URL(context.req.url).searchParams;
  const names = [...parameters.keys()];
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated !== undefined) return refused(repeated, "must be given once");
  return check(schema, Object.fromEntries(parameters));
}

/** The path parameter `name`, checked. */
export function pathParam<Value>(
  context: Context,
  name: string,
  schema: z.ZodType<Value>,
): { readonly ok: true; readonly value: Value } | {
  readonly ok: false;
  readonly problem: Problem;
} {
  const checked = check(schema, context.req.param(name) ?? "");
  if (checked.ok) return checked;
  const errors: FieldError[] = checked.errors.map(({ message }) => ({ path: name, message }));
  return { ok: false, problem: invalid(errors) };
}

/** The answer to an unknown path, with what to do then, or to a method that a known path does not offer. */
export function noRoute(
  path: string,
  { methods, hint }: { readonly methods: readonly string[]; readonly hint: string },
): Problem {
  if (methods.length === 0) return new Problem("no-such-route", hint);
  const allow = [...methods, "OPTIONS"];
  return new Problem("wrong-method", `${path} offers ${allow.join(", ")}`, { allow });
}
