/**
 * ScheduleService over the actor system.
 *
 * Intuition: as with jobs, changes are questions to the schedule's actor, and reads go to the store,
 * where only committed states are.
 * @module
 */
import {
  decodeSchedule,
  draftOfSchedule,
  jobNameLabel,
  LABEL_KEPT,
  SCHEDULE_KIND,
  stateLabel,
} from "../../actors/schedule/codec.ts";
import { fireId, isScheduleId, scheduleActorId, scheduleIdOf } from "../../actors/schedule/ids.ts";
import { decodeEntry, LEDGER_STREAM } from "../../actors/schedule/ledger.ts";
import type { ScheduleCommand } from "../../actors/schedule/messages.ts";
import { InvalidRuleError, type Occurrence } from "../../actors/schedule/recurrence/occurrence.ts";
import type { Recurrences } from "../../actors/schedule/recurrence/recurrences.ts";
import type { ScheduleSpec } from "../../actors/schedule/spec.ts";
import type { ScheduleState } from "../../actors/schedule/state.ts";
import type { AskOutcome } from "../../runtime/actor/behaviour.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ActorId } from "../../runtime/ids.ts";
import { CARRIED_INSERTS_MAX, JOURNAL_LINES_MAX } from "../../runtime/limits.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import { FIRES_LOOKED_FOR } from "../limits.ts";
import { type Look, lookForMissing } from "./missing_times.ts";
import { askSchedule, type CommandReply } from "./ask_schedule.ts";
import type { FiredOutcome, ScheduleOutcome, ScheduleRecord, ScheduleService } from "./service.ts";

/** Tries to find a free generated id, or to catch a schedule that is swept between insert and read. */
const NAMING_TRIES_MAX = 3;

/** Why another spec is refused that would end its schedule at once. */
const NOTHING_LEFT =
  "it would never fire again: its rule, counted from the schedule's creation, names no time " +
  "that is left, or it has fired as often as count says";

/** What the service needs of the node. */
export interface ScheduleServiceDeps {
  readonly system: Pick<ActorSystem, "create" | "ref" | "read" | "readAll" | "find" | "journal">;
  readonly clock: Pick<Clock, "wallMs">;
  readonly ids: { next(nowMs: number): ActorId };
  readonly recurrences: Recurrences;
  readonly calendars: { has(name: string): boolean };
}

/** The node's schedule service. It holds no resources: nothing to close. */
export function createScheduleService(deps: ScheduleServiceDeps): ScheduleService {
  return new Schedules(deps);
}

class Schedules implements ScheduleService {
  constructor(private readonly deps: ScheduleServiceDeps) {}

