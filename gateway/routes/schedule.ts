/**
 * Schedule: the routes of one schedule: create, get, replace, delete, pause, resume.
 *
 * Intuition: a PUT may be repeated until it is answered, so it is the way to keep schedules in a
 * repository; a POST makes a new one and refuses an id that is taken. What a schedule's state allows is
 * decided by the schedule.
 *
 * Not here: its fires (schedule_fires.ts).
 * @module
 */
import { type Context, z } from "../../deps.ts";
import type { Caller } from "../auth/caller.ts";
import { type BodyReader, JSON_TYPES } from "../http/body.ts";
import { invalid, Problem } from "../http/problem.ts";
import { jsonText } from "../http/reply.ts";
import { pathParam, type Route, type RouteResult } from "../http/route.ts";
import type { ScheduleReader } from "../schedules/schedule_reader.ts";
import {
  changeResult,
  creationResult,
  keyProblem,
  noSuchSchedule,
} from "../schedules/schedule_results.ts";
import type { ScheduleService } from "../schedules/service.ts";
import { scheduleAnswer } from "../schemas/schedule_answers.ts";
import { pauseSchema, scheduleId, scheduleRequestSchema } from "../schemas/schedule_request.ts";
import { check } from "../schemas/validate.ts";
import { scheduleText } from "../views/schedule_view.ts";

/** What the routes need. */
export interface ScheduleDeps {
  readonly reader: ScheduleReader;
  readonly bodies: BodyReader;
  readonly bodyBytesMax: number;
}

/** The path parameters of the routes of one schedule. */
export const scheduleParams = z.strictObject({ id: scheduleId });

const BODY = { schema: scheduleRequestSchema, types: JSON_TYPES };

/** `POST /schedule`, `GET|PUT|DELETE /schedule/{id}`, `POST /schedule/{id}/pause|resume`. */
export function scheduleRoutes(deps: ScheduleDeps): Route[] {
  return [createRoute(deps), getRoute(), putRoute(deps), ...changeRoutes(deps)];
}

function createRoute({ reader, bodies, bodyBytesMax }: ScheduleDeps): Route {
  return {
    method: "POST",
    path: "/schedule",
    access: { scope: "write", over: "queues" },
    operation: {
      id: "createSchedule",
      tag: "schedules",
      summary: "Create a recurring schedule",
      description: "A 504 means that nobody knows: with an own id, PUT /schedule/{id} repeats it.",
      body: BODY,
      answers: {
        201: { description: "Created, and durable", schema: scheduleAnswer },
        409: { description: "There is a schedule of this id" },
      },
    },
    handle: async ({ req: { raw } }, { schedules }) => {
      const refused = keyProblem(raw.headers);
      if (refused !== null) return refused;
      const body = await bodies.typedJson(raw, { bytesMax: bodyBytesMax });
      if (body instanceof Problem) return body;
      const asked = reader.read(body.value);
      if (asked instanceof Problem) return asked;
      return creationResult(await schedules.create(asked.spec, asked.id));
    },
  };
}

function getRoute(): Route {
  return {
    method: "GET",
    path: "/schedule/{id}",
    access: { scope: "read", over: "queues" },
    operation: {
      id: "getSchedule",
      tag: "schedules",
      summary: "Get a schedule",
      params: scheduleParams,
      answers: { 200: { description: "The schedule", schema: scheduleAnswer } },
    },
    handle: async (context, { schedules }) => {
      const id = pathParam(context, "id", scheduleId);
      if (!id.ok) return id.problem;
      const record = await schedules.get(id.value);
      return record === undefined ? noSuchSchedule(id.value) : jsonText(scheduleText(record));
    },
  };
}

function putRoute({ reader, bodies, bodyBytesMax }: ScheduleDeps): Route {
  return {
    method: "PUT",
    path: "/schedule/{id}",
    access: { scope: "write", over: "queues" },
    operation: {
      id: "putSchedule",
      tag: "schedules",
      summary: "Create a schedule, or give it another spec",
      description:
        "Everything that is left out has its default again. Times that were due before are " +
        "decided by the old spec: no fire is lost or repeated. A paused schedule stays paused, one " +
        "that has ended goes on.",
      params: scheduleParams,
      body: BODY,
      answers: {
        200: { description: "It goes by the new spec", schema: scheduleAnswer },
        201: { description: "Created, and durable", schema: scheduleAnswer },
      },
    },
    handle: async (context, { schedules }) => {
      const id = pathParam(context, "id", scheduleId);
      if (!id.ok) return id.problem;
      const body = await bodies.typedJson(context.req.raw, { bytesMax: bodyBytesMax });
      if (body instanceof Problem) return body;
      const asked = reader.readFor(id.value, body.value);
      if (asked instanceof Problem) return asked;
      return changeResult(await schedules.replace(id.value, asked.spec), id.value);
    },
  };
}

/** What a schedule can be told to do; the description says what is not obvious. */
function changeRoutes(deps: ScheduleDeps): Route[] {
  return [
    changeRoute({
      ...{ method: "DELETE", path: "/schedule/{id}", id: "deleteSchedule" },
      summary: "Delete a schedule",
      description: "Jobs that it made stay; nothing that waits is made any more.",
      change: (id, { schedules }) => schedules.remove(id),
    }),
    changeRoute({
      ...{ method: "POST", path: "/schedule/{id}/pause", id: "pauseSchedule" },
      summary: "Stop a schedule from firing",
      description: "What comes while it is paused is noted in the ledger and never made up for.",
      body: { schema: pauseSchema, types: JSON_TYPES },
      change: async (id, { schedules }, context) => {
        const note = await noteOf(deps, context);
        return note instanceof Problem ? note : await schedules.pause(id, note);
      },
    }),
    changeRoute({
      ...{ method: "POST", path: "/schedule/{id}/resume", id: "resumeSchedule" },
      summary: "Let a paused schedule fire again",
      description: "From its next time on. One that is not paused stays as it is.",
      change: (id, { schedules }) => schedules.resume(id),
    }),
  ];
}

/** How one change is reached, described and made. */
interface Change extends Pick<Route["operation"], "id" | "summary" | "description" | "body"> {
  readonly method: "POST" | "DELETE";
  readonly path: string;
  readonly change: (
    id: string,
    caller: Caller,
    context: Context,
  ) => Promise<Awaited<ReturnType<ScheduleService["pause"]>> | Problem>;
}

function changeRoute({ method, path, change, ...operation }: Change): Route {
  return {
    method,
    path,
    access: { scope: "write", over: "queues" },
    operation: {
      ...operation,
      tag: "schedules",
      params: scheduleParams,
      answers: {
        200: { description: "Done", schema: scheduleAnswer },
        409: { description: "The schedule's state does not allow it" },
      },
    },
    handle: async (context, caller): Promise<RouteResult> => {
      const id = pathParam(context, "id", scheduleId);
      if (!id.ok) return id.problem;
      const outcome = await change(id.value, caller, context);
      return outcome instanceof Problem ? outcome : changeResult(outcome, id.value);
    },
  };
}

/** Why it is paused: the body may be missing. */
async function noteOf(
  { bodies, bodyBytesMax }: ScheduleDeps,
  context: Context,
): Promise<string | null | Problem> {
  const options = { bytesMax: bodyBytesMax, optional: true };
  const body = await bodies.typedJson(context.req.raw, options);
  if (body instanceof Problem) return body;
  const asked = check(pauseSchema, body.value === undefined ? {} : body.value);
  return asked.ok ? asked.value.note ?? null : invalid(asked.errors);
}
