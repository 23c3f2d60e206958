/**
 * EventRoutes: `GET /events` and `GET /job/{id}/events`, server-sent events that can be resumed.
 *
 * Intuition: ids of the whole node's stream are `boot:sequence`: they mean nothing to another
 * process start, so a client from before a restart is told `reset` and gets what is held. Ids of one job's
 * stream are the job's versions, which survive restarts; its stream always begins with what the client
 * does not know yet, so that nobody needs a second request.
 *
 * Invariants: Q1. A client that comes back gets every later event, or a `reset` first. Q2. A job's events come
 * with growing versions.
 * @module
 */
import type { Context } from "../../deps.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type EventStream, type EventStreams, message } from "./event_streams.ts";
import { Problem } from "../http/problem.ts";
import { lastEventId } from "../http/request_headers.ts";
import { pathParam, type Route, type RouteResult } from "../http/route.ts";
import { jobId } from "../schemas/fields.ts";
import type { JobEvent, JobFeed, JobRecord, JobService } from "../service.ts";
import { eventView, recordEventView } from "../views/job_view.ts";
import { jobParams, noSuchJob } from "../routes/job.ts";

/** What the routes need. */
export interface EventsDeps {
  readonly jobs: JobService;
  readonly clock: Clock;
  readonly streams: EventStreams;
}

const TYPE = "text/event-stream";
const HEADERS = { "Last-Event-ID": "the id of the last event that was seen" };
const CONTROL =
  "Besides `job` there are `reset` (events are missing: read the state again), `cut` " +
  "(you read too slowly), and `bye` (the node stops). Come back with Last-Event-ID after each.";
const TOO_MANY = new Problem("overloaded", "too many event streams are open");

/** `GET /events`, `GET /job/{id}/events`. */
export function eventRoutes(deps: EventsDeps): Route[] {
  return [
    {
      method: "GET",
      path: "/events",
      operation: {
        id: "followEvents",
        tag: "jobs",
        summary: "Follow the changes of all jobs",
        description: `${CONTROL} A first \`hello\` tells where the stream begins.`,
        headers: HEADERS,
        answers: { 200: { description: "Server-sent events", type: TYPE } },
      },
      handle: (context) => followAll(deps, context),
    },
    {
      method: "GET",
      path: "/job/{id}/events",
      operation: {
        id: "followJob",
        tag: "jobs",
        summary: "Follow the changes of one job",
        description: `${CONTROL} Without Last-Event-ID it begins with the current state.`,
        params: jobParams,
        headers: HEADERS,
        answers: { 200: { description: "Server-sent events", type: TYPE } },
      },
      handle: (context) => followJob(deps, context),
    },
  ];
}

function followAll({ jobs: { feed }, streams }: EventsDeps, context: Context): RouteResult {
  const seen = lastEventId(context.req.raw.headers);
  if (seen instanceof Problem) return seen;
  if (context.req.raw.method === "HEAD") return streamResponse(null);
  const stream = streams.open((event) => message("job", eventView(event), globalId(feed, event)));
  if (stream === undefined) return TOO_MANY;
  const restarted = seen !== null && seen.boot !== feed.boot;
  const after = seen === null || restarted ? 0 : seen.number;
  const subscription = feed.subscribe({ after }, (event) => stream.push(event));
  stream.onEnd(() => subscription.stop());
  if (seen === null) {
    // Only what comes. The hello gives even a client that sees no event a place to come back to.
    const latest = subscription.backlog.at(-1)?.sequence ?? 0;
    stream.write(message("hello", { boot: feed.boot }, `${feed.boot}:${latest}`));
    return streamResponse(stream);
  }
  if (restarted || subscription.gap) {
    const detail = restarted ? "the node has restarted" : "older events are no longer held";
    stream.write(message("reset", { detail }));
  }
  stream.replay(subscription.backlog);
  return streamResponse(stream);
}

function globalId(feed: JobFeed, event: JobEvent): string {
  return `${feed.boot}:${event.sequence}`;
}

async function followJob(deps: EventsDeps, context: Context): Promise<RouteResult> {
  const { jobs, streams } = deps;
  const id = pathParam(context, "id", jobId);
  if (!id.ok) return id.problem;
  const seen = lastEventId(context.req.raw.headers);
  if (seen instanceof Problem) return seen;
  // Known before a stream is opened for it; read again below, once its events are listened to.
  if (await jobs.get(id.value) === undefined) return noSuchJob(id.value);
  if (context.req.raw.method === "HEAD") return streamResponse(null);
  const stream = streams.open((event) => message("job", eventView(event), String(event.version)));
  if (stream === undefined) return TOO_MANY;
  const early: JobEvent[] = [];
  let push = (event: JobEvent): void => void early.push(event);
  const subscription = jobs.feed.subscribe(
    { after: 0, jobId: id.value },
    (event) => push(event),
  );
  stream.onEnd(() => subscription.stop());
  try {
    const record = await jobs.get(id.value);
    if (record === undefined) {
      stream.end("bye", { detail: "the job is gone" });
      return noSuchJob(id.value);
    }
    const events = [...subscription.backlog, ...early];
    const from = begin(stream, { record, events, seen: seen?.number, nowMs: deps.clock.wallMs() });
    push = (event) => stream.push(event);
    stream.replay(events.filter((event) => event.version > from));
    return streamResponse(stream);
  } catch (error) {
    stream.end("bye", { detail: "the job cannot be read" });
    throw error;
  }
}

/** Writes what the client must know before the events; tells the version from which events follow (Q1, Q2). */
function begin(
  stream: EventStream,
  { record, events, seen, nowMs }: {
    record: JobRecord;
    events: readonly JobEvent[];
    seen: number | undefined;
    nowMs: number;
  },
): number {
  const state = recordEventView(record, nowMs);
  if (seen === undefined) {
    stream.write(message("job", state, String(record.version)));
    return record.version;
  }
  const first = events[0]?.version ?? record.version + 1;
  const known = seen <= record.version && seen >= first - 1;
  if (known) return seen;
  stream.write(
    message("reset", { detail: "events may be missing", job: state }, String(record.version)),
  );
  return record.version;
}

function streamResponse(stream: EventStream | null): Response {
  return new Response(stream?.body ?? null, {
    headers: {
      "content-type": TYPE,
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
    },
  });
}
