/**
 * JobFilter: which jobs a list, a bulk retry or a bulk cancel means.
 * @module
 */
import { z } from "../../deps.ts";
import { ACTION_LIMIT_MAX, LIST_LIMIT_MAX, LOG_LINES_MAX } from "../limits.ts";
import type { JobFilter } from "../service.ts";
import { instant, jobId, jobStateName, simpleName, tagText, whole, wholeText } from "./fields.ts";

const filterShape = {
  state: jobStateName.optional(),
  name: simpleName.optional(),
  queue: simpleName.optional(),
  tag: tagText.optional(),
  scheduleId: jobId.optional(),
  flowId: jobId.optional(),
  from: instant.optional().meta({ description: "Created at or after." }),
  to: instant.optional().meta({ description: "Created before." }),
};

/** Where a list goes on. */
export const cursor = z.string().min(1).max(2_000).optional()
  .meta({ description: "From the page before; null there means that it was the last." });
const ORDER_RULE = "must be newest or oldest";
const ALL_RULE = "an empty filter means every job: ask for that with all: true";

/** The query of `GET /jobs`. */
export const jobListQuery = z.strictObject({
  ...filterShape,
  order: z.enum(["newest", "oldest"], ORDER_RULE).optional().meta({ default: "newest" }),
  limit: wholeText(1, LIST_LIMIT_MAX).optional(),
  cursor,
  before: cursor.meta({ description: "For the page before another: its `previous`." }),
}).refine(({ cursor, before }) => cursor === undefined || before === undefined, {
  path: ["before"],
  message: "cursor and before exclude each other",
});

/** The body of `POST /jobs/retry` and `POST /jobs/cancel`. */
export const jobActionSchema = z.strictObject({
  ...filterShape,
  all: z.boolean().optional().meta({ description: ALL_RULE }),
  limit: whole(1, ACTION_LIMIT_MAX).optional().meta({
    description: "Jobs that one call may touch.",
  }),
  cursor,
}).superRefine((action, context) => {
  const filtered = Object.keys(jobFilter(action)).length > 0;
  if (!filtered && action.all !== true) {
    context.addIssue({ code: "custom", path: ["all"], message: ALL_RULE });
  } else if (filtered && action.all === true) {
    const message = "all: true and a filter exclude each other";
    context.addIssue({ code: "custom", path: ["all"], message });
  }
}).meta({ id: "JobAction" });

/** The query of `GET /job/{id}/logs`. */
export const logQuery = z.strictObject({
  after: wholeText(0, Number.MAX_SAFE_INTEGER).optional()
    .meta({ description: "Only lines after this number." }),
  limit: wholeText(1, LOG_LINES_MAX).optional(),
});

/** The query of routes that take none. */
export const noQuery = z.strictObject({});

type FilterFields = Pick<z.output<typeof jobListQuery>, keyof typeof filterShape>;

/** The service's terms for the filter in a validated request. */
export function jobFilter(fields: FilterFields): JobFilter {
  return {
    ...(fields.state !== undefined && { state: fields.state }),
    ...(fields.name !== undefined && { name: fields.name }),
    ...(fields.queue !== undefined && { queue: fields.queue }),
    ...(fields.tag !== undefined && { tag: fields.tag }),
    ...(fields.flowId !== undefined && { flowId: fields.flowId }),
    ...(fields.scheduleId !== undefined && { scheduleId: fields.scheduleId }),
    ...(fields.from !== undefined && { fromMs: fields.from }),
    ...(fields.to !== undefined && { toMs: fields.to }),
  };
}
