/**
 * Mount: the routes on a Hono app, each behind the guard, each answer a response.
 *
 * Intuition: what holds for every route is done here, once: who asks is found out, what he may is checked against
 * what the route asks for, what the route returns or throws becomes a response, and what could have changed
 * something is written into the audit log.
 *
 * Invariants: M1. No route is reached without {@link Guard.admit}; paths that no route has neither, so a stranger
 * cannot tell which there are. M2. A failure that nobody expected is told once, and tells clients nothing of our inside.
 * @module
 */
import { type Context, Hono } from "../../deps.ts";
import { Fault } from "../../runtime/fault.ts";
import { type Audit, originOf } from "../audit/audit.ts";
import { type Access, Forbidden } from "../auth/access.ts";
import type { Caller } from "../auth/caller.ts";
import { type Guard, Refusal } from "../auth/guard.ts";
import { withoutReading } from "../auth/unread.ts";
import { faultProblem, Problem, problemResponse } from "./problem.ts";
import { honoPath, noRoute, type Route, RouteIndex, type RouteResult } from "./route.ts";

/** Told of failures that nobody expected. */
export type Unexpected = (error: unknown, where: string) => void;

/** What the platform knows of a request beside itself. */
export interface Connection {
  readonly remoteAddr?: Deno.Addr;
}

/** What all routes are mounted with. */
export interface MountOptions {
  readonly guard: Guard;
  /** Undefined: nothing is written down. */
  readonly audit: Audit | undefined;
  readonly unexpected: Unexpected;
  /** What to do about an unknown path, for people. */
  readonly hint: string;
  /** Told which route answers a request, within it; undefined: nobody wants to know. */
  readonly routed: ((method: string, path: string) => void) | undefined;
}

/** Puts `routes` on an app (M1, M2). */
export function mount(routes: readonly Route[], options: MountOptions): Hono {
  const { guard, unexpected, hint, routed } = options;
  const app = new Hono();
  const index = new RouteIndex(routes);
  for (const route of routes) {
    app.on(route.method, [honoPath(route.path)], (context: Context) => {
      routed?.(route.method, route.path);
      return when(
        guard.admit(context.req.raw.headers, route.access),
        (admitted) => answer(route, { admitted, context, options }),
      );
    });
  }
  app.notFound((context) =>
    when(guard.admit(context.req.raw.headers, "known"), (admitted) => {
      const { path, method } = context.req;
      if (admitted instanceof Refusal) return problemResponse(admitted.problem, path);
      const methods = index.methods(path);
      if (method !== "OPTIONS" || methods.length === 0) {
        return problemResponse(noRoute(path, { methods, hint }), path);
      }
      const allow = [...methods, "OPTIONS"].join(", ");
      return new Response(null, { status: 204, headers: { allow } });
    })
  );
  app.onError((error, context) =>
    problemResponse(
      failureProblem(error, { where: context.req.path, unexpected }),
      context.req.path,
    )
  );
  return app;
}

/** What becomes of a failure: a refusal and a fault have words of their own; anything else is a bug of ours (M2). */
export function failureProblem(
  error: unknown,
  { where, unexpected }: { where: string; unexpected: Unexpected },
): Problem {
  if (error instanceof Forbidden) return error.problem;
  if (error instanceof Fault) {
    if (!error.retryable) unexpected(error, where);
    return faultProblem(error);
  }
  unexpected(error, where);
  return new Problem("internal", "an unexpected error occurred; it is in the node's log");
}

/** The address at the other end of a request's connection. */
export function addressOf(context: Context): string | undefined {
  const address = (context.env as Connection | undefined)?.remoteAddr;
  return address !== undefined && "hostname" in address ? address.hostname : undefined;
}

interface Asked {
  readonly admitted: Caller | Refusal;
  readonly context: Context;
  readonly options: MountOptions;
}

function answer(route: Route, asked: Asked): Response | Promise<Response> {
  const { admitted, context, options: { unexpected } } = asked;
  const finish = (result: RouteResult) => finished(route, asked, result);
  if (admitted instanceof Refusal) return finish(admitted.problem);
  const fail = (error: unknown) =>
    finish(failureProblem(error, { where: context.req.path, unexpected }));
  try {
    const result = route.handle(context, admitted);
    return result instanceof Promise ? result.then(finish).catch(fail) : finish(result);
  } catch (error) {
    return fail(error);
  }
}

/** The response to what a route returned, written down if it was a write. */
function finished(
  route: Route,
  { admitted, context, options: { audit } }: Asked,
  result: RouteResult,
): Response | Promise<Response> {
  const response = result instanceof Problem ? problemResponse(result, context.req.path) : result;
  if (!changes(route.access)) return response;
  const { principal } = admitted;
  audit?.record({
    who: principal?.name ?? null,
    action: route.operation.id,
    target: response.headers.get("location") ?? context.req.path,
    status: response.status,
    ...(result instanceof Problem && { problem: result.kind }),
    ...originOf(context.req.raw.headers, addressOf(context)),
  });
  return principal === null || principal.scopes.has("read") ? response : withoutReading(response);
}

function changes(access: Access): boolean {
  return typeof access === "object" && access.scope !== "read";
}

/** Goes on at once where nothing has to be waited for: a promise on the way of a submission costs. */
function when<Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
