/**
 * EventRoutes: `GET /events` and `GET /job/{id}/events`, server-sent events that can be resumed.
 *
 * Intuition: ids of the whole node's stream are `boot:sequence`: they mean nothing to another
 * process start, so a client from before a restart is told `reset` and gets what is held. Ids of one job's
 * stream are the job's versions, which survive restarts and mean the same on every node; its stream always begins
 * with what the client does not know yet, so that nobody needs a second request.
 *
 * Invariants: Q1. A client that comes back gets every later event, or a `reset` first. Others in job_stream.ts.
 * @module
 */
import type { Context } from "../../deps.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Caller } from "../auth/caller.ts";
import { type EventStream, type EventStreams, message } from "./event_streams.ts";
import { tellJob } from "./job_stream.ts";
import { Problem } from "../http/problem.ts";
import { lastEventId } from "../http/request_headers.ts";
import { pathParam, type Route, type RouteResult } from "../http/route.ts";
import { jobId } from "../schemas/fields.ts";
import type { JobEvent, JobFeed } from "../service.ts";
import { eventView } from "../views/job_view.ts";
import { jobParams, noSuchJob } from "../routes/job.ts";

/** What the routes need. */
export interface EventsDeps {
  readonly clock: Clock;
  readonly streams: EventStreams;
}

/** A stream looks at least so often whether its reader's key has expired, ms: timers hold no longer spans. */
const EXPIRY_LOOK_MS_MAX = 86_400_000;
const TYPE = "text/event-stream";
const HEADERS = { "Last-Event-ID": "the id of the last event that was seen" };
const CONTROL =
  "Changes that any node makes are told on every node. Besides `job` there are `reset` (events are " +
  "missing), `cut` (you read too slowly), and `bye` (the stream ends). Come back with Last-Event-ID.";
const OTHER_BOOT = "the node has restarted, or the id is another node's";
const GAP = "events are no longer held, or were not heard of";
const TOO_MANY = new Problem("overloaded", "too many event streams are open");

/** `GET /events`, `GET /job/{id}/events`. */
export function eventRoutes(deps: EventsDeps): Route[] {
  return [
    {
      method: "GET",
      path: "/events",
      access: { scope: "read", over: "queues" },
      operation: {
        id: "followEvents",
        tag: "jobs",
        summary: "Follow the changes of all jobs",
        description:
          `${CONTROL} A first \`hello\` tells where the stream begins. After a \`reset\` read again what you need.`,
        headers: HEADERS,
        answers: { 200: { description: "Server-sent events", type: TYPE } },
      },
      handle: (context, caller) => followAll(deps, context, caller),
    },
    {
      method: "GET",
      path: "/job/{id}/events",
      access: { scope: "read", over: "queues" },
      operation: {
        id: "followJob",
        tag: "jobs",
        summary: "Follow the changes of one job",
        description:
          `${CONTROL} Without Last-Event-ID it begins with the current state, which also follows a \`reset\`.`,
        params: jobParams,
        headers: HEADERS,
        answers: { 200: { description: "Server-sent events", type: TYPE } },
      },
      handle: (context, caller) => followJob(deps, context, caller),
    },
  ];
}

async function followAll(
  deps: EventsDeps,
  context: Context,
  caller: Caller,
): Promise<RouteResult> {
  const seen = lastEventId(context.req.raw.headers);
  if (seen instanceof Problem) return seen;
  if (context.req.raw.method === "HEAD") return streamResponse(null);
  const { feed } = caller.jobs;
  const stream = openFor(
    caller,
    deps,
    (event) => message("job", eventView(event), globalId(feed, event)),
  );
  if (stream === undefined) return TOO_MANY;
  const attention = feed.attend();
  stream.onEnd(() => attention.stop());
  await attention.heard;
  const restarted = seen !== null && seen.boot !== feed.boot;
  const missed = (detail: string) => stream.push(message("reset", { detail }));
  const subscription = feed.subscribe(
    { missed, ...(seen !== null && { after: restarted ? 0 : seen.number }) },
    (event) => stream.push(event),
  );
  stream.onEnd(() => subscription.stop());
  if (seen === null) {
    // Only what comes. The hello gives even a client that sees no event a place to come back to.
    const { latest } = subscription;
    stream.write(message("hello", { boot: feed.boot }, `${feed.boot}:${latest}`));
    return streamResponse(stream);
  }
  if (restarted || subscription.gap) {
    stream.write(message("reset", { detail: restarted ? OTHER_BOOT : GAP }));
  }
  stream.replay(subscription.backlog);
  return streamResponse(stream);
}

/** A stream that ends with what its reader proved; undefined when there are too many. */
function openFor(
  { principal: { untilMs } }: Caller,
  { streams, clock }: EventsDeps,
  encode: (event: JobEvent) => string,
): EventStream | undefined {
  const stream = streams.open(encode);
  if (stream === undefined || untilMs === null) return stream;
  const expire = () => {
    const leftMs = untilMs - clock.wallMs();
    if (leftMs <= 0) return stream.end("bye", { detail: "the key has expired" });
    timer = clock.after(Math.min(leftMs, EXPIRY_LOOK_MS_MAX), expire);
  };
  let timer = clock.after(0, expire);
  stream.onEnd(() => timer.cancel());
  return stream;
}

function globalId(feed: JobFeed, event: JobEvent): string {
  return `${feed.boot}:${event.sequence}`;
}

async function followJob(
  deps: EventsDeps,
  context: Context,
  caller: Caller,
): Promise<RouteResult> {
  const { clock } = deps;
  const { jobs } = caller;
  const id = pathParam(context, "id", jobId);
  if (!id.ok) return id.problem;
  const seen = lastEventId(context.req.raw.headers);
  if (seen instanceof Problem) return seen;
  // Known before a stream is opened for it; read again once its events are listened to.
  if (await jobs.get(id.value) === undefined) return noSuchJob(id.value);
  if (context.req.raw.method === "HEAD") return streamResponse(null);
  const stream = openFor(
    caller,
    deps,
    (event) => message("job", eventView(event), String(event.version)),
  );
  if (stream === undefined) return TOO_MANY;
  try {
    if (await tellJob({ jobs, clock, stream, id: id.value, seen: seen?.number })) {
      return streamResponse(stream);
    }
    stream.end("bye", { detail: "the job is gone" });
    return noSuchJob(id.value);
  } catch (error) {
    stream.end("bye", { detail: "the job cannot be read" });
    throw error;
  }
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
