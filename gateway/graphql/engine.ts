/**
 * Engine: executes one GraphQL document.
 *
 * Intuition: what may be asked is judged first (bounds.ts); GraphQL Yoga does the rest, with all of its pages off.
 *
 * Invariants: N1. A failure that nobody expected is told to `unexpected`, and tells clients nothing of our inside.
 * N2. Nothing of a document is executed that is over a bound.
 *
 * Not here: reading the request (graphql_route.ts); loading this costs, so it is loaded when it is first needed.
 * @module
 */
import { refusal, TOKENS_MAX, whyTooMuch } from "./bounds.ts";
import { createSchema, createYoga, GraphQLError, parse } from "./deps.ts";
import { Desk, type Dispatch } from "./desk.ts";
import { type DocumentContext, resolvers } from "./resolvers.ts";
import { TYPE_DEFS } from "./type_defs.ts";

/** A document as it was sent, in JSON. */
export interface DocumentRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
}

/** Executes `document`, which came with `request`; never rejects. */
export type Engine = (
  document: DocumentRequest,
  request: Request,
  dispatch: Dispatch,
) => Response | Promise<Response>;

const UNEXPECTED = "an unexpected error occurred; it is in the node's log";

/** Makes an engine. */
export function createEngine(unexpected: (error: unknown, where: string) => void): Engine {
  const yoga = createYoga<DocumentContext>({
    schema: createSchema<DocumentContext>({ typeDefs: TYPE_DEFS, resolvers: resolvers() }),
    maskedErrors: { maskError: (error) => masked(error, unexpected) },
    ...{ graphiql: false, landingPage: false, multipart: false, cors: false, logging: false },
    fetchAPI: globalThis,
  });
  return (document, request, dispatch) => {
    const refused = judged(document.query);
    if (refused !== null) return Response.json({ errors: [refused.toJSON()] }, { status: 400 });
    const accept = request.headers.get("accept") ?? "application/json";
    const asked = new Request(request.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify(document),
      signal: request.signal,
    });
    return yoga.fetch(asked, { desk: new Desk(dispatch, request) });
  };
}

/** Why the text is not executed; null when it may be. What is no GraphQL is told here too. */
function judged(query: string): GraphQLError | null {
  try {
    return whyTooMuch(parse(query, { maxTokens: TOKENS_MAX, noLocation: true }));
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    return refusal("the document nests too deep to be read");
  }
}

/** What clients are told of `error` (N1): what the API refused and what is wrong with the document, nothing else. */
function masked(error: unknown, unexpected: (error: unknown, where: string) => void): Error {
  if (error instanceof GraphQLError) {
    const { originalError } = error;
    if (originalError === undefined || originalError instanceof GraphQLError) return error;
    unexpected(originalError, "/graphql");
    const { path } = error;
    return new GraphQLError(UNEXPECTED, {
      extensions: { code: "internal" },
      ...(path !== undefined && { path }),
    });
  }
  unexpected(error, "/graphql");
  return new GraphQLError(UNEXPECTED, { extensions: { code: "internal" } });
}
