/**
 * Turn: what one message makes of a schedule: decisions, the jobs they lead to, and the ledger's lines.
 *
 * Intuition: a turn starts from the committed state, is told what to do by the reducer, and ends in one
 * step that commits everything together. It is a notepad: made for one message, and thrown away.
 *
 *     due occurrence ── does not fire ──▶ dst-gap, excluded
 *        │ fires ── missed, not made up for ──▶ misfired
 *        ▼
 *     admitted ── an earlier run is not over ──▶ skipped-overlap, or waits, by the policy
 *        ▼
 *     made: its job is inserted ──▶ fired
 *
 * Invariants:
 *   H1. Every nominal time is decided once: `decidedToMs` passes it in the commit that holds its decision (P3).
 *   H2. A job's id names schedule and nominal time, so that no time has two jobs, whatever is repeated (P3).
 *   H3. With any overlap policy but `allow`, a job is made only when no earlier one is open, as far as is known.
 *   H4. A step inserts at most `CARRIED_INSERTS_MAX` actors; fires beyond that wait for the next.
 * @module
 */
import type { Carriage, ReducerContext, Step } from "../../runtime/actor/behaviour.ts";
import { type ActorId, actorId } from "../../runtime/ids.ts";
import { ARM_AHEAD_MS, CARRIED_INSERTS_MAX } from "../../runtime/limits.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import { DRAFTS_OF_JOB_MAX, draftsOfJob } from "../deadline/drafts.ts";
import { hasSla } from "../job/sla.ts";
import type { BeginTrace } from "../trace/job_trace.ts";
import { encodeBody } from "./codec.ts";
import { fireId, scheduleIdOf } from "./ids.ts";
import { type Decision, encodeEntry, LEDGER_STREAM } from "./ledger.ts";
import type { ScheduleEffect, ScheduleReply } from "./messages.ts";
import { isMissed, madeUpFor } from "./misfire.ts";
import type { JobTemplate, ScheduleSpec } from "./spec.ts";
import { OPEN_MAX, type ScheduleState, WAITING_MAX, type WaitingFire } from "./state.ts";
import type { DueRange, TimedOccurrence, Timetable } from "./timetable.ts";

/** What a reducer of the schedule returns. */
export type ScheduleStep = Step<ScheduleState, ScheduleReply, ScheduleEffect>;

/** How often open jobs are looked at while fires wait for them, ms: they tell by themselves, unless a crash came between. */
export const LOOK_EVERY_MS = 5_000;
/** How often a schedule whose rule can't be read here tries again, ms: another node, or version, may read it. */
export const READ_AGAIN_MS = 60_000;

/** Reports of missed fires that one turn makes. */
const REPORTS_MAX = 1;

/** Makes the timetable of a spec. */
export type TimetableOf = (
  spec: ScheduleSpec,
  schedule: { readonly id: string; readonly anchorMs: number },
) => Timetable;

/** Fires that came too late, as those who watch over schedules are told of them. */
export interface MissedFires {
  readonly scheduleId: string;
  readonly job: JobTemplate;
  /** How many, and for how many of them a job is made after all. */
  readonly missed: number;
  readonly madeUp: number;
  /** The nominal time of the latest. */
  readonly latestMs: number;
}

/** What missed fires bring about beside the decision about them. */
export type ReportMissed = (
  fires: MissedFires,
  context: ReducerContext,
) => readonly Omit<Draft, "shard">[];

/** The world around one message. */
export interface Scene {
  readonly context: ReducerContext;
  readonly timetableOf: TimetableOf;
  readonly reportMissed: ReportMissed;
  /** Absent: fires are not traced. */
  readonly beginTrace?: BeginTrace | undefined;
}

/** One message's work on one schedule. */
export class Turn {
  #state: ScheduleState;
  readonly #id: string;
  readonly #inserts: Omit<Draft, "shard">[] = [];
  readonly #lines: string[] = [];
  readonly #effects: ScheduleEffect[] = [];
  #body: string | undefined;

  constructor(private readonly before: ScheduleState, private readonly scene: Scene) {
    this.#state = before;
    this.#id = scheduleIdOf(scene.context.id);
  }

  /** The schedule as it stands. */
  get state(): ScheduleState {
    return this.#state;
  }

  /** True while its decisions depend on whether its open jobs are still open. */
  get mustLook(): boolean {
    const { spec, state, open, waiting } = this.#state;
    if (state !== "active" || spec.overlap === "allow" || open.length === 0) return false;
    return waiting.length > 0 || this.#due(this.#armed).some(({ fires }) => fires);
  }

