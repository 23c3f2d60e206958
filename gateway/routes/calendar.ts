/**
 * Calendar: `GET /calendars`, `GET|PUT|DELETE /calendar/{name}`.
 * @module
 */
import { type Context, z } from "../../deps.ts";
import { unreachable } from "../../runtime/fault.ts";
import type { CalendarOutcome, CalendarService, CalendarView } from "../calendars/service.ts";
import { type BodyReader, JSON_TYPES } from "../http/body.ts";
import { invalid, Problem } from "../http/problem.ts";
import { json } from "../http/reply.ts";
import { pathParam, type Route, type RouteResult } from "../http/route.ts";
import { calendarAnswer, calendarsAnswer } from "../schemas/answers.ts";
import { calendarRequestSchema } from "../calendars/calendar_request.ts";
import { simpleName } from "../schemas/fields.ts";
import { check } from "../schemas/validate.ts";

/** What the routes need. */
export interface CalendarDeps {
  readonly calendars: CalendarService;
  readonly bodies: BodyReader;
  readonly bodyBytesMax: number;
}

const params = z.strictObject({ name: simpleName });

/** The routes of calendars. */
export function calendarRoutes(deps: CalendarDeps): Route[] {
  return [listRoute(deps), getRoute(deps), putRoute(deps), deleteRoute(deps)];
}

function listRoute({ calendars }: CalendarDeps): Route {
  return {
    method: "GET",
    path: "/calendars",
    access: { scope: "read", over: "queues" },
    operation: {
      id: "listCalendars",
      tag: "calendars",
      summary: "List the calendars that schedules can name",
      answers: { 200: { description: "All of them, by name", schema: calendarsAnswer } },
    },
    handle: async () => {
      const rows = (await calendars.list())
        .map(({ name, source, dates }) => ({ name, source, dates: dates.length }));
      return json({ calendars: rows });
    },
  };
}

function getRoute({ calendars }: CalendarDeps): Route {
  return {
    method: "GET",
    path: "/calendar/{name}",
    access: { scope: "read", over: "queues" },
    operation: {
      id: "getCalendar",
      tag: "calendars",
      summary: "Get a calendar",
      params,
      answers: { 200: { description: "The calendar", schema: calendarAnswer } },
    },
    handle: (context) =>
      named(context, async (name) => {
        const calendar = await calendars.get(name);
        return calendar === undefined ? noSuchCalendar(name) : view(calendar);
      }),
  };
}

function putRoute({ calendars, bodies, bodyBytesMax }: CalendarDeps): Route {
  return {
    method: "PUT",
    path: "/calendar/{name}",
    access: { scope: "write", over: "cluster" },
    operation: {
      id: "putCalendar",
      tag: "calendars",
      summary: "Make a calendar, or give it other dates",
      description:
        "Schedules that name it heed the dates from their next fire on, on every node within " +
        "about a second.",
      params,
      body: { schema: calendarRequestSchema, types: JSON_TYPES },
      answers: {
        200: { description: "The calendar as it is now", schema: calendarAnswer },
        409: { description: "A file of the node holds it, or there are too many" },
      },
    },
    handle: (context) =>
      named(context, async (name) => {
        const body = await bodies.typedJson(context.req.raw, { bytesMax: bodyBytesMax });
        if (body instanceof Problem) return body;
        const asked = check(calendarRequestSchema, body.value);
        if (!asked.ok) return invalid(asked.errors);
        return result(await calendars.put(name, asked.value.dates), name);
      }),
  };
}

function deleteRoute({ calendars }: CalendarDeps): Route {
  return {
    method: "DELETE",
    path: "/calendar/{name}",
    access: { scope: "write", over: "cluster" },
    operation: {
      id: "deleteCalendar",
      tag: "calendars",
      summary: "Delete a calendar",
      description: "Schedules that name it go on; nothing is excluded by it any more.",
      params,
      answers: {
        200: { description: "The calendar as it was", schema: calendarAnswer },
        409: { description: "A file of the node holds it" },
      },
    },
    handle: (context) => named(context, async (name) => result(await calendars.remove(name), name)),
  };
}

async function named(
  context: Context,
  handle: (name: string) => Promise<RouteResult>,
): Promise<RouteResult> {
  const name = pathParam(context, "name", simpleName);
  return name.ok ? await handle(name.value) : name.problem;
}

function result(outcome: CalendarOutcome, name: string): RouteResult {
  switch (outcome.kind) {
    case "done":
      return view(outcome.calendar);
    case "missing":
      return noSuchCalendar(name);
    case "refused":
      return new Problem("conflict", outcome.why);
    case "busy":
      return new Problem("overloaded", "the calendar takes no messages now; nothing happened");
    case "unknown":
      return new Problem("unknown-outcome", "unknown: it may still happen; look at the calendar");
    default:
      return unreachable(outcome);
  }
}

function noSuchCalendar(name: string): Problem {
  return new Problem("not-found", `there is no calendar ${name}`);
}

function view({ name, source, dates }: CalendarView): Response {
  return json({ name, source, dates });
}
