/**
 * GraphqlRoute: `POST /graphql`: the API as one graph.
 *
 * Intuition: any valid key gets in, and what the document's fields ask is then asked of the other routes with that
 * key (desk.ts). Only POST with JSON is taken, so no other site's form or link can send a document.
 * @module
 */
import { type Context, z } from "../../deps.ts";
import { type BodyReader, JSON_TYPES } from "../http/body.ts";
import type { Connection } from "../http/mount.ts";
import { invalid, Problem } from "../http/problem.ts";
import type { Route, RouteResult } from "../http/route.ts";
import { check } from "../schemas/validate.ts";
import type { Engine } from "./engine.ts";

/** What the route needs. */
export interface GraphqlDeps {
  readonly bodies: BodyReader;
  readonly bodyBytesMax: number;
  readonly unexpected: (error: unknown, where: string) => void;
  /** Answers a request of the API that came over `connection`. */
  readonly dispatch: (request: Request, connection?: Connection) => Response | Promise<Response>;
}

const documentSchema = z.strictObject({
  query: z.string("must be text"),
  variables: z.record(z.string(), z.unknown(), "must be an object").nullish(),
  operationName: z.string("must be text").nullish(),
  extensions: z.record(z.string(), z.unknown(), "must be an object").nullish(),
}).meta({ id: "GraphqlRequest" });

/** `POST /graphql`. */
export function graphqlRoute(deps: GraphqlDeps): Route {
  let engine: Promise<Engine> | undefined;
  return {
    method: "POST",
    path: "/graphql",
    access: "known",
    operation: {
      id: "graphql",
      tag: "operations",
      summary: "Query, change and follow by GraphQL",
      description: "Each field that asks needs the scope of the request that it stands for, and " +
        "counts as one for the key's rate. Subscriptions need `Accept: text/event-stream`.",
      body: { schema: documentSchema, types: JSON_TYPES },
      answers: {
        200: { description: "The data, and what went wrong beside it" },
        400: { description: "No document, or one that asks for too much" },
      },
    },
    handle: async (context) => {
      // Loaded with the first document: its libraries would make every node start later.
      engine ??= import("./engine.ts").then(({ createEngine }) => createEngine(deps.unexpected));
      return await execute(await engine, deps, context);
    },
  };
}

async function execute(
  engine: Engine,
  { bodies, bodyBytesMax, dispatch }: GraphqlDeps,
  context: Context,
): Promise<RouteResult> {
  const request = context.req.raw;
  const body = await bodies.typedJson(request, { bytesMax: bodyBytesMax });
  if (body instanceof Problem) return body;
  const asked = check(documentSchema, body.value);
  if (!asked.ok) return invalid(asked.errors);
  const { query, variables, operationName } = asked.value;
  const connection = context.env as Connection | undefined;
  return await engine(
    { query, variables, operationName },
    request,
    (ask) => dispatch(ask, connection),
  );
}
