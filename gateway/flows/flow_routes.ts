/**
 * FlowRoutes: `POST /flow`, `GET|DELETE /flow/{id}`, `POST /flow/{id}/retry`, `GET /flows`.
 *
 * Every outcome has one status: accepted or begun 202, done 200, refused or taken 409, no such flow 404,
 * nothing happened 503, nobody knows 504.
 * @module
 */
import { type Context, z } from "../../deps.ts";
import { unreachable } from "../../runtime/fault.ts";
import { type BodyReader, JSON_TYPES } from "../http/body.ts";
import { invalid, Problem } from "../http/problem.ts";
import { jsonText } from "../http/reply.ts";
import { idempotencyKey, traceId } from "../http/request_headers.ts";
import { pathParam, query, type Route, type RouteResult } from "../http/route.ts";
import { FLOW_BODY_BYTES_MAX, LIST_LIMIT_DEFAULT } from "../limits.ts";
import { pageResult } from "../routes/page.ts";
import { flowId, flowListQuery, flowRequestSchema } from "../schemas/flow_request.ts";
import { flowAnswer, flowPageAnswer } from "./flow_answers.ts";
import type { FlowReader } from "./flow_reader.ts";
import { flowSummaryView, flowView } from "./flow_view.ts";
import type { FlowCreation, FlowOutcome, FlowRecord, FlowService } from "./service.ts";

/** What the routes need. */
export interface FlowDeps {
  readonly reader: FlowReader;
  readonly bodies: BodyReader;
}

const flowParams = z.strictObject({ id: flowId });

/** Every route of flows. */
export function flowRoutes(deps: FlowDeps): Route[] {
  return [createRoute(deps), listRoute(), getRoute(), ...commandRoutes()];
}

function createRoute({ reader, bodies }: FlowDeps): Route {
  return {
    method: "POST",
    path: "/flow",
    access: { scope: "write", over: "queues" },
    operation: {
      id: "createFlow",
      tag: "flows",
      summary: "Submit jobs that wait for one another",
      description:
        "A 202 means that the flow is durable: its jobs are made as their parents end. A 504 means " +
        "that nobody knows: repeat it with the same Idempotency-Key or own id.",
      headers: {
        "Idempotency-Key": "1 to 255 visible characters; excludes an own id",
        "traceparent": "W3C trace context; its trace id is kept with every job",
      },
      body: { schema: flowRequestSchema, types: JSON_TYPES },
      answers: {
        200: { description: "The same request was accepted before", schema: flowAnswer },
        202: { description: "Accepted, and durable", schema: flowAnswer },
        409: { description: "There is a flow of this id" },
        422: { description: "A ring, an unknown or double key, or too many jobs" },
      },
    },
    handle: async ({ req: { raw } }, { flows }) => {
      const key = idempotencyKey(raw.headers);
      if (key instanceof Problem) return key;
      const body = await bodies.typedJson(raw, { bytesMax: FLOW_BODY_BYTES_MAX });
      if (body instanceof Problem) return body;
      const trace = traceId(raw.headers);
      const asked = reader.read(body.value, { idempotencyKey: key, traceId: trace });
      if (asked instanceof Problem) return asked;
      return creationResult(await flows.create(asked.plan, asked.naming));
    },
  };
}

function getRoute(): Route {
  return {
    method: "GET",
    path: "/flow/{id}",
    access: { scope: "read", over: "queues" },
    operation: {
      id: "getFlow",
      tag: "flows",
      summary: "Get a flow with the states of its jobs",
      params: flowParams,
      answers: { 200: { description: "The flow", schema: flowAnswer } },
    },
    handle: async (context, { flows }) => {
      const id = pathParam(context, "id", flowId);
      if (!id.ok) return id.problem;
      const record = await flows.get(id.value);
      return record === undefined ? noSuchFlow(id.value) : show(record);
    },
  };
}

