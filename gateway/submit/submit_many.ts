/**
 * SubmitMany: `POST /jobs`, a JSON array or an endless stream of lines.
 *
 * Intuition: an array is read as a whole and so is bounded in bytes and items; a stream is read line by
 * line, as fast as its jobs become durable, and may go on for ever. Either way each job is submitted
 * on its own, many at a time, and a bad one spoils nothing but itself.
 *
 * Not here: pace and bounds (bulk_run.ts, line_reader.ts), the forms of the answer (bulk_answer.ts).
 * @module
 */
import { BulkRun } from "./bulk_run.ts";
import { CollectedAnswer, StreamedAnswer } from "./bulk_answer.ts";
import { readLines } from "./line_reader.ts";
import { type Context, z } from "../../deps.ts";
import { Fault } from "../../runtime/fault.ts";
import { type BodyReader, mediaType } from "../http/body.ts";
import type { Deadlines } from "../http/deadlines.ts";
import type { Lifecycle } from "../http/lifecycle.ts";
import { faultProblem, invalid, Problem } from "../http/problem.ts";
import { traceId } from "../http/request_headers.ts";
import type { Route, RouteResult } from "../http/route.ts";
import {
  BULK_DEPTH_MAX,
  BULK_IN_FLIGHT_MAX,
  BULK_ITEMS_MAX,
  BULK_REQUESTS_MAX,
  JSON_DEPTH_MAX,
} from "../limits.ts";
import { bulkAnswer } from "../schemas/answers.ts";
import { jobRequestSchema } from "../schemas/job_request.ts";
import { isDeeper } from "../schemas/json_text.ts";
import type { JobService } from "../service.ts";
import { refusalOf, type SubmissionReader } from "./submission.ts";

/** What the route needs. */
export interface BulkDeps {
  readonly jobs: JobService;
  readonly bodies: BodyReader;
  readonly submissions: SubmissionReader;
  readonly bulkBytesMax: number;
  /** Longest line of a stream, bytes. */
  readonly lineBytesMax: number;
  /** Watches over the silence of streams. */
  readonly idle: Deadlines;
  readonly lifecycle: Lifecycle;
  /** Told of failures that nobody expected. */
  readonly unexpected: (error: unknown, where: string) => void;
}

const LINES = "application/x-ndjson";
const TYPES = ["application/json", LINES];

/** `POST /jobs`. */
export function bulkRoute(deps: BulkDeps): Route {
  const state = { open: 0 };
  return {
    method: "POST",
    path: "/jobs",
    operation: {
      id: "submitJobs",
      tag: "jobs",
      summary: "Submit many jobs",
      description:
        `A JSON array (at most ${BULK_ITEMS_MAX} jobs), or ${LINES} without end: one job ` +
        "per line, read as fast as they become durable. A bad job rejects only itself. The answer " +
        `comes after the last line; with Accept: ${LINES} it is streamed, one line per job as soon ` +
        "as it is durable and a summary as the last line. Read it while you write.",
      body: { schema: z.array(jobRequestSchema).max(BULK_ITEMS_MAX), types: TYPES },
      answers: { 202: { description: "What became of each job", schema: bulkAnswer } },
    },
    handle: async (context) => {
      if (state.open >= BULK_REQUESTS_MAX) {
        return new Problem("overloaded", "too many bulk requests are under way");
      }
      state.open++;
      deps.lifecycle.begin();
      const done = (): void => {
        state.open--;
        deps.lifecycle.end();
      };
      return await submitMany(deps, context, done);
    },
  };
}

/** `done` is called once, when nothing of the request is under way any more. */
async function submitMany(
  deps: BulkDeps,
  context: Context,
  done: () => void,
): Promise<RouteResult> {
  const { raw: request } = context.req;
  const type = mediaType(request.headers, TYPES);
  const streamed = type === LINES && (request.headers.get("accept") ?? "").includes(LINES);
  const keyed = request.headers.has("idempotency-key");
  if (streamed && !keyed && request.body !== null) return streamAnswer(deps, request, done);
  try {
    if (type instanceof Problem) return type;
    if (keyed) {
      const message = "is for one job: give each job of a bulk request an own id instead";
      return invalid([{ path: "Idempotency-Key", message }]);
    }
    return type === LINES ? await collectLines(deps, request) : await collectArray(deps, request);
  } finally {
    done();
  }
}

