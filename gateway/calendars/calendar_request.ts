/**
 * CalendarRequest: what a calendar is put with.
 * @module
 */
import { CALENDAR_DATES_MAX } from "../../actors/calendar/state.ts";
import { z } from "../../deps.ts";
import { localDate } from "../schemas/fields.ts";

/** The body of `PUT /calendar/{name}`: the dates replace those that it had. */
export const calendarRequestSchema = z.strictObject({
  dates: z.array(localDate)
    .max(CALENDAR_DATES_MAX, `must be at most ${CALENDAR_DATES_MAX} dates`)
    .meta({ description: "Local dates on which nothing fires.", examples: [["2027-12-25"]] }),
}).meta({ id: "CalendarRequest" });