  async create(spec: ScheduleSpec, id: string | null): ReturnType<ScheduleService["create"]> {
    const { system, clock, ids } = this.deps;
    for (let tries = 0; tries < NAMING_TRIES_MAX; tries++) {
      const nowMs = clock.wallMs();
      const name = id ?? ids.next(nowMs);
      const made = await system.create(draftOfSchedule(spec, { id: name, nowMs }));
      if (made.kind === "created") {
        return { kind: "created", record: this.#recordOf(made.snapshot) };
      }
      const there = await system.read(scheduleActorId(name));
      if (there === undefined || id === null) continue;
      if (decodeSchedule(there).state !== "deleted") return { kind: "taken", id: name };
      const outcome = await this.#command(name, { kind: "replace", spec });
      if (outcome.kind === "done") return { kind: "created", record: outcome.record };
      if (outcome.kind !== "missing") return outcome;
    }
    return { kind: "busy" };
  }

  async replace(id: string, spec: ScheduleSpec): ReturnType<ScheduleService["replace"]> {
    const before = await this.get(id);
    if (before === undefined) {
      const outcome = await this.create(spec, id);
      if (outcome.kind === "created") {
        return { kind: "done", record: outcome.record, created: true };
      }
      if (outcome.kind !== "taken") return outcome;
    } else if (this.#hasNothingLeft(spec, before.schedule)) {
      return { kind: "refused", why: NOTHING_LEFT };
    }
    return { ...await this.#command(id, { kind: "replace", spec }), created: false };
  }

  async get(id: string): Promise<ScheduleRecord | undefined> {
    const snapshot = await this.#read(id);
    if (snapshot === undefined) return undefined;
    const record = this.#recordOf(snapshot);
    return record.schedule.state === "deleted" ? undefined : record;
  }

  async list(
    { state, name, limit, cursor }: Parameters<ScheduleService["list"]>[0],
  ): ReturnType<ScheduleService["list"]> {
    const labels = [state === undefined ? LABEL_KEPT : stateLabel(state)];
    if (name !== undefined) labels.push(jobNameLabel(name));
    const page = await this.deps.system.find({
      kind: SCHEDULE_KIND,
      labels,
      order: "newest",
      limit,
      ...(cursor !== undefined && { cursor }),
    });
    return {
      records: page.snapshots.map((snapshot) => this.#recordOf(snapshot)),
      cursor: page.cursor,
    };
  }

  pause(id: string, note: string | null): Promise<ScheduleOutcome> {
    return this.#command(id, { kind: "pause", note });
  }

  resume(id: string): Promise<ScheduleOutcome> {
    return this.#command(id, { kind: "resume" });
  }

  async remove(id: string): Promise<ScheduleOutcome> {
    if (await this.get(id) === undefined) return { kind: "missing" };
    return this.#command(id, { kind: "delete" });
  }

  trigger(id: string): Promise<FiredOutcome> {
    return this.#fire(id, { kind: "trigger" });
  }

  /** As many looks, and steps of the actor, as the range takes; those that it may take are bounded. */
  async backfill(
    id: string,
    { fromMs, toMs }: Parameters<ScheduleService["backfill"]>[1],
  ): Promise<FiredOutcome> {
    const { system, clock, recurrences } = this.deps;
    const record = await this.get(id);
    if (record === undefined) return { kind: "missing" };
    const recurrence = recurrences.of(record.schedule.spec, record.schedule.createdAtMs);
    const untilMs = Math.min(toMs, clock.wallMs());
    const jobIds: string[] = [];
    let nextMs: number | null = fromMs;
    for (let looks = 0; nextMs !== null && looks < BACKFILL_LOOKS_MAX; looks++) {
      if (jobIds.length >= BACKFILL_MAX) break;
      const look: Look = await lookForMissing(system, recurrence, {
        ...{ id, fromMs: nextMs, toMs: untilMs },
      });
      for (let left = look.missingMs; left.length > 0;) {
        const nominalAtMs = left.slice(0, CARRIED_INSERTS_MAX);
        const outcome = await this.#ask(id, { kind: "backfill", nominalAtMs });
        const reply = outcome.kind === "replied" ? outcome.reply : unanswered(outcome.kind);
        if (reply.kind !== "fired") {
          // What was made stays made: whoever asks again goes on where this ended.
          if (jobIds.length > 0) return { kind: "fired", jobIds, nextMs: nominalAtMs[0] ?? null };
          return reply.kind === "done" ? { kind: "fired", jobIds, nextMs: null } : reply;
        }
        jobIds.push(...reply.jobIds);
        const made = new Set(reply.jobIds);
        const found = nominalAtMs.filter((ms) => !made.has(fireId(id, ms)));
        left = [...reply.full ? found : [], ...left.slice(nominalAtMs.length)];
      }
      nextMs = look.nextMs;
    }
    return { kind: "fired", jobIds, nextMs };
  }

  async next(
    id: string,
    options: Parameters<ScheduleService["next"]>[1],
  ): Promise<readonly Occurrence[] | undefined> {
    const record = await this.get(id);
    if (record === undefined) return undefined;
    const { spec, createdAtMs, fired, waiting, state, decidedToMs } = record.schedule;
    if (state === "ended") return [];
    const left = spec.count === null ? Infinity : spec.count - fired - waiting.length;
    const afterMs = Math.max(options.afterMs, decidedToMs);
    return this.#occurrences(spec, { ...options, afterMs, anchorMs: createdAtMs, left });
  }

  preview(
    spec: ScheduleSpec,
    options: Parameters<ScheduleService["preview"]>[1],
  ): ReturnType<ScheduleService["preview"]> {
    const { clock, calendars } = this.deps;
    const unknown = spec.exclude.calendars.find((name) => !calendars.has(name));
    if (unknown !== undefined) {
      const message = `there is no calendar ${unknown}: PUT /calendar/${unknown} makes one`;
      return { kind: "unreadable", path: "exclude.calendars", message };
    }
    const anchorMs = clock.wallMs();
    const left = spec.count ?? Infinity;
    try {
      const occurrences = this.#occurrences(spec, { ...options, anchorMs, left });
      return { kind: "occurrences", occurrences };
    } catch (error) {
      if (!(error instanceof InvalidRuleError)) throw error;
      return { kind: "unreadable", path: error.field, message: error.message };
    }
  }

  async occurrences(
    id: string,
    { after, limit }: Parameters<ScheduleService["occurrences"]>[1],
  ): ReturnType<ScheduleService["occurrences"]> {
    if (await this.#read(id) === undefined) return undefined;
    const query = { id: scheduleActorId(id), stream: LEDGER_STREAM, after, limit };
    const lines = await this.deps.system.journal(query);
    return lines.map(({ n, text }) => ({ n, entry: decodeEntry(text) }));
  }

  #occurrences(
    spec: ScheduleSpec,
    { anchorMs, afterMs, limit, left }: {
      readonly anchorMs: number;
      readonly afterMs: number;
      readonly limit: number;
      readonly left: number;
    },
  ): readonly Occurrence[] {
    const recurrence = this.deps.recurrences.of(spec, anchorMs);
    const list: Occurrence[] = [];
    let fires = 0;
    let next = recurrence.after(afterMs);
    for (
      ;
      next !== null && list.length < limit && fires < left;
      next = recurrence.after(next.atMs)
    ) {
      list.push(next);
      if (next.fires) fires++;
    }
    return list;
  }

  /** Tells whether a schedule that began when `known` did, and fired as often, has no fire left under `spec`. */
  #hasNothingLeft(spec: ScheduleSpec, known: ScheduleState): boolean {
    const left = spec.count === null ? Infinity : spec.count - known.fired - known.waiting.length;
    const afterMs = this.deps.clock.wallMs();
    const options = { anchorMs: known.createdAtMs, afterMs, limit: FIRES_LOOKED_FOR, left };
    const coming = this.#occurrences(spec, options);
    return coming.length < FIRES_LOOKED_FOR && !coming.some(({ fires }) => fires);
  }

  #recordOf(snapshot: Snapshot): ScheduleRecord {
    const { id, version } = snapshot;
    const schedule = decodeSchedule(snapshot);
    return { id: scheduleIdOf(id), version, schedule, nextAtMs: this.#nextAtMs(schedule) };
  }

  /** Its next fire, unless it is paused or none is left. */
  #nextAtMs(
    { spec, createdAtMs, state, decidedToMs, fired, waiting }: ScheduleState,
  ): number | null {
    const spent = spec.count !== null && fired + waiting.length >= spec.count;
    if (state !== "active" || spent) return null;
    try {
      const recurrence = this.deps.recurrences.of(spec, createdAtMs);
      let next = recurrence.after(decidedToMs);
      for (let looked = 0; next !== null && !next.fires && looked < FIRES_LOOKED_FOR; looked++) {
        next = recurrence.after(next.atMs);
      }
      return next?.fires ? next.atMs : null;
    } catch (error) {
      // A rule that another version or another machine's time zones understood: the others can be shown all the same.
      if (error instanceof InvalidRuleError) return null;
      throw error;
    }
  }

  async #read(id: string): Promise<Snapshot | undefined> {
    return isScheduleId(id) ? await this.deps.system.read(scheduleActorId(id)) : undefined;
  }

