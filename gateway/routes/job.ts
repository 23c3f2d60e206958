/**
 * Job: the routes of one job: get, cancel, retry, run now, logs.
 *
 * Intuition: the three commands differ in their path and their word only; what a job's state allows is
 * decided by the job, and every outcome has one status: done 200, begun 202, refused 409, no such job 404,
 * nothing happened 503, nobody knows 504.
 * @module
 */
import { type Context, z } from "../../deps.ts";
import type { Clock } from "../../runtime/clock.ts";
import { unreachable } from "../../runtime/fault.ts";
import { type BodyReader, JSON_TYPES } from "../http/body.ts";
import { invalid, Problem } from "../http/problem.ts";
import { json, jsonText } from "../http/reply.ts";
import { pathParam, query, type Route, type RouteResult } from "../http/route.ts";
import { LOG_LINES_MAX } from "../limits.ts";
import { jobAnswer, logAnswer } from "../schemas/answers.ts";
import { jobId } from "../schemas/fields.ts";
import { payloadText, retryRequestSchema } from "../schemas/job_request.ts";
import { logQuery } from "../schemas/job_filter.ts";
import { check } from "../schemas/validate.ts";
import type { CommandOutcome, JobService } from "../service.ts";
import { jobText } from "../views/job_view.ts";

/** What the routes need. */
export interface JobDeps {
  readonly clock: Clock;
  readonly bodies: BodyReader;
  readonly bodyBytesMax: number;
}

/** The path parameters of the routes of one job. */
export const jobParams = z.strictObject({ id: jobId });

/** The refusal of an id that no job has. */
export function noSuchJob(id: string): Problem {
  return new Problem("not-found", `there is no job ${id}`);
}

/** `GET|DELETE /job/{id}`, `POST /job/{id}/retry|run`, `GET /job/{id}/logs`. */
export function jobRoutes(deps: JobDeps): Route[] {
  return [
    getRoute(deps),
    commandRoute(deps, {
      method: "DELETE",
      path: "/job/{id}",
      command: "cancel",
      id: "cancelJob",
      summary: "Cancel a job",
      stopping: "A running attempt is being stopped",
    }),
    commandRoute(deps, {
      method: "POST",
      path: "/job/{id}/retry",
      command: "retry",
      id: "retryJob",
      summary: "Run a failed or cancelled job again",
      description: "With a payload in the body it runs with that one; its log tells what it was. " +
        "Steps that are done, and the checkpoint, are kept.",
      body: { schema: retryRequestSchema, types: JSON_TYPES },
    }),
    commandRoute(deps, {
      method: "POST",
      path: "/job/{id}/run",
      command: "run-now",
      id: "runJob",
      summary: "Run a scheduled or retrying job now",
    }),
    logsRoute(),
  ];
}

function getRoute({ clock }: JobDeps): Route {
  return {
    method: "GET",
    path: "/job/{id}",
    access: { scope: "read", over: "queues" },
    operation: {
      id: "getJob",
      tag: "jobs",
      summary: "Get a job",
      params: jobParams,
      answers: { 200: { description: "The job", schema: jobAnswer } },
    },
    handle: async (context, { jobs }) => {
      const id = pathParam(context, "id", jobId);
      if (!id.ok) return id.problem;
      const record = await jobs.get(id.value);
      return record === undefined ? noSuchJob(id.value) : jsonText(jobText(record, clock.wallMs()));
    },
  };
}

/** How one command is reached and described. */
interface CommandRoute {
  readonly method: "POST" | "DELETE";
  readonly path: string;
  readonly command: "cancel" | "retry" | "run-now";
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** What may be sent; it may be missing. */
  readonly body?: Route["operation"]["body"];
  /** What a 202 means, if there can be one. */
  readonly stopping?: string;
}

function commandRoute(deps: JobDeps, route: CommandRoute): Route {
  const { clock } = deps;
  const { id, summary, description, body } = route;
  return {
    method: route.method,
    path: route.path,
    access: { scope: "write", over: "queues" },
    operation: {
      ...{ id, tag: "jobs", summary, params: jobParams },
      ...(description !== undefined && { description }),
      ...(body !== undefined && { body }),
      answers: {
        200: { description: "Done", schema: jobAnswer },
        ...(route.stopping !== undefined &&
          { 202: { description: route.stopping, schema: jobAnswer } }),
        409: { description: "The job's state does not allow it" },
      },
    },
    handle: async (context, { jobs }) => {
      const id = pathParam(context, "id", jobId);
      if (!id.ok) return id.problem;
      const edit = body === undefined ? {} : await editOf(deps, context);
      if (edit instanceof Problem) return edit;
      const outcome = await jobs.command(id.value, route.command, edit);
      return commandResult(outcome, { id: id.value, nowMs: clock.wallMs() });
    },
  };
}

/** What the body of a retry changes; it may be missing. */
async function editOf(
  { bodies, bodyBytesMax }: JobDeps,
  context: Context,
): Promise<{ readonly payload?: string } | Problem> {
  const options = { bytesMax: bodyBytesMax, optional: true };
  const body = await bodies.typedJson(context.req.raw, options);
  if (body instanceof Problem) return body;
  const asked = check(retryRequestSchema, body.value === undefined ? {} : body.value);
  if (!asked.ok) return invalid(asked.errors);
  const { payload } = asked.value;
  if (payload === undefined) return {};
  const text = payloadText(payload);
  return typeof text === "string" ? { payload: text } : invalid(text.errors, "too-large");
}

/** The status of each outcome, as the module header lists them. */
function commandResult(
  outcome: CommandOutcome,
  { id, nowMs }: { id: string; nowMs: number },
): RouteResult {
  switch (outcome.kind) {
    case "done":
      return jsonText(jobText(outcome.record, nowMs));
    case "stopping":
      return jsonText(jobText(outcome.record, nowMs), { status: 202 });
    case "refused":
      return new Problem("conflict", outcome.why, { members: { state: outcome.state } });
    case "missing":
      return noSuchJob(id);
    case "busy":
      return new Problem("overloaded", "the job takes no messages now; nothing happened");
    case "unknown":
      return new Problem("unknown-outcome", "unknown: it may still happen; look at the job");
    default:
      return unreachable(outcome);
  }
}

function logsRoute(): Route {
  return {
    method: "GET",
    path: "/job/{id}/logs",
    access: { scope: "read", over: "queues" },
    operation: {
      id: "getJobLogs",
      tag: "jobs",
      summary: "Lines that the job's attempts have logged",
      params: jobParams,
      query: logQuery,
      answers: { 200: { description: "A page of lines, oldest first", schema: logAnswer } },
    },
    handle: (context, { jobs }) => logs(jobs, context),
  };
}

/** `next` is where to go on even if no line was found: a follower can keep asking with it. */
async function logs(jobs: JobService, context: Context): Promise<RouteResult> {
  const id = pathParam(context, "id", jobId);
  if (!id.ok) return id.problem;
  const asked = query(context, logQuery);
  if (!asked.ok) return invalid(asked.errors);
  const { after = 0, limit = LOG_LINES_MAX } = asked.value;
  const lines = await jobs.logs(id.value, { after, limit });
  if (lines === undefined) return noSuchJob(id.value);
  return json({ lines, next: lines.at(-1)?.n ?? after });
}
