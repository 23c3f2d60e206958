/**
 * ScheduleFires: the routes of a schedule's fires: those that come, those that were, and those that
 * a user asks for.
 *
 * Intuition: "when does it run next?" and "why did it not run?" are the two questions that people
 * have about a schedule. The first is answered from its rule, the second from its ledger.
 * @module
 */
import type { Context } from "../../deps.ts";
import type { Occurrence } from "../../actors/schedule/recurrence/occurrence.ts";
import type { Clock } from "../../runtime/clock.ts";
import { JSON_TYPES } from "../http/body.ts";
import { invalid, Problem } from "../http/problem.ts";
import { json, jsonText } from "../http/reply.ts";
import { pathParam, query, type Route, type RouteResult } from "../http/route.ts";
import { LIST_LIMIT_DEFAULT, NEXT_COUNT_DEFAULT, OCCURRENCES_MAX } from "../limits.ts";
import { noSuchSchedule, unmetProblem } from "../schedules/schedule_results.ts";
import type { LedgerLine, ScheduleService } from "../schedules/service.ts";
import {
  backfillAnswer,
  nextAnswer,
  occurrencesAnswer,
  triggerAnswer,
} from "../schemas/schedule_answers.ts";
import {
  backfillSchema,
  nextQuery,
  occurrencesQuery,
  scheduleId,
  schedulePreviewSchema,
} from "../schemas/schedule_request.ts";
import { check } from "../schemas/validate.ts";
import { entryView, occurrenceView } from "../views/schedule_view.ts";
import { isoOrNull } from "../views/moment.ts";
import { type ScheduleDeps, scheduleParams } from "./schedule.ts";

/** What the routes need. */
export interface ScheduleFiresDeps extends ScheduleDeps {
  readonly clock: Clock;
}

/** `GET /schedule/{id}/next|occurrences`, `POST /schedule/{id}/trigger|backfill`, `POST /schedule/preview`. */
export function scheduleFiresRoutes(deps: ScheduleFiresDeps): Route[] {
  return [
    nextRoute(deps),
    previewRoute(deps),
    occurrencesRoute(),
    triggerRoute(),
    backfillRoute(deps),
  ];
}

const NEXT_DESCRIPTION =
  "Times that don't fire are told as well, with the reason. A fire's job is due " +
  "at its time, or later by the jitter.";

function nextRoute({ clock }: ScheduleFiresDeps): Route {
  return {
    method: "GET",
    path: "/schedule/{id}/next",
    access: { scope: "read", over: "queues" },
    operation: {
      id: "getScheduleNext",
      tag: "schedules",
      summary: "The times that come next",
      description: NEXT_DESCRIPTION,
      params: scheduleParams,
      query: nextQuery,
      answers: { 200: { description: "The times, soonest first", schema: nextAnswer } },
    },
    handle: async (context, { schedules }) => {
      const id = pathParam(context, "id", scheduleId);
      if (!id.ok) return id.problem;
      const options = nextOptions(context, clock.wallMs());
      if (options instanceof Problem) return options;
      const next = await schedules.next(id.value, options);
      return next === undefined ? noSuchSchedule(id.value) : nextResult(next);
    },
  };
}

function previewRoute(deps: ScheduleFiresDeps): Route {
  const { reader, bodies, bodyBytesMax, clock } = deps;
  return {
    method: "POST",
    path: "/schedule/preview",
    access: { scope: "read", over: "queues" },
    operation: {
      id: "previewSchedule",
      tag: "schedules",
      summary: "The times at which a schedule would fire",
      description: `Nothing is stored. ${NEXT_DESCRIPTION}`,
      query: nextQuery,
      body: { schema: schedulePreviewSchema, types: JSON_TYPES },
      answers: { 200: { description: "The times, soonest first", schema: nextAnswer } },
    },
    handle: async (context, { schedules }) => {
      const options = nextOptions(context, clock.wallMs());
      if (options instanceof Problem) return options;
      const body = await bodies.typedJson(context.req.raw, { bytesMax: bodyBytesMax });
      if (body instanceof Problem) return body;
      const timing = reader.readTiming(body.value);
      if (timing instanceof Problem) return timing;
      const preview = schedules.preview(timing, options);
      if (preview.kind === "occurrences") return nextResult(preview.occurrences);
      return invalid([{ path: preview.path, message: preview.message }]);
    },
  };
}

