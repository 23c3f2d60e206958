/**
 * ScheduleReader: from one parsed JSON value to a schedule that may be stored, or why it may not.
 *
 * Intuition: a schedule that never fires is a mistake, and so is one that nobody can read; both are told
 * now, to whoever made it, and not by silence later. So its first occurrences are looked at here.
 *
 * Not here: reading bodies and writing answers (routes/), the durable part (service.ts).
 * @module
 */
import type { ScheduleSpec } from "../../actors/schedule/spec.ts";
import type { Clock } from "../../runtime/clock.ts";
import { invariant } from "../../runtime/fault.ts";
import { invalid, Problem } from "../http/problem.ts";
import { FIRES_LOOKED_FOR } from "../limits.ts";
import {
  type JobDefaults,
  jobRequestSchema,
  type JobTemplateRequest,
} from "../schemas/job_request.ts";
import {
  scheduleId,
  schedulePreviewSchema,
  scheduleRequestSchema,
  scheduleSpec,
} from "../schemas/schedule_request.ts";
import {
  type ScheduleTiming,
  scheduleTiming,
  type TimingRequest,
} from "../schemas/schedule_timing.ts";
import { check, type FieldError } from "../schemas/validate.ts";
import type { ScheduleService } from "./service.ts";

/** A schedule that may be stored; `id` null: under a new id. */
export interface ScheduleSubmission {
  readonly id: string | null;
  readonly spec: ScheduleSpec;
}

/** What a request says, and where it says it: the paths before its fields. */
interface Parts {
  readonly id: string | undefined;
  readonly timing: TimingRequest;
  readonly job: JobTemplateRequest;
  readonly at: { readonly timing: string; readonly job: string };
}

/** Tells whether the body of a `POST /job` asks for a schedule. */
export function asksForSchedule(value: unknown): boolean {
  return typeof value === "object" && value !== null && "schedule" in value;
}

/** Turns parsed requests into schedules. */
export class ScheduleReader {
  constructor(
    private readonly schedules: Pick<ScheduleService, "preview">,
    private readonly options: { readonly clock: Clock; readonly defaults: JobDefaults },
  ) {}

  /** The body of `POST /schedule`. `value` is parsed JSON of bounded depth, here and below. */
  read(value: unknown): ScheduleSubmission | Problem {
    const checked = check(scheduleRequestSchema, value);
    if (!checked.ok) return invalid(checked.errors);
    const { id, job, ...timing } = checked.value;
    return this.#submission({ id, timing, job, at: { timing: "", job: "job." } });
  }

  /** The body of `PUT /schedule/{id}`. */
  readFor(id: string, value: unknown): ScheduleSubmission | Problem {
    const read = this.read(value);
    if (read instanceof Problem || read.id === null || read.id === id) return read;
    return invalid([{ path: "id", message: "must be the one of the path, or left out" }]);
  }

  /** The body of a `POST /job` that has a `schedule`: the rest of it is the job, its id the schedule's. */
  readOfJob(value: unknown): ScheduleSubmission | Problem {
    const checked = check(jobRequestSchema, value);
    if (!checked.ok) return invalid(checked.errors);
    const { id: given, schedule: timing, ...job } = checked.value;
    invariant(timing !== undefined, "only jobs that ask for a schedule come here");
    const id = check(scheduleId.optional(), given);
    if (!id.ok) return invalid(id.errors.map((error) => ({ ...error, path: "id" })));
    return this.#submission({ id: id.value, timing, job, at: { timing: "schedule.", job: "" } });
  }

  /** The body of a preview. */
  readTiming(value: unknown): ScheduleTiming | Problem {
    const checked = check(schedulePreviewSchema, value);
    if (!checked.ok) return invalid(checked.errors);
    const { id: _, job: __, ...timing } = checked.value;
    return scheduleTiming(timing);
  }

  #submission({ id, timing, job, at }: Parts): ScheduleSubmission | Problem {
    const made = scheduleSpec({ timing, job }, this.options.defaults);
    if (!made.ok) return invalid(under(at.job, made.errors), "too-large");
    const problem = this.#neverFires(made.spec);
    if (problem !== null) return invalid(under(at.timing, [problem]));
    return { id: id ?? null, spec: made.spec };
  }

  /** Why `spec` would never fire; null when it does. */
  #neverFires(spec: ScheduleSpec): FieldError | null {
    const nowMs = this.options.clock.wallMs();
    if (spec.endAtMs !== null && spec.endAtMs <= nowMs) {
      return { path: "endAt", message: "has passed: it would never fire" };
    }
    const preview = this.schedules.preview(spec, { afterMs: nowMs, limit: FIRES_LOOKED_FOR });
    if (preview.kind === "unreadable") return preview;
    const { occurrences } = preview;
    if (occurrences.some(({ fires }) => fires)) return null;
    if (occurrences.length === FIRES_LOOKED_FOR) return null;
    const path = spec.rule.kind;
    return occurrences.length === 0
      ? { path, message: "would never fire: no time from now to its end fits it" }
      : { path, message: "would never fire: each of its times is excluded or in a gap" };
  }
}

function under(prefix: string, errors: readonly FieldError[]): readonly FieldError[] {
  return errors.map(({ path, message }) => ({ path: `${prefix}${path}`, message }));
}