/** Nested deeper than one job may be, the array is still taken, and the deep jobs are refused one by one. */
async function collectArray(deps: BulkDeps, request: Request): Promise<RouteResult> {
  const body = await deps.bodies.json(request, {
    bytesMax: deps.bulkBytesMax,
    depthMax: BULK_DEPTH_MAX,
  });
  if (body instanceof Problem) return body;
  if (!Array.isArray(body.value)) {
    return invalid([{ path: "", message: "must be an array of jobs" }]);
  }
  if (body.value.length > BULK_ITEMS_MAX) {
    const message = `must be at most ${BULK_ITEMS_MAX} jobs: stream them as ${LINES}`;
    return invalid([{ path: "", message }], "too-large");
  }
  const answer = new CollectedAnswer();
  const run = newRun(deps, request, answer);
  const someTooDeep = body.depth > JSON_DEPTH_MAX + 1;
  for (const value of body.value as unknown[]) {
    const tooDeep = someTooDeep && isDeeper(value, JSON_DEPTH_MAX);
    const wait = run.add(tooDeep ? TOO_DEEP : { value });
    if (wait !== undefined) await wait;
  }
  await run.settled();
  return answer.response(run);
}

const TOO_DEEP = invalid([{
  path: "payload",
  message: `must nest at most ${JSON_DEPTH_MAX} deep`,
}]);

/** The answer waits for the end of the stream (bulk_answer.ts says why). */
async function collectLines(deps: BulkDeps, request: Request): Promise<RouteResult> {
  const answer = new CollectedAnswer();
  const run = newRun(deps, request, answer);
  const incomplete = request.body === null
    ? undefined
    : await readLines(request.body.getReader(), { ...lineOptions(deps), run });
  await run.settled();
  return answer.response(run, incomplete);
}

/** The response is on its way while lines are still read; `done` comes when both have ended. */
function streamAnswer(deps: BulkDeps, request: Request, done: () => void): RouteResult {
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const answer = new StreamedAnswer(() => void reader.cancel().catch(() => {}));
  const run = newRun(deps, request, answer);
  readLines(reader, { ...lineOptions(deps), run, answer })
    .then(async (incomplete) => {
      await run.settled();
      answer.end(run, incomplete);
    })
    .catch((error) => deps.unexpected(error, "POST /jobs"))
    .finally(done);
  return new Response(answer.body, {
    status: 202,
    headers: { "content-type": LINES, "cache-control": "no-store" },
  });
}

function lineOptions({ idle, lifecycle, lineBytesMax }: BulkDeps) {
  return { idle, stopping: lifecycle.stopping, lineBytesMax };
}

/** A run whose submissions turn every failure into a problem: its promises never reject. */
function newRun(
  deps: BulkDeps,
  request: Request,
  report: CollectedAnswer | StreamedAnswer,
): BulkRun {
  const headers = { idempotencyKey: null, traceId: traceId(request.headers) };
  const submit = async (value: unknown): Promise<string | Problem> => {
    const submission = deps.submissions.read(value, headers);
    if (submission instanceof Problem) return submission;
    try {
      const outcome = await deps.jobs.submit(submission.spec, submission.naming);
      return "record" in outcome ? outcome.record.id : refusalOf(outcome);
    } catch (error) {
      if (error instanceof Fault) return faultProblem(error);
      deps.unexpected(error, "POST /jobs");
      return new Problem("internal", "an unexpected error occurred; it is in the node's log");
    }
  };
  return new BulkRun({ submit, report, inFlightMax: BULK_IN_FLIGHT_MAX });
}