  /** Replaces parts of the state. */
  set(patch: Partial<Omit<ScheduleState, "spec">>): void {
    this.#state = { ...this.#state, ...patch };
  }

  /** Goes by another spec from now on: what came before now is not its business. */
  respecify(spec: ScheduleSpec): void {
    const decidedToMs = Math.max(this.#state.decidedToMs, this.scene.context.nowMs);
    this.#state = { ...this.#state, spec, decidedToMs };
    this.#body = encodeBody(spec);
  }

  /** These jobs are over. */
  over(jobIds: readonly string[]): void {
    const open = this.#state.open.filter((id) => !jobIds.includes(id));
    if (open.length < this.#state.open.length) this.set({ open });
  }

  /** Asks which of its open jobs are over. */
  look(): void {
    this.#effects.push({ kind: "look", jobIds: this.#state.open });
  }

  /** Decides everything that is due, and makes what can be made (H1). */
  decide(): void {
    if (this.#state.state !== "active") return;
    this.#makeWaiting();
    // A run that is in the way of a fire may end until then.
    const blocked = { untilMs: this.scene.context.nowMs };
    this.#decideAll(this.#due(this.#isBlocked ? blocked : this.#armed));
  }

  /** Decides what has come by its nominal time, though the jitter may put off its job: then its time is gone. */
  decideAhead(): void {
    if (this.#state.state !== "active") return;
    this.decide();
    this.#decideAll(this.#due({ untilMs: this.scene.context.nowMs, by: "nominal" }));
  }

  #decideAll(due: readonly TimedOccurrence[]): void {
    const { nowMs } = this.scene.context;
    const fires = due.filter(({ fires }) => fires);
    const missed = fires.filter((one) => isMissed(one, nowMs));
    const { misfire } = this.#state.spec;
    const followed = missed.length < fires.length;
    const madeUp = new Set(madeUpFor(missed, { policy: misfire, nowMs, followed }));
    this.#report(missed, madeUp.size);
    for (const one of due) {
      if (!one.fires) this.#note(one, one.note === "dst-gap" ? "dst-gap" : "excluded");
      else if (!isMissed(one, nowMs)) this.#admit(one);
      else if (!madeUp.has(one)) this.#note(one, "misfired");
      else if (misfire.policy === "catch-up") this.#makeOrWait(one);
      else this.#admit(one);
      this.set({ decidedToMs: one.atMs });
    }
  }

  #report(missed: readonly TimedOccurrence[], madeUp: number): void {
    const latestMs = missed.at(-1)?.atMs;
    if (latestMs === undefined) return;
    const { job } = this.#state.spec;
    const fires = { scheduleId: this.#id, job, missed: missed.length, madeUp, latestMs };
    this.#inserts.push(...this.scene.reportMissed(fires, this.scene.context));
  }

  /** Decides all nominal times up to now as not fired because of a pause, and what waits as well. */
  passOver(): void {
    this.dropWaiting("paused");
    const due = this.#due({ untilMs: this.scene.context.nowMs, by: "nominal" });
    for (const one of due) this.#note(one, "paused");
    const last = due.at(-1)?.atMs ?? 0;
    this.set({ decidedToMs: Math.max(this.#state.decidedToMs, last) });
  }

  /** Nothing comes of the fires that wait. */
  dropWaiting(decision: "paused" | "skipped-overlap"): void {
    for (const fire of this.#state.waiting) {
      this.#note({ ...fire, atMs: fire.nominalAtMs }, decision);
    }
    if (this.#state.waiting.length > 0) this.set({ waiting: [] });
  }

  /** Makes the job of a trigger; it is open like any other. */
  trigger(): ActorId {
    const { nowMs, nextVersion } = this.scene.context;
    const id = actorId(`${fireId(this.#id, nowMs, "trigger-")}-${nextVersion.toString(36)}`);
    this.#make({ nominalAtMs: nowMs, dueAtMs: nowMs }, { decision: "triggered", id });
    return id;
  }

  /**
   * Makes the jobs of these nominal times, as far as they are decided fires of its timetable (H2) and do not
   * wait for their turn anyway. `full`: there was no room for all.
   */
  backfill(
    nominalAtMs: readonly number[],
  ): { readonly jobIds: readonly ActorId[]; readonly full: boolean } {
    const jobIds: ActorId[] = [];
    const waiting = new Set(this.#state.waiting.map((fire) => fire.nominalAtMs));
    // What came due meanwhile has just been decided: whoever asked did not know.
    const made = new Set(this.#inserts.map(({ id }) => id));
    for (const atMs of new Set(nominalAtMs)) {
      const one = this.#timetable().after(atMs - 1);
      const isDecidedFire = one?.atMs === atMs && one.fires && atMs <= this.#state.decidedToMs;
      if (!isDecidedFire || waiting.has(atMs)) continue;
      const id = fireId(this.#id, atMs);
      if (made.has(id)) continue;
      if (!this.#hasRoom) return { jobIds, full: true };
      const fire = { nominalAtMs: atMs, dueAtMs: one.dueAtMs };
      this.#make(fire, { decision: "backfilled", id });
      jobIds.push(id);
    }
    return { jobIds, full: false };
  }

  /** The step to what was noted down; no commit when nothing was. */
  step(reply: ScheduleReply = { kind: "done" }): ScheduleStep {
    this.#settle();
    const changed = this.#lines.length > 0 || !sameState(this.#state, this.before);
    if (!changed) return { state: this.before, reply, effects: this.#effects };
    const carries: Carriage = {
      ...(this.#body !== undefined && { body: this.#body }),
      ...(this.#inserts.length > 0 && { inserts: this.#inserts }),
      ...(this.#lines.length > 0 && { lines: { stream: LEDGER_STREAM, texts: this.#lines } }),
    };
    return { state: this.#state, reply, effects: this.#effects, carries };
  }

  /** Says when it must look at itself again, and whether it has ended. */
  #settle(): void {
    const { state, waiting } = this.#state;
    if (state !== "active") return this.set({ wakeAtMs: null });
    const { nowMs } = this.scene.context;
    const { readable } = this.#timetable();
    const next = this.#next();
    if (next === null && waiting.length === 0 && readable) {
      return this.set({ state: "ended", wakeAtMs: null });
    }
    const blocked = this.#isBlocked;
    const againMs = waiting.length === 0 ? Infinity : blocked ? nowMs + LOOK_EVERY_MS : nowMs;
    const decideAtMs = readable ? this.#wakeFor(next) : nowMs + READ_AGAIN_MS;
    this.set({ wakeAtMs: Math.min(decideAtMs, againMs) });
  }

  /** When to wake up for `next`: a little ahead, unless that was now and an earlier run was in its way (H3). */
  #wakeFor(next: TimedOccurrence | null): number {
    if (next === null) return Infinity;
    const { decideAtMs } = next;
    const isNear = decideAtMs <= this.scene.context.nowMs + ARM_AHEAD_MS;
    return isNear && this.#isBlocked ? decideAtMs + ARM_AHEAD_MS + 1 : decideAtMs;
  }

  /** The next occurrence, unless as many fires as it may have are made or wait. */
  #next(): TimedOccurrence | null {
    return this.#spent ? null : this.#timetable().after(this.#state.decidedToMs);
  }

  #due(range: Omit<DueRange, "fromMs">): readonly TimedOccurrence[] {
    if (this.#spent) return [];
    return this.#timetable().due({ fromMs: this.#state.decidedToMs, ...range });
  }

  /** A wake-up may come a little ahead. */
  get #armed(): Omit<DueRange, "fromMs"> {
    return { untilMs: this.scene.context.nowMs + ARM_AHEAD_MS };
  }

  #timetable(): Timetable {
    const { spec, createdAtMs } = this.#state;
    return this.scene.timetableOf(spec, { id: this.#id, anchorMs: createdAtMs });
  }

  get #spent(): boolean {
    const { spec, fired, waiting } = this.#state;
    return spec.count !== null && fired + waiting.length >= spec.count;
  }

  /** Room for one more job, and beside it for a report of what was missed. */
  get #hasRoom(): boolean {
    const drafts = hasSla(this.#state.spec.job) ? DRAFTS_OF_JOB_MAX : 1;
    return this.#inserts.length + drafts + REPORTS_MAX <= CARRIED_INSERTS_MAX;
  }

  /** An earlier run is in the way of the next one, as far as is known (H3). */
  get #isBlocked(): boolean {
    return this.#state.spec.overlap !== "allow" && this.#state.open.length > 0;
  }

  /** Nothing of this schedule is known to run or to wait. */
  get #isIdle(): boolean {
    return this.#state.open.length === 0 && this.#state.waiting.length === 0;
  }

  /** Lets a fire whose time has come through, or not, by the overlap policy (H3). */
  #admit(one: TimedOccurrence): void {
    if (this.#spent) return;
    const { spec, open, waiting } = this.#state;
    if (spec.overlap === "allow" || this.#isIdle) return this.#makeOrWait(one);
    switch (spec.overlap) {
      case "skip":
        return this.#note(one, "skipped-overlap");
      case "queue-one":
        return waiting.length === 0 ? this.#wait(one) : this.#note(one, "skipped-overlap");
      case "queue-all":
        return this.#wait(one);
      case "cancel-previous":
        this.dropWaiting("skipped-overlap");
        this.#wait(one);
        this.#effects.push({ kind: "cancel", jobIds: open });
    }
  }

  #makeOrWait(one: TimedOccurrence): void {
    if (this.#spent) return;
    const { spec, waiting } = this.#state;
    const free = spec.overlap === "allow" ? waiting.length === 0 : this.#isIdle;
    if (!free || !this.#hasRoom) return this.#wait(one);
    this.#fire({ nominalAtMs: one.atMs, dueAtMs: one.dueAtMs });
  }

  #wait(one: TimedOccurrence): void {
    const { waiting } = this.#state;
    if (waiting.length >= WAITING_MAX) return this.#note(one, "skipped-overlap");
    this.set({ waiting: [...waiting, { nominalAtMs: one.atMs, dueAtMs: one.dueAtMs }] });
  }

  /** Makes the jobs of those who wait, as far as nothing stands in their way (H3, H4). */
  #makeWaiting(): void {
    for (let [first, ...rest] = this.#state.waiting; first; [first, ...rest] = rest) {
      const blocked = this.#isBlocked;
      if (blocked && this.#state.spec.overlap === "cancel-previous") {
        this.#effects.push({ kind: "cancel", jobIds: this.#state.open });
      }
      if (blocked || !this.#hasRoom) return;
      this.set({ waiting: rest });
      this.#fire(first);
    }
  }

  #fire(fire: WaitingFire): void {
    this.#make(fire, { decision: "fired", id: fireId(this.#id, fire.nominalAtMs) });
    this.set({ fired: this.#state.fired + 1 });
  }

  #make(
    fire: WaitingFire,
    { decision, id }: { readonly decision: Decision; readonly id: ActorId },
  ): void {
    const { context, beginTrace } = this.scene;
    const { spec, open } = this.#state;
    const { name, queue } = spec.job;
    const origin = { operation: "fire", jobId: id, name, queue, cause: spec.madeBy } as const;
    const tracked = spec.overlap !== "allow" && decision !== "backfilled";
    const job = {
      ...spec.job,
      runAtMs: fire.dueAtMs,
      ...(fire.dueAtMs !== fire.nominalAtMs && { nominalAtMs: fire.nominalAtMs }),
      scheduleId: this.#id,
      traceId: null,
      fingerprint: null,
      ...beginTrace?.(origin),
      ...(tracked && mayWait(spec) && { observer: context.id }),
    };
    this.#inserts.push(...draftsOfJob(job, { id, nowMs: context.nowMs }));
    this.#note({ ...fire, atMs: fire.nominalAtMs }, decision, id);
    const known = this.#state.last;
    const isOld = decision === "backfilled" && known !== null &&
      known.nominalAtMs >= fire.nominalAtMs;
    const last = isOld ? known : { nominalAtMs: fire.nominalAtMs, jobId: id };
    this.set({ last, ...(tracked && { open: [...open, id].slice(-OPEN_MAX) }) });
  }

  #note(
    { atMs, dueAtMs }: { readonly atMs: number; readonly dueAtMs: number },
    decision: Decision,
    jobId: ActorId | null = null,
  ): void {
    const { node, nowMs } = this.scene.context;
    const entry = { nominalAtMs: atMs, dueAtMs, decision, jobId, node, atMs: nowMs };
    this.#lines.push(encodeEntry(entry));
  }
}

/** Tells whether fires of this schedule may have to wait for the run before them. */
function mayWait({ overlap, misfire }: ScheduleSpec): boolean {
  return overlap === "skip" ? misfire.policy === "catch-up" : overlap !== "allow";
}

function sameState(one: ScheduleState, other: ScheduleState): boolean {
  return (Object.keys(one) as (keyof ScheduleState)[]).every((key) => one[key] === other[key]);
}
