/**
 * FakeScheduleService: the gateway's schedules in memory, for its tests. Nothing fires; schedules change only
 * when a test or a command says so. Every rule but `every` names the full hours.
 * @module
 */
import { draftOfSchedule } from "../../actors/schedule/codec.ts";
import { fireId } from "../../actors/schedule/ids.ts";
import type { LedgerEntry } from "../../actors/schedule/ledger.ts";
import type { Occurrence } from "../../actors/schedule/recurrence/occurrence.ts";
import type { ScheduleSpec } from "../../actors/schedule/spec.ts";
import type { ScheduleState } from "../../actors/schedule/state.ts";
import type { Clock } from "../../runtime/clock.ts";
import type {
  FiredOutcome,
  LedgerLine,
  Preview,
  ScheduleOutcome,
  SchedulePage,
  ScheduleRecord,
  ScheduleService,
} from "../schedules/service.ts";

/** A rule that nobody understands, one that names no time, a zone that is none. */
export const UNREADABLE_RULE = "gibberish";
export const NEVER_RULE = "0 0 30 2 *";
export const UNKNOWN_ZONE = "Mars/Olympus";

const HOUR_MS = 3_600_000;
type Timing = Omit<ScheduleSpec, "job">;
type NextOptions = Parameters<ScheduleService["next"]>[1];

/** An in-memory {@link ScheduleService}. */
export class FakeScheduleService implements ScheduleService {
  readonly records = new Map<string, ScheduleRecord>();
  readonly ledgers = new Map<string, LedgerEntry[]>();
  /** Thrown by every method that would reach the store. */
  fault: Error | null = null;
  /** Overrides the outcome of everything that would change a schedule. */
  outcome: Exclude<ScheduleOutcome, { kind: "done" }> | null = null;
  /** Jobs of one backfill, at most. */
  backfillMax = 100;
  /** What was asked for, apart from the spec. */
  readonly asked: string[] = [];
  #made = 0;

  constructor(private readonly clock: Clock) {}

