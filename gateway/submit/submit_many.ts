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
import { type BulkReport, BulkRun } from "./bulk_run.ts";
import { AuditedReport } from "./audited_report.ts";
import { CollectedAnswer, StreamedAnswer } from "./bulk_answer.ts";
import { readLines } from "./line_reader.ts";
import { type Context, z } from "../../deps.ts";
import type { JobTrace } from "../../actors/trace/job_trace.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type Audit, originOf } from "../audit/audit.ts";
import type { Caller } from "../auth/caller.ts";
import { type BodyReader, mediaType } from "../http/body.ts";
import type { Deadlines } from "../http/deadlines.ts";
import type { Lifecycle } from "../http/lifecycle.ts";
import { addressOf, failureProblem } from "../http/mount.ts";
import { invalid, Problem } from "../http/problem.ts";
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
import { refusalOf, type SubmissionReader } from "./submission.ts";

/** What the route needs. */
export interface BulkDeps {
  readonly clock: Clock;
  readonly audit: Audit | undefined;
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
  /** Where a request stands in a trace: its jobs are part of it, without spans of their submissions; undefined: nowhere. */
  readonly traceOf: (() => JobTrace | undefined) | undefined;
}

/** A request, with what answers it. */
interface Asked extends BulkDeps {
  readonly context: Context;
  readonly caller: Caller;
}

const OPERATION = "submitJobs";
const LINES = "application/x-ndjson";
const TYPES = ["application/json", LINES];

/** `POST /jobs`. */
export function bulkRoute(deps: BulkDeps): Route {
  const state = { open: 0 };
  return {
    method: "POST",
    path: "/jobs",
    access: { scope: "write", over: "queues" },
    operation: {
      id: OPERATION,
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
    handle: async (context, caller) => {
      if (state.open >= BULK_REQUESTS_MAX) {
        return new Problem("overloaded", "too many bulk requests are under way");
      }
      state.open++;
      deps.lifecycle.begin();
      const done = (): void => {
        state.open--;
        deps.lifecycle.end();
      };
      return await submitMany({ ...deps, context, caller }, done);
    },
  };
}

/** `done` is called once, when nothing of the request is under way any more. */
async function submitMany(asked: Asked, done: () => void): Promise<RouteResult> {
  const request = asked.context.req.raw;
  const type = mediaType(request.headers, TYPES);
  const streamed = type === LINES && (request.headers.get("accept") ?? "").includes(LINES);
  const keyed = request.headers.has("idempotency-key");
  if (streamed && !keyed && request.body !== null) return streamAnswer(asked, request.body, done);
  try {
    if (type instanceof Problem) return type;
    if (keyed) {
      const message = "is for one job: give each job of a bulk request an own id instead";
      return invalid([{ path: "Idempotency-Key", message }]);
    }
    return type === LINES ? await collectLines(asked) : await collectArray(asked);
  } finally {
    done();
  }
}

/** Nested deeper than one job may be, the array is still taken, and the deep jobs are refused one by one. */
async function collectArray(asked: Asked): Promise<RouteResult> {
  const body = await asked.bodies.json(asked.context.req.raw, {
    bytesMax: asked.bulkBytesMax,
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
  const { run, settled } = newRun(asked, answer);
  const someTooDeep = body.depth > JSON_DEPTH_MAX + 1;
  for (const value of body.value as unknown[]) {
    const tooDeep = someTooDeep && isDeeper(value, JSON_DEPTH_MAX);
    const wait = run.add(tooDeep ? TOO_DEEP : { value });
    if (wait !== undefined) await wait;
  }
  await settled();
  return answer.response(run);
}

const TOO_DEEP = invalid([{
  path: "payload",
  message: `must nest at most ${JSON_DEPTH_MAX} deep`,
}]);

/** The answer waits for the end of the stream (bulk_answer.ts says why). */
async function collectLines(asked: Asked): Promise<RouteResult> {
  const answer = new CollectedAnswer();
  const { run, settled } = newRun(asked, answer);
  const { body } = asked.context.req.raw;
  const incomplete = body === null
    ? undefined
    : await readLines(body.getReader(), { ...lineOptions(asked), run });
  await settled();
  return answer.response(run, incomplete);
}

/** The response is on its way while lines are still read; `done` comes when both have ended. */
function streamAnswer(
  asked: Asked,
  body: ReadableStream<Uint8Array>,
  done: () => void,
): RouteResult {
  const reader = body.getReader();
  const answer = new StreamedAnswer(() => void reader.cancel().catch(() => {}));
  const { run, settled } = newRun(asked, answer);
  readLines(reader, { ...lineOptions(asked), run, answer })
    .then(async (incomplete) => {
      await settled();
      answer.end(run, incomplete);
    })
    .catch((error) => asked.unexpected(error, "POST /jobs"))
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
function newRun(asked: Asked, answer: BulkReport): {
  readonly run: BulkRun;
  /** Resolves when every item is reported, and written down. */
  readonly settled: () => Promise<void>;
} {
  const { submissions, unexpected, caller, context } = asked;
  const trace = asked.traceOf?.();
  const headers = { idempotencyKey: null, traceId: traceId(context.req.raw.headers) };
  const submit = async (value: unknown): Promise<string | Problem> => {
    const submission = submissions.read(value, headers);
    if (submission instanceof Problem) return submission;
    const refused = caller.more();
    if (refused !== null) {
      const problem = refused instanceof Problem ? refused : await refused;
      if (problem !== null) return problem;
    }
    try {
      const spec = trace === undefined ? submission.spec : { ...submission.spec, ...trace };
      const outcome = await caller.jobs.submit(spec, submission.naming);
      return "record" in outcome ? outcome.record.id : refusalOf(outcome);
    } catch (error) {
      return failureProblem(error, { where: "POST /jobs", unexpected });
    }
  };
  const audited = auditedReport(asked, answer);
  const run = new BulkRun({
    submit,
    report: audited ?? answer,
    inFlightMax: BULK_IN_FLIGHT_MAX,
  });
  return { run, settled: () => run.settled().then(() => audited?.flush()) };
}

/** Where nothing is written down, fates go to the answer alone. */
function auditedReport(
  { audit, clock, caller, context }: Asked,
  answer: BulkReport,
): AuditedReport | undefined {
  if (audit === undefined) return undefined;
  const facts = {
    who: caller.principal.name,
    action: OPERATION,
    target: context.req.path,
    status: 202,
    ...originOf(context.req.raw.headers, addressOf(context)),
  };
  return new AuditedReport(answer, { clock, write: (ids) => audit.record({ ...facts, ids }) });
}
