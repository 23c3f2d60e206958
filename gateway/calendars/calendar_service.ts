/**
 * CalendarService over the actor system.
 *
 * Intuition: as with queues, the store has the truth, the book what this node goes by, and the other nodes are
 * told of what was committed.
 * @module
 */
import {
  CALENDAR_KIND,
  calendarActorId,
  draftOfCalendar,
} from "../../actors/calendar/behaviour.ts";
import type { CalendarMessage, CalendarReply } from "../../actors/calendar/state.ts";
import type { AskOutcome } from "../../runtime/actor/behaviour.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import { CALENDARS_MAX } from "../limits.ts";
import { type CalendarBook, type CalendarNews, newsOf } from "./calendar_book.ts";
import type { CalendarOutcome, CalendarService, CalendarView } from "./service.ts";

/** What the service needs of the node. */
export interface CalendarServiceDeps {
  readonly system: Pick<ActorSystem, "create" | "ref" | "read" | "find">;
  readonly clock: Pick<Clock, "wallMs">;
  readonly book: CalendarBook;
  /** Tells the other nodes. */
  readonly tell: (news: CalendarNews) => void;
}

/** The node's calendar service. It holds no resources: nothing to close. */
export function createCalendarService(deps: CalendarServiceDeps): CalendarService {
  return new Calendars(deps);
}

class Calendars implements CalendarService {
  constructor(private readonly deps: CalendarServiceDeps) {}

  async list(): Promise<readonly CalendarView[]> {
    const { book, system } = this.deps;
    await book.load(system);
    return book.list();
  }

  async get(name: string): Promise<CalendarView | undefined> {
    const { book, system } = this.deps;
    const snapshot = await system.read(calendarActorId(name));
    if (snapshot !== undefined) book.apply(newsOf(snapshot));
    return book.get(name);
  }

  async put(name: string, dates: readonly string[]): Promise<CalendarOutcome> {
    const { book, system, clock } = this.deps;
    if (isFile(await this.get(name))) return KEPT_IN_A_FILE;
    const set = { kind: "set", dates } as const;
    const outcome = await this.#ask(name, set);
    if (outcome.kind !== "missing") return this.#settled(outcome);
    if (book.storedCount >= CALENDARS_MAX) {
      return { kind: "refused", why: `there are ${CALENDARS_MAX} calendars: delete one first` };
    }
    const made = await system.create(draftOfCalendar({ name, dates }, clock.wallMs()));
    // Someone else was first: theirs is there to be set now.
    if (made.kind === "exists") return this.#settled(await this.#ask(name, set));
    return this.#done(made.snapshot);
  }

  async remove(name: string): Promise<CalendarOutcome> {
    const calendar = await this.get(name);
    if (isFile(calendar)) return KEPT_IN_A_FILE;
    if (calendar === undefined) return { kind: "missing" };
    const outcome = this.#settled(await this.#ask(name, { kind: "delete" }));
    return outcome.kind === "done" ? { kind: "done", calendar } : outcome;
  }

  #ask(name: string, message: CalendarMessage): Promise<AskOutcome<CalendarReply>> {
    const id = calendarActorId(name);
    return this.deps.system.ref<CalendarMessage, CalendarReply>(CALENDAR_KIND, id).ask(message);
  }

  #settled(outcome: AskOutcome<CalendarReply>): CalendarOutcome {
    switch (outcome.kind) {
      case "replied":
        return this.#done(outcome.snapshot);
      case "missing":
      case "busy":
        return { kind: outcome.kind };
      case "deadline":
      case "crashed":
        return { kind: "unknown" };
    }
  }

  #done(snapshot: Snapshot): CalendarOutcome {
    const news = newsOf(snapshot);
    this.deps.book.apply(news);
    this.deps.tell(news);
    const { name, dates } = news;
    return { kind: "done", calendar: { name, source: "api", dates } };
  }
}

const KEPT_IN_A_FILE = {
  kind: "refused",
  why: "this node's configuration keeps it in a file: change that, and send SIGHUP",
} as const;

function isFile(calendar: CalendarView | undefined): boolean {
  return calendar?.source === "file";
}