  create(spec: ScheduleSpec, id: string | null): ReturnType<ScheduleService["create"]> {
    return this.#reach(() => {
      // Nobody knows a schedule that is to be made: it can't be missing.
      if (this.outcome !== null && this.outcome.kind !== "missing") return this.outcome;
      const name = id ?? `schedule-${++this.#made}`;
      if (this.records.has(name)) return { kind: "taken", id: name };
      return { kind: "created", record: this.put(name, spec) };
    });
  }

  replace(id: string, spec: ScheduleSpec): ReturnType<ScheduleService["replace"]> {
    return this.#reach(() => {
      if (this.outcome !== null) return this.outcome;
      const known = this.records.get(id)?.schedule;
      const record = this.put(id, spec, known && { state: known.state, fired: known.fired });
      return { kind: "done", record, created: known === undefined };
    });
  }

  get(id: string): Promise<ScheduleRecord | undefined> {
    return this.#reach(() => this.records.get(id));
  }

  list({ state, name, limit, cursor }: Parameters<ScheduleService["list"]>[0]) {
    return this.#reach((): SchedulePage => {
      const found = [...this.records.values()].reverse().filter(({ schedule }) =>
        (state === undefined || schedule.state === state) &&
        (name === undefined || schedule.spec.job.name === name)
      );
      const start = Number(cursor ?? 0);
      const end = start + limit;
      return {
        records: found.slice(start, end),
        cursor: end < found.length ? String(end) : null,
      };
    });
  }

  pause(id: string, note: string | null): Promise<ScheduleOutcome> {
    return this.#change(id, { state: "paused", pauseNote: note });
  }

  resume(id: string): Promise<ScheduleOutcome> {
    return this.#change(id, { state: "active", pauseNote: null });
  }

  async remove(id: string): Promise<ScheduleOutcome> {
    const outcome = await this.#change(id, { state: "deleted" });
    if (outcome.kind === "done") this.records.delete(id);
    return outcome;
  }

  trigger(id: string): Promise<FiredOutcome> {
    this.asked.push(`trigger ${id}`);
    const jobId = fireId(id, this.clock.wallMs(), "trigger-");
    return this.#fired(id, () => ({ kind: "fired", jobIds: [jobId], nextMs: null }));
  }

  backfill(id: string, { fromMs, toMs }: Parameters<ScheduleService["backfill"]>[1]) {
    this.asked.push(`backfill ${id} ${fromMs} ${toMs}`);
    return this.#fired(id, ({ schedule }) => {
      const times = occurrencesOf(schedule.spec, { afterMs: fromMs - 1, limit: 1_000 })
        .filter(({ atMs }) => atMs <= toMs);
      const jobIds = times.slice(0, this.backfillMax).map(({ atMs }) => fireId(id, atMs));
      return { kind: "fired", jobIds, nextMs: times[this.backfillMax]?.atMs ?? null };
    });
  }

  next(id: string, options: NextOptions): Promise<Preview | undefined> {
    return this.#reach(() => {
      const record = this.records.get(id);
      return record && this.preview(record.schedule.spec, options);
    });
  }

  preview(timing: Timing, options: NextOptions): Preview {
    const { rule, timezone } = timing;
    if (timezone === UNKNOWN_ZONE) {
      return { kind: "unreadable", path: "timezone", message: `there is no zone ${timezone}` };
    }
    if (rule.kind !== "every" && rule.text === UNREADABLE_RULE) {
      return { kind: "unreadable", path: rule.kind, message: "has too few fields" };
    }
    return { kind: "occurrences", occurrences: occurrencesOf(timing, options) };
  }

  occurrences(id: string, { after, limit }: Parameters<ScheduleService["occurrences"]>[1]) {
    return this.#reach((): readonly LedgerLine[] | undefined => {
      if (!this.records.has(id)) return undefined;
      const lines = (this.ledgers.get(id) ?? []).map((entry, at) => ({ n: at + 1, entry }));
      return lines.slice(after, after + limit);
    });
  }

  /** Stores a schedule as a test wants it. */
  put(id: string, spec: ScheduleSpec, changes: Partial<ScheduleState> = {}): ScheduleRecord {
    const known = this.records.get(id);
    const nowMs = this.clock.wallMs();
    const draft = draftOfSchedule(spec, { id, nowMs });
    const head = JSON.parse(draft.head) as Omit<ScheduleState, "spec" | "createdAtMs">;
    const createdAtMs = known?.schedule.createdAtMs ?? nowMs;
    const schedule: ScheduleState = { ...head, spec, createdAtMs, ...changes };
    const [next] = occurrencesOf(spec, { afterMs: nowMs, limit: 100 }).filter(({ fires }) => fires);
    const nextAtMs = schedule.state === "active" ? next?.atMs ?? null : null;
    const record = { id, version: (known?.version ?? 0) + 1, schedule, nextAtMs };
    this.records.set(id, record);
    return record;
  }

  #change(id: string, changes: Partial<ScheduleState>): Promise<ScheduleOutcome> {
    return this.#reach(() => {
      if (this.outcome !== null) return this.outcome;
      const record = this.records.get(id);
      if (record === undefined) return { kind: "missing" };
      const { spec, ...state } = record.schedule;
      return { kind: "done", record: this.put(id, spec, { ...state, ...changes }) };
    });
  }

  #fired(id: string, fire: (record: ScheduleRecord) => FiredOutcome): Promise<FiredOutcome> {
    return this.#reach(() => {
      if (this.outcome !== null) return this.outcome;
      const record = this.records.get(id);
      return record === undefined ? { kind: "missing" } : fire(record);
    });
  }

  /** An answer as the store would give it: later, or as a fault. */
  #reach<Value>(answer: () => Value): Promise<Value> {
    return this.fault === null ? Promise.resolve(answer()) : Promise.reject(this.fault);
  }
}

/** The full hours, or every so many ms since 1970, within start and end; excluded dates don't fire. */
function occurrencesOf(
  { rule, startAtMs, endAtMs, exclude }: Timing,
  { afterMs, limit }: NextOptions,
): readonly Occurrence[] {
  if (rule.kind === "cron" && rule.text === NEVER_RULE) return [];
  const stepMs = rule.kind === "every" ? rule.everyMs : HOUR_MS;
  const firstMs = Math.max(afterMs + 1, startAtMs ?? 0);
  const list: Occurrence[] = [];
  for (let atMs = Math.ceil(firstMs / stepMs) * stepMs; list.length < limit; atMs += stepMs) {
    if (endAtMs !== null && atMs > endAtMs) break;
    const fires = !exclude.dates.includes(new Date(atMs).toISOString().slice(0, 10));
    list.push({ atMs, localMs: atMs, note: fires ? null : "excluded", fires });
  }
  return list;
}
