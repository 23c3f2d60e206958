/**
 * Deadlines: what is noted of jobs that are late, and when.
 *
 * Intuition: the checker reads the moments from the job's spec, and whether they were met from its commits.
 * @module
 */
import { deadlinesOf, hasSla } from "../../../actors/job/sla.ts";
import type { JobState, ServiceLevel } from "../../../actors/job/state.ts";
import type { SimEvent } from "../../record/events.ts";
import type { Checker } from "../checker.ts";

/** A miss is noted within this while some node lives and nothing disturbs it, ms. */
const NOTED_WITHIN_MS = 2_000;
/** After a disturbance shards and sessions are as they were within this, ms. */
const SETTLING_MS = 8_000;

/** J1, DL1. */
export const breaches: Checker = {
  name: "breaches",
  proves: "a missed deadline is noted once, never taken back, and not before its moment",
  watch: ({ fail, wall }) => ({
    see: (event) => {
      if (event.kind !== "moved" || !event.before) return;
      const { id, before, after: { job } } = event;
      const was = before.job.breached;
      if (new Set(job.breached).size < job.breached.length) {
        fail(id, `noted twice: ${job.breached}`);
      }
      const gone = was.find((level) => !job.breached.includes(level));
      if (gone !== undefined) fail(id, `${gone} is no longer missed`);
      for (const level of job.breached.filter((level) => !was.includes(level))) {
        const byMs = momentOf(job, level);
        if (byMs === null || byMs >= wall.latestSince(0)) {
          fail(id, `${level} is missed before ${byMs}`);
        }
      }
    },
  }),
};

/** DL1, while nothing is wrong. */
export const noted: Checker = {
  name: "noted",
  proves: `a deadline that passes is noted within ${
    NOTED_WITHIN_MS / 1_000
  } s while some node lives, whether there is a slot or not`,
  watch: ({ fail, ledger, plan, time, wall }) => {
    const jumps = plan.deeds.some(({ kind }) => kind === "jump");
    const late = new Map<string, number>();
    let calmMs = SETTLING_MS;
    return {
      see: (event) => {
        calmMs = Math.max(calmMs, disturbedUntil(event, time.nowMs) + SETTLING_MS);
        if (event.kind !== "session" || jumps || !Number.isFinite(calmMs)) return;
        const nowMs = wall.nowMs() - plan.clocksApartMs;
        for (const { id, commits } of ledger.jobs.values()) {
          const job = commits.at(-1)?.job;
          if (job === undefined || !hasSla(job.spec)) continue;
          for (const level of ["start", "finish"] as const) {
            const byMs = momentOf(job, level);
            const isLate = byMs !== null && byMs < nowMs && !isMet(job, level) &&
              !job.breached.includes(level);
            const key = `${id} ${level}`;
            if (!isLate) late.delete(key);
            else if (!late.has(key)) late.set(key, time.nowMs);
            const sinceMs = Math.max(late.get(key) ?? Infinity, calmMs);
            if (time.nowMs - sinceMs > NOTED_WITHIN_MS) fail(id, `${level} was missed at ${byMs}`);
          }
        }
      },
    };
  },
};

function momentOf({ spec }: JobState, level: ServiceLevel): number | null {
  const { startByMs, finishByMs, succeedByMs } = deadlinesOf(spec);
  return { start: startByMs, finish: finishByMs, success: succeedByMs }[level];
}

function isMet(job: JobState, level: "start" | "finish"): boolean {
  if (job.finishedAtMs !== null) return true;
  return level === "start" && (job.running !== null || job.attempts.length > 0);
}

/** Until when what happens is no fault of anyone's. */
function disturbedUntil(event: SimEvent, nowMs: number): number {
  switch (event.kind) {
    case "booted":
    case "gone":
    case "resumed":
    case "released":
      return nowMs;
    case "weather":
      // Fair weather ends it.
      return nowMs + (event.weather === "fair" ? 0 : BAD_WEATHER_MS);
    case "paused":
    case "cut":
      return nowMs + event.forMs;
    default:
      return -Infinity;
  }
}

/** The longest that bad weather lasts, ms. */
const BAD_WEATHER_MS = 5_000;
