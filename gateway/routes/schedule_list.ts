/**
 * ScheduleList: `GET /schedules`.
 * @module
 */
import { invalid } from "../http/problem.ts";
import { query, type Route } from "../http/route.ts";
import { LIST_LIMIT_DEFAULT } from "../limits.ts";
import { schedulePageAnswer } from "../schemas/schedule_answers.ts";
import { scheduleListQuery } from "../schemas/schedule_request.ts";
import { scheduleText } from "../views/schedule_view.ts";
import { pageResult } from "./page.ts";

/** `GET /schedules`. */
export function scheduleListRoute(): Route {
  return {
    method: "GET",
    path: "/schedules",
    access: { scope: "read", over: "queues" },
    operation: {
      id: "listSchedules",
      tag: "schedules",
      summary: "List schedules",
      description:
        "The newest first. A page may be shorter than its limit, even empty: only a null " +
        "cursor ends the list.",
      query: scheduleListQuery,
      answers: { 200: { description: "A page", schema: schedulePageAnswer } },
    },
    handle: async (context, { schedules }) => {
      const asked = query(context, scheduleListQuery);
      if (!asked.ok) return invalid(asked.errors);
      const { state, name, limit = LIST_LIMIT_DEFAULT, cursor } = asked.value;
      const filter = { ...(state !== undefined && { state }), ...(name !== undefined && { name }) };
      return await pageResult({
        name: "schedules",
        terms: JSON.stringify(["schedules", filter]),
        cursor,
        limit,
        fetch: (step) => schedules.list({ ...filter, ...step }),
        textOf: scheduleText,
      });
    },
  };
}
