/**
 * FakeCalendars: the gateway's calendars in memory, for its tests.
 * @module
 */
import type { CalendarOutcome, CalendarService, CalendarView } from "../calendars/service.ts";

/** An in-memory {@link CalendarService}. */
export class FakeCalendarService implements CalendarService {
  readonly calendars = new Map<string, CalendarView>();
  /** Overrides the outcome of every change. */
  outcome: Exclude<CalendarOutcome, { kind: "done" }> | null = null;

  list(): Promise<readonly CalendarView[]> {
    return Promise.resolve([...this.calendars.values()]);
  }

  get(name: string): Promise<CalendarView | undefined> {
    return Promise.resolve(this.calendars.get(name));
  }

  put(name: string, dates: readonly string[]): Promise<CalendarOutcome> {
    if (this.outcome !== null) return Promise.resolve(this.outcome);
    const calendar: CalendarView = { name, source: "api", dates };
    this.calendars.set(name, calendar);
    return Promise.resolve({ kind: "done", calendar });
  }

  remove(name: string): Promise<CalendarOutcome> {
    const calendar = this.calendars.get(name);
    if (this.outcome !== null) return Promise.resolve(this.outcome);
    if (calendar === undefined) return Promise.resolve({ kind: "missing" });
    this.calendars.delete(name);
    return Promise.resolve({ kind: "done", calendar });
  }
}
