/**
 * Resolvers: GraphQL's fields, each by what it asks.
 * @module
 */
import { EventParser } from "../client/event_source.ts";
import { isFinal, type JobStateName } from "../client/shapes.ts";
import {
  type Answer,
  type Args,
  type AskingField,
  type AskingFields,
  MUTATIONS,
  NESTED,
  QUERIES,
  streamPath,
} from "./asks.ts";
import { GraphQLError } from "./deps.ts";
import type { Desk } from "./desk.ts";

/** What a document's fields have in common. */
export interface DocumentContext {
  readonly desk: Desk;
}

type Resolver = (parent: Answer, args: Args, context: DocumentContext) => Promise<unknown>;

/** All of them, as graphql-tools takes them. */
export function resolvers() {
  const nested = Object.entries(NESTED).map(([type, fields]) => [type, resolversOf(fields)]);
  return {
    Query: resolversOf(QUERIES),
    Mutation: resolversOf(MUTATIONS),
    Subscription: { jobEvents: subscriber("jobEvents"), job: subscriber("job") },
    ...Object.fromEntries(nested) as Record<string, Record<string, Resolver>>,
  };
}

function resolversOf(fields: AskingFields): Record<string, Resolver> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, resolver(field)]),
  );
}

function resolver({ ask, pick = (answer) => answer, orNull }: AskingField): Resolver {
  return async (parent, args, { desk }) => {
    const asked = ask(args, parent);
    if (asked === null) return null;
    const answer = await desk.ask(asked, { orNull: orNull === true });
    return answer === null ? null : pick(answer);
  };
}

function subscriber(field: "jobEvents" | "job") {
  return {
    subscribe: async (_: unknown, args: Args, { desk }: DocumentContext) =>
      events(await desk.open(streamPath(field, args)), { args, ends: field === "job" }),
    resolve: (event: Answer) => event,
  };
}

interface Wish {
  readonly args: Args;
  /** It is one job's stream: it ends with the job. */
  readonly ends: boolean;
}

/** The stream's events that are wished for; whoever stops reading them lets go of the stream at once. */
function events(stream: ReadableStream<Uint8Array>, wish: Wish): AsyncIterableIterator<Answer> {
  const reader = stream.getReader();
  const source = wishedEvents(reader, wish);
  return {
    next: () => source.next(),
    // A generator that waits for a quiet stream would hear of this with the next event only.
    async return() {
      await reader.cancel();
      return await source.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** A stream that is cut, or has holes, ends with an error. */
async function* wishedEvents(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { args: { state, name, queue }, ends }: Wish,
): AsyncGenerator<Answer, undefined> {
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const { event, data } of parser.push(value)) {
        if (event === "cut" || event === "bye" || (event === "reset" && !ends)) {
          throw new GraphQLError(String(data.detail), { extensions: { code: event } });
        }
        if (event !== "job") continue;
        const wanted = [[state, data.state], [name, data.name], [queue, data.queue]]
          .every(([asked, is]) => asked == null || asked === is);
        if (wanted) yield data;
        if (ends && isFinal(data.state as JobStateName)) return;
      }
    }
  } finally {
    await reader.cancel();
  }
}
