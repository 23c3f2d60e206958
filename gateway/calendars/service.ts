/**
 * CalendarService: what the gateway's routes ask of the node about calendars, in the terms of the API.
 * @module
 */

/** A calendar as users see it. */
export interface CalendarView {
  readonly name: string;
  /** `file`: the node's configuration names a file that holds it. */
  readonly source: "api" | "file";
  /** Local dates, `2027-12-25`, in order. */
  readonly dates: readonly string[];
}

/** What became of a change of a calendar. */
export type CalendarOutcome =
  | { readonly kind: "done"; readonly calendar: CalendarView }
  | { readonly kind: "missing" }
  /** It may not be changed here, or there are too many. */
  | { readonly kind: "refused"; readonly why: string }
  /** Full or draining: nothing happened. */
  | { readonly kind: "busy" }
  /** No answer in time: it may still happen. */
  | { readonly kind: "unknown" };

/** The calendars. Methods reject with `Fault` when the store is out of reach. */
export interface CalendarService {
  /** Every calendar, by name. */
  list(): Promise<readonly CalendarView[]>;
  get(name: string): Promise<CalendarView | undefined>;
  /** Gives the calendar these dates, and makes it if there is none. */
  put(name: string, dates: readonly string[]): Promise<CalendarOutcome>;
  /** Deletes it: schedules that name it go on, and nothing is excluded by it. */
  remove(name: string): Promise<CalendarOutcome>;
}
