/**
 * Submission: from one parsed JSON value to what became of it as a job.
 *
 * Not here: reading bodies and writing answers (routes/), the durable part (service.ts).
 * @module
 */
import { createHash } from "node:crypto";
import type { JobSpec } from "../../actors/job/spec.ts";
import type { Clock } from "../../runtime/clock.ts";
import { invalid, Problem, type ProblemKind } from "../http/problem.ts";
import { whyReserved } from "../jobs/job_ids.ts";
import { type JobDefaults, jobRequestSchema, jobSpec } from "../schemas/job_request.ts";
import { gateOf } from "./gate_request.ts";
import { canonicalJson } from "../schemas/json_text.ts";
import { check } from "../schemas/validate.ts";
import type { JobNaming, SubmitOutcome } from "../service.ts";

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
    const gate = gateOf(checked.value);
    if (schedule !== undefined) return ONE_AT_A_TIME;
    if (id !== undefined && idempotencyKey !== null) {
      const message = "an own id and an Idempotency-Key exclude each other";
      return invalid([{ path: "id", message }]);
    }
    if (gate !== null && idempotencyKey !== null) {
      const message = `${gate.mode} and an Idempotency-Key exclude each other`;
      return invalid([{ path: gate.mode, message }]);
    }
    const why = id === undefined ? null : whyReserved(id);
    if (why !== null) return invalid([{ path: "id", message: why }], "reserved");
    const made = jobSpec(checked.value, {
      nowMs: this.clock.wallMs(),
      ...this.defaults,
      traceId,
      fingerprint: idempotencyKey === null ? null : requestFingerprint(value),
    });
    if (!made.ok) return invalid(made.errors, "too-large");
    return {
      spec: made.spec,
      naming: gate === null ? naming(id, idempotencyKey) : { kind: "gated", gate },
    };
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

/** What becomes of a submission that made no job, and joined none. */
export function refusalOf(
  outcome: Extract<SubmitOutcome, { readonly kind: "key-reused" | "taken" | "key-held" }>,
): Problem {
  const { id } = outcome;
  const refused = (kind: ProblemKind, path: string, message: string) =>
    new Problem(kind, `${path}: ${message}`, { errors: [{ path, message }], members: { id } });
  switch (outcome.kind) {
    case "key-reused":
      return refused("key-reused", "Idempotency-Key", "was used for another request");
    case "taken":
      return refused("conflict", "id", "a job with this id exists");
    case "key-held":
      return refused("conflict", "unique.key", `${outcome.why}: ${id}`);
  }
}
