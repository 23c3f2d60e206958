/**
 * JobList: the routes over many jobs: list, counts, retry and cancel by filter.
 *
 * Intuition: every answer is bounded, and says with a cursor where to go on. A cursor is sealed with
 * the filter it belongs to (cursor.ts).
 *
 * Not here: what a filter may contain (schemas/job_filter.ts).
 * @module
 */
import { JOB_STATES, type JobStateName } from "../../actors/job/messages.ts";
import type { Context } from "../../deps.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type BodyReader, JSON_TYPES } from "../http/body.ts";
import { invalid, Problem } from "../http/problem.ts";
import { json } from "../http/reply.ts";
import { query, type Route, type RouteResult } from "../http/route.ts";
import { ACTION_LIMIT_MAX, LIST_LIMIT_DEFAULT } from "../limits.ts";
import { actionAnswer, countsAnswer, jobPageAnswer } from "../schemas/answers.ts";
import { jobActionSchema, jobFilter, jobListQuery } from "../schemas/job_filter.ts";
import { check } from "../schemas/validate.ts";
import type { JobFilter, JobService } from "../service.ts";
import { jobText } from "../views/job_view.ts";
import { openCursor, sealCursor } from "./cursor.ts";
import { BAD_CURSOR, pageResult } from "./page.ts";

/** What the routes need. */
export interface JobListDeps {
  readonly clock: Clock;
  readonly bodies: BodyReader;
  readonly bodyBytesMax: number;
}

/** `GET /jobs`, `GET /jobs/counts`, `POST /jobs/retry`, `POST /jobs/cancel`. */
export function jobListRoutes(deps: JobListDeps): Route[] {
  return [
    {
      method: "GET",
      path: "/jobs",
      access: { scope: "read", over: "queues" },
      operation: {
        id: "listJobs",
        tag: "jobs",
        summary: "List jobs",
        description:
          "Every given condition must hold. A page may be shorter than its limit, even " +
          "empty: only a null cursor ends the list.",
        query: jobListQuery,
        answers: { 200: { description: "A page", schema: jobPageAnswer } },
      },
      handle: (context, { jobs }) => list({ ...deps, jobs }, context),
    },
    {
      method: "GET",
      path: "/jobs/counts",
      access: { scope: "read", over: "queues" },
      operation: {
        id: "countJobs",
        tag: "jobs",
        summary: "Count jobs by state and by queue",
        answers: { 200: { description: "The counts", schema: countsAnswer } },
      },
      handle: (_, { jobs }) => counts(jobs),
    },
    actionRoute(deps, "retry"),
    actionRoute(deps, "cancel"),
  ];
}

/** What the routes need, with the jobs of who asks. */
type AskedDeps = JobListDeps & { readonly jobs: JobService };

async function list({ jobs, clock }: AskedDeps, context: Context): Promise<RouteResult> {
  const asked = query(context, jobListQuery);
  if (!asked.ok) return invalid(asked.errors);
  const { order = "newest", limit = LIST_LIMIT_DEFAULT, cursor } = asked.value;
  const filter = jobFilter(asked.value);
  return await pageResult({
    name: "jobs",
    terms: JSON.stringify([filter, order]),
    cursor,
    limit,
    fetch: (step) => jobs.list({ filter, order, ...step }),
    textOf: (record) => jobText(record, clock.wallMs()),
  });
}

/** Every state is told, the zeros too, so that clients need no defaults. */
async function counts(jobs: JobService): Promise<RouteResult> {
  const states = zeros();
  const queues: [string, Record<JobStateName, number>][] = [];
  let total = 0;
  for (const [queue, byState] of await jobs.counts()) {
    const counted = zeros();
    for (const [state, count] of byState) {
      counted[state] += count;
      states[state] += count;
      total += count;
    }
    queues.push([queue, counted]);
  }
  queues.sort(([a], [b]) => (a < b ? -1 : 1));
  return json({ states, queues: Object.fromEntries(queues), total });
}

function zeros(): Record<JobStateName, number> {
  return Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobStateName, number>;
}

function actionRoute(deps: JobListDeps, command: "retry" | "cancel"): Route {
  return {
    method: "POST",
    path: `/jobs/${command}`,
    access: { scope: "write", over: "queues" },
    operation: {
      id: `${command}Jobs`,
      tag: "jobs",
      summary: `${command === "retry" ? "Retry" : "Cancel"} jobs by filter`,
      description: `At most ${ACTION_LIMIT_MAX} jobs per call: repeat it with the cursor of the ` +
        "answer until that is null. Without a filter, all: true is required.",
      body: { schema: jobActionSchema, types: JSON_TYPES },
      answers: { 200: { description: "What became of them", schema: actionAnswer } },
    },
    handle: (context, { jobs }) => act({ ...deps, jobs }, context, command),
  };
}

/** One bounded call of the service; the client decides whether to go on. */
async function act(
  { jobs, bodies, bodyBytesMax }: AskedDeps,
  context: Context,
  command: "retry" | "cancel",
): Promise<RouteResult> {
  const body = await bodies.typedJson(context.req.raw, { bytesMax: bodyBytesMax });
  if (body instanceof Problem) return body;
  const asked = check(jobActionSchema, body.value);
  if (!asked.ok) return invalid(asked.errors);
  const filter: JobFilter = jobFilter(asked.value);
  const terms = JSON.stringify([filter, command]);
  const sealed = asked.value.cursor;
  const cursor = sealed === undefined ? null : openCursor(sealed, terms);
  if (cursor === undefined) return BAD_CURSOR;
  const limit = asked.value.limit ?? ACTION_LIMIT_MAX;
  const done = await jobs.bulk({ filter, command, limit, ...(cursor !== null && { cursor }) });
  return json({ ...done, cursor: done.cursor === null ? null : sealCursor(done.cursor, terms) });
}