  async #command(id: string, message: ScheduleCommand): Promise<ScheduleOutcome> {
    const outcome = await this.#ask(id, message);
    if (outcome.kind !== "replied") return unanswered(outcome.kind);
    const { reply, snapshot } = outcome;
    return reply.kind === "refused" ? reply : { kind: "done", record: this.#recordOf(snapshot) };
  }

  async #fire(id: string, message: ScheduleCommand): Promise<FiredOutcome> {
    const outcome = await this.#ask(id, message);
    if (outcome.kind !== "replied") return unanswered(outcome.kind);
    const { reply } = outcome;
    if (reply.kind === "refused") return reply;
    return { kind: "fired", jobIds: reply.kind === "fired" ? reply.jobIds : [], nextMs: null };
  }

  async #ask(id: string, command: ScheduleCommand): Promise<AskOutcome<CommandReply>> {
    if (!isScheduleId(id)) return { kind: "missing" };
    return await askSchedule(this.deps.system, id, command);
  }
}

/** Jobs that one request to backfill makes, about; whoever wants more goes on where it ended. */
const BACKFILL_MAX = JOURNAL_LINES_MAX;
/** Looks of one such request, each at `LOAD_IDS_MAX` times: most of them may have jobs. */
const BACKFILL_LOOKS_MAX = 20;

function unanswered(
  kind: Exclude<AskOutcome<never>["kind"], "replied">,
): { readonly kind: "missing" | "busy" | "unknown" } {
  return { kind: kind === "missing" || kind === "busy" ? kind : "unknown" };
}
