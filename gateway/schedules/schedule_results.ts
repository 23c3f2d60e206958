/**
 * ScheduleResults: what the outcomes of requests about schedules are to clients: done 200 or 201, refused or
 * taken 409, no such schedule 404, nothing happened 503, nobody knows 504.
 * @module
 */
import { unreachable } from "../../runtime/fault.ts";
import { invalid, Problem } from "../http/problem.ts";
import { jsonText } from "../http/reply.ts";
import type { RouteResult } from "../http/route.ts";
import { scheduleText } from "../views/schedule_view.ts";
import type { FiredOutcome, ScheduleOutcome, ScheduleRecord, ScheduleService } from "./service.ts";

/** Why nothing is known to have been done. */
type Unmet = Exclude<ScheduleOutcome | FiredOutcome, { readonly kind: "done" | "fired" }>;

/** The refusal of an id that no schedule has. */
export function noSuchSchedule(id: string): Problem {
  return new Problem("not-found", `there is no schedule ${id}`);
}

/** A schedule that was just made. */
export function madeResult(record: ScheduleRecord): Response {
  const location = `/schedule/${encodeURIComponent(record.id)}`;
  return jsonText(scheduleText(record), { status: 201, headers: { location } });
}

/** What became of a creation. */
export function creationResult(
  outcome: Awaited<ReturnType<ScheduleService["create"]>>,
): RouteResult {
  switch (outcome.kind) {
    case "created":
      return madeResult(outcome.record);
    case "taken": {
      const message = "a schedule with this id exists";
      const errors = [{ path: "id", message }];
      return new Problem("conflict", `id: ${message}: ${outcome.id}`, { errors });
    }
    default:
      return unmetProblem(outcome, "");
  }
}

/** What became of a change of the schedule `id`. */
export function changeResult(
  outcome: ScheduleOutcome & { readonly created?: boolean },
  id: string,
): RouteResult {
  if (outcome.kind !== "done") return unmetProblem(outcome, id);
  if (outcome.created === true) return madeResult(outcome.record);
  return jsonText(scheduleText(outcome.record));
}

/** Why nothing is known to have been done to the schedule `id`. */
export function unmetProblem(outcome: Unmet, id: string): Problem {
  switch (outcome.kind) {
    case "missing":
      return noSuchSchedule(id);
    case "refused":
      return new Problem("conflict", outcome.why);
    case "busy":
      return new Problem("overloaded", "the schedule takes no messages now; nothing happened");
    case "unknown":
      return new Problem("unknown-outcome", "unknown: it may still happen; look at the schedule");
    default:
      return unreachable(outcome);
  }
}

/** The refusal of a key that would promise what schedules don't keep; null when there is none. */
export function keyProblem(headers: Headers): Problem | null {
  if (!headers.has("idempotency-key")) return null;
  const message =
    "is for jobs: give the schedule an own id, and PUT /schedule/{id} can be repeated";
  return invalid([{ path: "Idempotency-Key", message }]);
}
