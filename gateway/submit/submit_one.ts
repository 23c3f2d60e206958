/**
 * SubmitOne: `POST /job`, the hot path.
 *
 * Intuition: headers are checked first, because they are free; then the body is read, parsed and validated
 * once, and its payload written back to JSON text once. Nothing else is copied on the way.
 * @module
 */
import type { Context } from "../../deps.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { CallerServices } from "../auth/caller.ts";
import { type BodyReader, JSON_TYPES, mediaType } from "../http/body.ts";
import { Problem } from "../http/problem.ts";
import { jsonText } from "../http/reply.ts";
import { idempotencyKey, prefersMinimal, traceId } from "../http/request_headers.ts";
import type { Route, RouteResult } from "../http/route.ts";
import { asksForSchedule, type ScheduleReader } from "../schedules/schedule_reader.ts";
import { creationResult, keyProblem } from "../schedules/schedule_results.ts";
import type { ScheduleService } from "../schedules/service.ts";
import { submitAnswer } from "../schemas/answers.ts";
import { jobRequestSchema } from "../schemas/job_request.ts";
import { scheduleAnswer } from "../schemas/schedule_answers.ts";
import type { JobRecord, SubmitOutcome } from "../service.ts";
import { refusalOf, type SubmissionReader } from "./submission.ts";
import { jobText } from "../views/job_view.ts";

/** What the route needs. */
export interface SubmitDeps {
  readonly clock: Clock;
  readonly bodies: BodyReader;
  readonly submissions: SubmissionReader;
  readonly bodyBytesMax: number;
  readonly schedules: ScheduleReader;
}

/** `POST /job`. */
export function submitRoute(deps: SubmitDeps): Route {
  return {
    method: "POST",
    path: "/job",
    access: { scope: "write", over: "queues" },
    operation: {
      id: "submitJob",
      tag: "jobs",
      summary: "Submit a job",
      description:
        "A 202 means that the job is durable. A 504 means that nobody knows: repeat it " +
        "with the same Idempotency-Key, which answers 200 with the job if it was accepted.",
      headers: {
        "Idempotency-Key": "1 to 255 visible characters; excludes an own id",
        "Prefer":
          "return=minimal: the answer carries the job's id alone, for those who submit much",
        "traceparent": "W3C trace context; its trace id is kept with the job",
      },
      body: { schema: jobRequestSchema, types: JSON_TYPES },
      answers: {
        200: {
          description: "The same request was accepted before; or, with `Deduplicated: kept`, " +
            "another job has the unique key",
          schema: submitAnswer,
        },
        201: { description: "With a schedule: created, and durable", schema: scheduleAnswer },
        202: {
          description: "Accepted, and durable; with `Deduplicated`, as an earlier job of its key",
          schema: submitAnswer,
        },
        409: { description: "The id exists, or another job has the unique key: its `id`" },
      },
    },
    handle: (context, caller) => submit(deps, context, caller),
  };
}

/** Checks in the order of their cost; the store is reached only by what is valid. */
async function submit(
  deps: SubmitDeps,
  context: Context,
  { jobs, schedules }: CallerServices,
): Promise<RouteResult> {
  const request = context.req.raw;
  const type = mediaType(request.headers, JSON_TYPES);
  if (type instanceof Problem) return type;
  const key = idempotencyKey(request.headers);
  if (key instanceof Problem) return key;
  const body = await deps.bodies.json(request, { bytesMax: deps.bodyBytesMax });
  if (body instanceof Problem) return body;
  if (asksForSchedule(body.value)) {
    const asked = { value: body.value, headers: request.headers };
    return await createSchedule(asked, { schedules, reader: deps.schedules });
  }
  const trace = traceId(request.headers);
  const submission = deps.submissions.read(body.value, { idempotencyKey: key, traceId: trace });
  if (submission instanceof Problem) return submission;
  const outcome = await jobs.submit(submission.spec, submission.naming);
  return answer(outcome, { minimal: prefersMinimal(request.headers), nowMs: deps.clock.wallMs() });
}

/** The job becomes the one of a new schedule, under its id. */
async function createSchedule(
  { value, headers }: { readonly value: unknown; readonly headers: Headers },
  { schedules, reader }: {
    readonly schedules: ScheduleService;
    readonly reader: ScheduleReader;
  },
): Promise<RouteResult> {
  const refused = keyProblem(headers);
  if (refused !== null) return refused;
  const asked = reader.readOfJob(value);
  if (asked instanceof Problem) return asked;
  return creationResult(await schedules.create(asked.spec, asked.id));
}

/** How the job is shown: whole as at `nowMs`, or by its id alone. */
interface Shown {
  readonly minimal: boolean;
  readonly nowMs: number;
}

/** A replay is a 200, and so is a job that was kept: nothing new was accepted. */
function answer(outcome: SubmitOutcome, shown: Shown): RouteResult {
  switch (outcome.kind) {
    case "accepted":
      return show(outcome.record, shown, { status: 202 });
    case "replayed":
      return show(outcome.record, shown, { headers: { "idempotency-replayed": "true" } });
    case "kept":
      return show(outcome.record, shown, { headers: { deduplicated: "kept" } });
    case "merged":
      return show(outcome.record, shown, { status: 202, headers: { deduplicated: outcome.how } });
    default:
      return refusalOf(outcome);
  }
}

function show(
  record: JobRecord,
  { minimal, nowMs }: Shown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> },
): Response {
  const text = minimal ? JSON.stringify({ id: record.id }) : jobText(record, nowMs);
  const location = `/job/${encodeURIComponent(record.id)}`;
  return jsonText(text, { status, headers: { ...headers, location } });
}