function nextOptions(context: Context, nowMs: number) {
  const asked = query(context, nextQuery);
  if (!asked.ok) return invalid(asked.errors);
  const { count = NEXT_COUNT_DEFAULT, after = nowMs } = asked.value;
  return { afterMs: after, limit: count };
}

function nextResult(next: readonly Occurrence[]): Response {
  return json({ next: next.map(occurrenceView) });
}

function occurrencesRoute(): Route {
  return {
    method: "GET",
    path: "/schedule/{id}/occurrences",
    access: { scope: "read", over: "queues" },
    operation: {
      id: "getScheduleOccurrences",
      tag: "schedules",
      summary: "The ledger: what was decided about each nominal time",
      description: `The latest ${OCCURRENCES_MAX} lines are kept.`,
      params: scheduleParams,
      query: occurrencesQuery,
      answers: { 200: { description: "A page", schema: occurrencesAnswer } },
    },
    handle: async (context, { schedules }): Promise<RouteResult> => {
      const id = pathParam(context, "id", scheduleId);
      if (!id.ok) return id.problem;
      const asked = query(context, occurrencesQuery);
      if (!asked.ok) return invalid(asked.errors);
      const { after, limit = LIST_LIMIT_DEFAULT, order = "newest" } = asked.value;
      const lines = order === "oldest"
        ? await schedules.occurrences(id.value, { after: after ?? 0, limit })
        : await newestFirst(schedules, { id: id.value, before: after ?? Infinity, limit });
      if (lines === undefined) return noSuchSchedule(id.value);
      const last = lines.length < limit ? undefined : lines.at(-1);
      const cursor = last === undefined ? null : String(last.n);
      return json({ occurrences: lines.map(entryView), cursor });
    },
  };
}

/** A ledger is read from its oldest line on, and is short: some hundred kilobytes. */
async function newestFirst(
  schedules: ScheduleService,
  { id, before, limit }: { readonly id: string; readonly before: number; readonly limit: number },
): Promise<readonly LedgerLine[] | undefined> {
  const all = await schedules.occurrences(id, { after: 0, limit: OCCURRENCES_MAX });
  return all?.filter(({ n }) => n < before).slice(-limit).reverse();
}

function triggerRoute(): Route {
  return {
    method: "POST",
    path: "/schedule/{id}/trigger",
    access: { scope: "write", over: "queues" },
    operation: {
      id: "triggerSchedule",
      tag: "schedules",
      summary: "Fire now",
      description:
        "Whatever the rule and the overlap policy say, paused or not. It does not count " +
        "as one of the schedule's fires. Each call makes a job.",
      params: scheduleParams,
      answers: { 202: { description: "The job is durable", schema: triggerAnswer } },
    },
    handle: async (context, { schedules }) => {
      const id = pathParam(context, "id", scheduleId);
      if (!id.ok) return id.problem;
      const outcome = await schedules.trigger(id.value);
      if (outcome.kind !== "fired") return unmetProblem(outcome, id.value);
      const [jobId = ""] = outcome.jobIds;
      const location = `/job/${encodeURIComponent(jobId)}`;
      return jsonText(JSON.stringify({ jobId }), { status: 202, headers: { location } });
    },
  };
}

function backfillRoute({ bodies, bodyBytesMax }: ScheduleFiresDeps): Route {
  return {
    method: "POST",
    path: "/schedule/{id}/backfill",
    access: { scope: "write", over: "queues" },
    operation: {
      id: "backfillSchedule",
      tag: "schedules",
      summary: "Make the jobs of past times that have none",
      description:
        "Of all nominal times from `from` to `to`, as far as they are decided. Times whose " +
        "job exists are left as they are: the call may be repeated.",
      params: scheduleParams,
      body: { schema: backfillSchema, types: JSON_TYPES },
      answers: { 202: { description: "The jobs are durable", schema: backfillAnswer } },
    },
    handle: async (context, { schedules }) => {
      const id = pathParam(context, "id", scheduleId);
      if (!id.ok) return id.problem;
      const body = await bodies.typedJson(context.req.raw, { bytesMax: bodyBytesMax });
      if (body instanceof Problem) return body;
      const asked = check(backfillSchema, body.value);
      if (!asked.ok) return invalid(asked.errors);
      const { from, to } = asked.value;
      const outcome = await schedules.backfill(id.value, { fromMs: from, toMs: to });
      if (outcome.kind !== "fired") return unmetProblem(outcome, id.value);
      return json({ jobIds: outcome.jobIds, next: isoOrNull(outcome.nextMs) }, 202);
    },
  };
}
