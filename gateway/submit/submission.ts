/**
 * Submission: from one parsed JSON value to what became of it as a job.
 *
 * Not here: reading bodies and writing answers (routes/), the durable part (service.ts).
 * @module
 */
import { createHash } from "node:crypto";
import type { JobSpec } from "../../actors/job/spec.ts";
import type { Clock } from "../../runtime/clock.ts";
import { invalid, Problem } from "../http/problem.ts";
import { type JobDefaults, jobRequestSchema, jobSpec } from "../schemas/job_request.ts";
import { canonicalJson } from "../schemas/json_text.ts";
import { check } from "../schemas/validate.ts";
import { reservedSuffixOf } from "../jobs/job_ids.ts";
import type { JobNaming } from "../service.ts";

/** A job that may be submitted. */
export interface Submission {
  readonly spec: JobSpec;
  readonly naming: JobNaming;
}

const ONE_AT_A_TIME = invalid([{
  path: "schedule",
  message: "schedules are created one at a time, by POST /job or POST /schedule",
}]);

/** Turns parsed requests into submissions. */
export class SubmissionReader {
  constructor(private readonly clock: Clock, private readonly defaults: JobDefaults) {}

  /** `value` is parsed JSON of bounded depth. */
  read(
    value: unknown,
    { idempotencyKey, traceId }: { idempotencyKey: string | null; traceId: string | null },
  ): Submission | Problem {
    const checked = check(jobRequestSchema, value);
    if (!checked.ok) return invalid(checked.errors);
    const { id, schedule } = checked.value;
    if (schedule !== undefined) return ONE_AT_A_TIME;
    if (id !== undefined && idempotencyKey !== null) {
      const message = "an own id and an Idempotency-Key exclude each other";
      return invalid([{ path: "id", message }]);
    }
    const suffix = id && reservedSuffixOf(id);
    if (suffix !== undefined) {
      return invalid([{ path: "id", message: `must not end in ${suffix}` }], "reserved");
    }
    const made = jobSpec(checked.value, {
      nowMs: this.clock.wallMs(),
      ...this.defaults,
      traceId,
      fingerprint: idempotencyKey === null ? null : requestFingerprint(value),
    });
    if (!made.ok) return invalid(made.errors, "too-large");
    return { spec: made.spec, naming: naming(id, idempotencyKey) };
  }
}

function naming(id: string | undefined, key: string | null): JobNaming {
  if (id !== undefined) return { kind: "own", id };
  return key === null ? { kind: "generated" } : { kind: "idempotent", key };
}

/** SHA-256 of the request as it was sent, whatever the order of its keys: a `delay` means the same again. */
export function requestFingerprint(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** The refusal of a submission whose own id is taken. */
export function takenProblem(id: string): Problem {
  const message = "a job with this id exists";
  return new Problem("conflict", `id: ${message}: ${id}`, { errors: [{ path: "id", message }] });
}
