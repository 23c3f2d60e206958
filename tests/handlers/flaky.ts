/**
 * Fails as its payload plans: the n-th attempt throws `plan[n - 1]`, attempts beyond the plan succeed.
 * `ms`: how long each attempt takes before that.
 */
import type { HandlerContext } from "orrery";

interface PlannedFailure {
  readonly name: string;
  readonly message?: string;
  readonly retryable?: boolean;
  readonly retryAfter?: number;
}

export default {
  name: "flaky",
  async run(
    ctx: HandlerContext,
    payload: { readonly plan: readonly PlannedFailure[]; ms?: number },
  ) {
    if (payload.ms) await new Promise((resume) => setTimeout(resume, payload.ms));
    const planned = payload.plan[ctx.attempt - 1];
    if (planned) throw Object.assign(new Error(planned.message ?? "as planned"), planned);
    return { attempt: ctx.attempt, key: ctx.idempotencyKey };
  },
};
