/**
 * Fires: what schedules promise about each of their nominal times.
 *
 * Intuition: the checker counts the nominal times for itself, from the interval and the creation, and
 * compares them with every commit: what it moved past, what it wrote down, what it made.
 * @module
 */
import { decodeSchedule, SCHEDULE_KIND } from "../../../actors/schedule/codec.ts";
import { fireId, scheduleIdOf } from "../../../actors/schedule/ids.ts";
import { decodeEntry, type LedgerEntry } from "../../../actors/schedule/ledger.ts";
import type { ScheduleState } from "../../../actors/schedule/state.ts";
import { DUE_MAX } from "../../../actors/schedule/timetable.ts";
import type { ActorId } from "../../../runtime/ids.ts";
import type { SimEvent } from "../../record/events.ts";
import type { Checker } from "../checker.ts";

type Moved = Extract<SimEvent, { kind: "actor-moved" }>;

/** Promise P3: H1, H2. */
export const fires: Checker = {
  name: "fires",
  proves:
    "each nominal time of a schedule is decided once, and has one job exactly if it fired (P3)",
  watch: ({ fail }) => {
    /** By schedule: the nominal times that are decided. */
    const decided = new Map<string, Set<number>>();
    return {
      see: (event) => {
        if (!isOfSchedule(event)) return;
        const done = decided.get(event.id) ?? new Set();
        decided.set(event.id, done);
        for (const flaw of flawsOf(event, done)) fail(event.id, flaw);
      },
    };
  },
};

function isOfSchedule(event: SimEvent): event is Moved {
  return event.kind === "actor-moved" && event.after.snapshot.kind === SCHEDULE_KIND;
}

function flawsOf(event: Moved, done: Set<number>): string[] {
  const flaws: string[] = [];
  const { id, made } = event;
  const [before, after] = [
    decodeSchedule(event.before.snapshot),
    decodeSchedule(event.after.snapshot),
  ];
  const lines = linesOf(event);
  const fired = lines.filter(({ decision }) => decision === "fired");
  for (const { nominalAtMs, decision, jobId } of lines) {
    if (decision === "triggered") continue;
    if (decision === "backfilled") {
      if (fired.some((one) => one.jobId === jobId)) flaws.push(`${jobId} fired and is backfilled`);
      if (nominalAtMs > after.decidedToMs) {
        flaws.push(`${nominalAtMs} is backfilled, and not decided yet`);
      }
      if (jobId !== fireId(scheduleIdOf(id), nominalAtMs)) flaws.push(`backfilled as ${jobId}`);
      continue;
    }
    if (done.has(nominalAtMs)) flaws.push(`${nominalAtMs} is decided again: ${decision}`);
    done.add(nominalAtMs);
    const own = fireId(scheduleIdOf(id), nominalAtMs);
    if (decision === "fired" && jobId !== own) flaws.push(`${nominalAtMs} fired as ${jobId}`);
    if (decision === "fired" && !made.includes(own)) flaws.push(`${own} fired, and was not made`);
  }
  const meant = new Set(lines.map(({ jobId }) => jobId));
  for (const job of made) if (!meant.has(job)) flaws.push(`${job} was made without a decision`);
  if (after.state !== "deleted" && fired.length < DUE_MAX) {
    for (const nominalAtMs of passed(before, after)) {
      const waits = after.waiting.some((fire) => fire.nominalAtMs === nominalAtMs);
      const spent = before.spec.count !== null;
      if (!done.has(nominalAtMs) && !waits && !spent) flaws.push(`${nominalAtMs} is passed over`);
    }
  }
  return flaws;
}

/** The nominal times that the commit moved past, counted from the schedule's creation. */
function passed(before: ScheduleState, after: ScheduleState): number[] {
  const { createdAtMs, decidedToMs, spec: { rule } } = before;
  if (rule.kind !== "every" || before.state === "deleted") return [];
  const times: number[] = [];
  const first = Math.floor((decidedToMs - createdAtMs) / rule.everyMs) + 1;
  for (let n = Math.max(1, first);; n++) {
    const atMs = createdAtMs + n * rule.everyMs;
    if (atMs > after.decidedToMs || times.length === DUE_MAX) return times;
    times.push(atMs);
  }
}

/** A schedule has heard that a run is over, and has decided by it, within this, ms. */
const HEARD_WITHIN_MS = 3_000;

/** H3. */
export const overlaps: Checker = {
  name: "overlaps",
  proves: "a schedule that allows no overlaps makes a job only when those before it are over",
  watch: ({ fail, ledger }) => {
    /** By schedule: jobs of fires and triggers. */
    const runs = new Map<string, Set<ActorId>>();
    return {
      see: (event) => {
        if (!isOfSchedule(event)) return;
        const earlier = runs.get(event.id) ?? new Set();
        runs.set(event.id, earlier);
        const { overlap } = decodeSchedule(event.before.snapshot).spec;
        for (const { decision, jobId } of linesOf(event)) {
          if (jobId === null || decision === "backfilled") continue;
          const open = [...earlier].find((id) => isOpen(ledger.committed(id)?.job));
          if (decision === "fired" && overlap !== "allow" && open !== undefined) {
            fail(event.id, `${jobId} was made while ${open} is not over`);
          }
          earlier.add(jobId as ActorId);
        }
      },
    };
  },
};

/** H3, the other way round. */
export const skips: Checker = {
  name: "skips",
  proves: "a fire is skipped for an overlap only when a run was open, or another fire waited",
  watch: ({ fail, ledger, time }) => {
    const runs = new Map<string, Set<string>>();
    const wasOpen = (id: string) => {
      const commit = ledger.committed(id);
      return commit !== undefined &&
        (commit.job.finishedAtMs === null || commit.atMs >= time.nowMs - HEARD_WITHIN_MS);
    };
    return {
      see: (event) => {
        if (!isOfSchedule(event)) return;
        const earlier = runs.get(event.id) ?? new Set();
        runs.set(event.id, earlier);
        const waits = [event.before, event.after]
          .some(({ snapshot }) => decodeSchedule(snapshot).waiting.length > 0);
        const made = new Set<string>(event.made);
        for (const { decision, jobId, nominalAtMs } of linesOf(event)) {
          if (jobId !== null && decision !== "backfilled") earlier.add(jobId);
          if (decision !== "skipped-overlap" || waits) continue;
          if (![...earlier].some((id) => made.has(id) || wasOpen(id))) {
            fail(event.id, `${nominalAtMs} is skipped, and no run was open`);
          }
        }
      },
    };
  },
};

function isOpen(job: { readonly finishedAtMs: number | null } | undefined): boolean {
  return job !== undefined && job.finishedAtMs === null;
}

function linesOf({ transition }: Moved): LedgerEntry[] {
  return (transition.carries?.lines?.texts ?? []).map(decodeEntry);
}
