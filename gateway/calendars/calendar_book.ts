/**
 * CalendarBook: the calendars that this node's schedules go by, in memory.
 *
 * Intuition: a schedule asks of every occurrence whether its date is excluded, and cannot wait for the
 * store. The book answers at once; it is filled from the store and from the node's files, and told of
 * every change as soon as that is committed.
 *
 * Invariants: K1. News that is older than what is known changes nothing, whatever way it took.
 * K2. A calendar from a file comes before a stored one of the same name.
 * Bound: `CALENDARS_MAX` stored calendars, about, deleted ones included, and those of the configuration.
 * @module
 */
import { CALENDAR_KIND, decodeCalendar, LABEL_CALENDAR } from "../../actors/calendar/behaviour.ts";
import { FIND_LIMIT_MAX } from "../../runtime/limits.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import type { CalendarView } from "./service.ts";

/** A stored calendar as of one commit; it travels between nodes. */
export interface CalendarNews {
  readonly name: string;
  readonly dates: readonly string[];
  readonly deleted: boolean;
  /** Of two commits of one calendar, the later one has the larger pair of these. */
  readonly createdAtMs: number;
  readonly version: number;
}

interface Stored extends Omit<CalendarNews, "dates"> {
  readonly dates: ReadonlySet<string>;
}

/** What a commit of a calendar tells. Throws a `corrupt` fault. */
export function newsOf(snapshot: Snapshot): CalendarNews {
  const { name, dates, deletedAtMs } = decodeCalendar(snapshot);
  const { createdAtMs, version } = snapshot;
  return { name, dates, deleted: deletedAtMs !== null, createdAtMs, version };
}

/** The book. `missing` is told once of each name that a schedule goes by and nobody knows. */
export class CalendarBook {
  readonly #stored = new Map<string, Stored>();
  readonly #missing = new Set<string>();
  #files: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  constructor(private readonly missing: (name: string) => void = () => {}) {}

  /** Whether the calendar excludes a local date (`2027-12-25`); one that nobody knows excludes none. */
  readonly isExcluded = (name: string, date: string): boolean => {
    const dates = this.#datesOf(name);
    if (dates !== undefined) return dates.has(date);
    if (!this.#missing.has(name)) this.missing(name);
    this.#missing.add(name);
    return false;
  };

  /** Stored calendars, and those that were deleted and are not swept. */
  get storedCount(): number {
    return this.#stored.size;
  }

  /** Whether a schedule can go by it. */
  has(name: string): boolean {
    return this.#datesOf(name) !== undefined;
  }

  get(name: string): CalendarView | undefined {
    const dates = this.#datesOf(name);
    const source = this.#files.has(name) ? "file" : "api";
    return dates && { name, source, dates: [...dates] };
  }

  /** All of them, by name. */
  list(): readonly CalendarView[] {
    const names = new Set([...this.#stored.keys(), ...this.#files.keys()]);
    return [...names].sort().flatMap((name) => this.get(name) ?? []);
  }

  /** Goes by these calendars from files instead of those it had (K2). */
  setFiles(files: ReadonlyMap<string, readonly string[]>): void {
    this.#files = new Map([...files].map(([name, dates]) => [name, new Set(dates)]));
    for (const name of files.keys()) this.#missing.delete(name);
  }

  /** Takes in what was committed (K1). */
  apply(news: CalendarNews): void {
    const known = this.#stored.get(news.name);
    const isOld = known !== undefined && (news.createdAtMs - known.createdAtMs ||
          news.version - known.version) <= 0;
    if (isOld) return;
    this.#stored.set(news.name, { ...news, dates: new Set(news.dates) });
    if (!news.deleted) this.#missing.delete(news.name);
  }

  /** Reads every calendar from the store, and forgets those that were deleted and are swept. */
  async load(system: Pick<ActorSystem, "find">): Promise<void> {
    const gone = new Set(this.#deleted());
    let next: { cursor?: string } = {};
    for (;;) {
      const page = await system.find({
        kind: CALENDAR_KIND,
        labels: [LABEL_CALENDAR],
        order: "oldest",
        limit: FIND_LIMIT_MAX,
        ...next,
      });
      for (const news of page.snapshots.map(newsOf)) {
        this.apply(news);
        gone.delete(news.name);
      }
      if (page.cursor === null) break;
      next = { cursor: page.cursor };
    }
    for (const name of this.#deleted()) if (gone.has(name)) this.#stored.delete(name);
  }

  #deleted(): readonly string[] {
    return [...this.#stored.values()].filter(({ deleted }) => deleted).map(({ name }) => name);
  }

  #datesOf(name: string): ReadonlySet<string> | undefined {
    const file = this.#files.get(name);
    if (file !== undefined) return file;
    const stored = this.#stored.get(name);
    return stored?.deleted === false ? stored.dates : undefined;
  }
}