function listRoute(): Route {
  return {
    method: "GET",
    path: "/flows",
    access: { scope: "read", over: "cluster" },
    operation: {
      id: "listFlows",
      tag: "flows",
      summary: "List flows",
      description:
        "The newest first, without their jobs. A page may be shorter than its limit, even empty: " +
        "only a null cursor ends the list.",
      query: flowListQuery,
      answers: { 200: { description: "A page", schema: flowPageAnswer } },
    },
    handle: async (context, { flows }) => {
      const asked = query(context, flowListQuery);
      if (!asked.ok) return invalid(asked.errors);
      const { state, limit = LIST_LIMIT_DEFAULT, cursor } = asked.value;
      const filter = state === undefined ? {} : { state };
      return await pageResult({
        name: "flows",
        terms: JSON.stringify(["flows", filter]),
        cursor,
        limit,
        fetch: (step) => flows.list({ ...filter, ...step }),
        textOf: (record) => JSON.stringify(flowSummaryView(record)),
      });
    },
  };
}

function commandRoutes(): Route[] {
  return [
    commandRoute({
      ...{ method: "DELETE", path: "/flow/{id}", id: "cancelFlow" },
      summary: "Cancel a flow",
      description:
        "Jobs that wait are not made any more, compensations neither; open ones are stopped.",
      stopping: "Open jobs are being stopped",
      command: (flows, id) => flows.cancel(id),
    }),
    commandRoute({
      ...{ method: "POST", path: "/flow/{id}/retry", id: "retryFlow" },
      summary: "Run again what did not complete",
      description:
        "Jobs that failed, were cancelled or skipped get another chance, in order. Completed ones " +
        "stay, compensations that ran as well.",
      command: (flows, id) => flows.retry(id),
    }),
  ];
}

/** How one command is reached and described. */
interface CommandRoute extends Pick<Route["operation"], "id" | "summary" | "description"> {
  readonly method: "POST" | "DELETE";
  readonly path: string;
  /** What a 202 means, if there can be one. */
  readonly stopping?: string;
  readonly command: (flows: FlowService, id: string) => Promise<FlowOutcome>;
}

function commandRoute(
  { method, path, stopping, command, ...operation }: CommandRoute,
): Route {
  return {
    method,
    path,
    access: { scope: "write", over: "queues" },
    operation: {
      ...operation,
      tag: "flows",
      params: flowParams,
      answers: {
        200: { description: "Done", schema: flowAnswer },
        ...(stopping !== undefined && { 202: { description: stopping, schema: flowAnswer } }),
        409: { description: "The flow's state does not allow it" },
      },
    },
    handle: async (context: Context, { flows }): Promise<RouteResult> => {
      const id = pathParam(context, "id", flowId);
      if (!id.ok) return id.problem;
      return commandResult(await command(flows, id.value), id.value);
    },
  };
}

function creationResult(outcome: FlowCreation): RouteResult {
  switch (outcome.kind) {
    case "accepted":
      return show(outcome.record, { status: 202, headers: located(outcome.record) });
    case "replayed": {
      const headers = { ...located(outcome.record), "idempotency-replayed": "true" };
      return show(outcome.record, { headers });
    }
    case "key-reused": {
      const message = "was used for another request";
      const errors = [{ path: "Idempotency-Key", message }];
      return new Problem("key-reused", `Idempotency-Key: ${message}`, { errors });
    }
    case "taken": {
      const errors = [{ path: "id", message: outcome.why }];
      return new Problem("conflict", `id: ${outcome.why}: ${outcome.id}`, { errors });
    }
    default:
      return unreachable(outcome);
  }
}

function commandResult(outcome: FlowOutcome, id: string): RouteResult {
  switch (outcome.kind) {
    case "done":
      return show(outcome.record);
    case "stopping":
      return show(outcome.record, { status: 202 });
    case "refused":
      return new Problem("conflict", outcome.why, { members: { state: outcome.state } });
    case "missing":
      return noSuchFlow(id);
    case "busy":
      return new Problem("overloaded", "the flow takes no messages now; nothing happened");
    case "unknown":
      return new Problem("unknown-outcome", "unknown: it may still happen; look at the flow");
    default:
      return unreachable(outcome);
  }
}

function noSuchFlow(id: string): Problem {
  return new Problem("not-found", `there is no flow ${id}`);
}

function located({ id }: FlowRecord): Readonly<Record<string, string>> {
  return { location: `/flow/${encodeURIComponent(id)}` };
}

function show(record: FlowRecord, options: Parameters<typeof jsonText>[1] = {}): Response {
  return jsonText(JSON.stringify(flowView(record)), options);
}
