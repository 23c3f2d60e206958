/**
 * Calendars of a node: what its schedules go by, from its files and from the store.
 *
 * Intuition: other nodes tell of every change; what one of them could not tell, because this node was not
 * known to it yet, is read from the store now and then.
 * @module
 */
import { readCalendarFiles } from "../config/calendar_files.ts";
import type { Config } from "../config/schema.ts";
import { CalendarBook } from "../gateway/calendars/calendar_book.ts";
import { CALENDARS_REREAD_MS } from "../gateway/limits.ts";
import type { Clock } from "../runtime/clock.ts";
import { Fault } from "../runtime/fault.ts";
import type { ActorSystem } from "../runtime/system/surface.ts";
import type { Log } from "../runtime/telemetry/log.ts";

/** What they are made of. */
export interface NodeCalendarsOptions {
  readonly paths: Config["calendars"];
  readonly log: Log;
}

/** The calendars. */
export class NodeCalendars {
  readonly book: CalendarBook;

  /** Reads the files. Throws a `mismatch` fault when one of them can't be read. */
  constructor(private readonly options: NodeCalendarsOptions) {
    this.book = new CalendarBook((name) =>
      options.log("warn", "schedules go by a calendar that is not there: it excludes nothing", {
        event: "calendar.missing",
        calendar: name,
      })
    );
    const { calendars, problems: [problem] } = this.#read();
    if (problem !== undefined) {
      const message = `${problem.path}: ${problem.message}`;
      throw new Fault("calendars.read", "mismatch", { message });
    }
    this.book.setFiles(calendars);
  }

  /** Reads the files again; while one of them can't be read, the calendars of all stay as they were. */
  reload(): void {
    const { calendars, problems } = this.#read();
    for (const { path, message } of problems) {
      const fields = { event: "calendar.unreadable", calendar: path, error: message };
      this.options.log("error", "a calendar's file can't be read; all files' dates stay", fields);
    }
    if (problems.length === 0) this.book.setFiles(calendars);
  }

  /** Reads what is stored now, and again every {@link CALENDARS_REREAD_MS}. Rejects with a `Fault` if the first fails. */
  async keepRead(
    { system, clock }: { readonly system: Pick<ActorSystem, "find">; readonly clock: Clock },
  ): Promise<void> {
    await this.book.load(system);
    const again = () => clock.after(CALENDARS_REREAD_MS, reread);
    const reread = () => void this.book.load(system).catch(() => {}).then(again);
    again();
  }

  #read() {
    return readCalendarFiles(this.options.paths, textOf);
  }
}

function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
