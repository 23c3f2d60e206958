/**
 * Answers: the shapes that the gateway sends. OpenAPI is derived from them, and tests hold the real
 * answers against them; nothing validates them at run time.
 * @module
 */
import { z } from "../../deps.ts";
import { jobId, jobStateName } from "./fields.ts";
import { JOB_STATES } from "../../actors/job/messages.ts";

/** An instant. */
export const moment = z.iso.datetime({ precision: 3 });
/** A duration. */
export const ms = z.int().min(0).meta({ description: "Milliseconds." });
const errorReport = z.strictObject({
  name: z.string(),
  message: z.string(),
  stack: z.string().optional(),
}).meta({ id: "ErrorReport" });

const attempt = z.strictObject({
  number: z.int(),
  node: z.string(),
  startedAt: moment,
  finishedAt: moment,
  outcome: z.enum(["ok", "error", "timeout", "lost", "cancelled", "interrupted"]),
  error: errorReport.nullable(),
}).meta({ id: "Attempt" });

/** A job. */
export const jobAnswer = z.strictObject({
  id: jobId,
  name: z.string(),
  queue: z.string(),
  state: jobStateName,
  priority: z.int(),
  payload: z.unknown(),
  result: z.unknown(),
  checkpoint: z.unknown(),
  error: errorReport.nullable(),
  progress: z.number().nullable(),
  createdAt: moment,
  runAt: moment,
  startedAt: moment.nullable(),
  finishedAt: moment.nullable(),
  attempt: z.int(),
  maxAttempts: z.int(),
  attempts: z.array(attempt),
  sla: z.strictObject({
    startBy: moment.nullable(),
    finishBy: moment.nullable(),
    succeedBy: moment.nullable(),
    breached: z.array(z.enum(["start", "finish", "success"])),
  }),
  tags: z.array(z.string()),
  scheduleId: z.string().nullable(),
  flowId: z.string().nullable(),
  shard: z.int(),
  node: z.string().nullable(),
  traceId: z.string().nullable(),
  waiting: z.strictObject({
    reason: z.enum([
      "handler-unknown",
      "queue-paused",
      "concurrency-limit",
      "rate-limit",
      "no-free-slot",
    ]),
    detail: z.string(),
  }).nullable().meta({ description: "Why a due job does not run yet." }),
  delivery: z.enum(["at-least-once", "at-most-once"]),
  retry: z.strictObject({
    attempts: z.int(),
    backoff: z.enum(["exponential", "fixed"]),
    base: ms,
    factor: z.number(),
    max: ms,
    jitter: z.number(),
    on: z.array(z.string()),
    notOn: z.array(z.string()),
  }),
  timeout: ms.nullable(),
  retention: z.strictObject({ completed: ms, failed: ms }),
  concurrencyKey: z.string().nullable(),
  version: z.int().meta({ description: "One more with every change." }),
}).meta({ id: "Job" });

/** What became of a submission: the whole job, or its id for clients that prefer so. */
export const submitAnswer = z.union([
  jobAnswer,
  z.strictObject({ id: jobId }).meta({
    id: "AcceptedJob",
    description: "With `Prefer: return=minimal`.",
  }),
]);

/** Where a list goes on. */
export const cursorAnswer = z.string().nullable().meta({
  description: "Null: this was the last page.",
});

/** A page of jobs. */
export const jobPageAnswer = z.strictObject({ jobs: z.array(jobAnswer), cursor: cursorAnswer })
  .meta({ id: "JobPage" });

/** What became of a bulk submission. */
export const bulkAnswer = z.strictObject({
  accepted: z.int(),
  rejected: z.int(),
  jobs: z.array(z.strictObject({ index: z.int(), id: jobId })),
  errors: z.array(z.strictObject({
    index: z.int(),
    status: z.int(),
    title: z.string(),
    detail: z.string(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  })),
  omitted: z.strictObject({ jobs: z.int(), errors: z.int() }).optional()
    .meta({ description: "Counted, but not listed: the lists are bounded." }),
  incomplete: z.string().optional()
    .meta({ description: "Why the node stopped reading before the stream's end." }),
}).meta({ id: "BulkAnswer" });

const stateCounts = z.record(z.enum(JOB_STATES), z.int());

/** How many jobs there are. */
export const countsAnswer = z.strictObject({
  states: stateCounts,
  queues: z.record(z.string(), stateCounts),
  total: z.int(),
}).meta({ id: "JobCounts" });

/** What became of a bulk retry or cancel. */
export const actionAnswer = z.strictObject({
  matched: z.int(),
  done: z.int(),
  refused: z.int(),
  cursor: cursorAnswer,
}).meta({ id: "JobActionAnswer" });

/** A page of a job's log. */
export const logAnswer = z.strictObject({
  lines: z.array(z.strictObject({ n: z.int(), text: z.string() })),
  next: z.int().meta({ description: "Ask with after= this for later lines." }),
}).meta({ id: "JobLog" });

const rate = z.strictObject({
  limit: z.int(),
  per: z.union([z.enum(["second", "minute", "hour", "day"]), z.int()])
    .meta({ description: "A span by name, or ms." }),
}).nullable();

/** A queue's settings. */
export const queueAnswer = z.strictObject({
  name: z.string(),
  paused: z.boolean(),
  concurrency: z.int().nullable(),
  rate,
  perKey: z.strictObject({ concurrency: z.int().nullable(), rate }),
  inUse: z.strictObject({
    running: z.int().meta({ description: "Attempts under way on all nodes." }),
    starts: z.int().nullable().meta({ description: "Starts within the rate's last span." }),
  }),
}).meta({ id: "Queue" });

/** A calendar. */
export const calendarAnswer = z.strictObject({
  name: z.string(),
  source: z.enum(["api", "file"]),
  dates: z.array(z.string()),
}).meta({ id: "Calendar" });

/** All calendars. */
export const calendarsAnswer = z.strictObject({
  calendars: z.array(
    z.strictObject({ name: z.string(), source: z.enum(["api", "file"]), dates: z.int() }),
  ),
}).meta({ id: "Calendars" });

/** The loaded handlers. */
export const handlersAnswer = z.strictObject({
  handlers: z.array(z.strictObject({
    name: z.string(),
    kind: z.enum(["builtin", "module"]),
    isolation: z.enum(["inline", "worker"]),
    timeout: ms.nullable(),
    file: z.string().nullable(),
  })),
}).meta({ id: "Handlers" });

/** The nodes and the owners of the shards. */
export const clusterAnswer = z.strictObject({
  nodes: z.array(z.strictObject({
    id: z.string(),
    state: z.enum(["alive", "suspect", "dead", "left", "draining"]),
    roles: z.array(z.string()),
    http: z.string().nullable(),
    peer: z.string().nullable(),
    load: z.strictObject({ running: z.int(), slots: z.int() }),
    shards: z.int(),
  })),
  shards: z.array(
    z.strictObject({ shard: z.int(), owner: z.string().nullable(), epoch: z.int() }),
  ),
}).meta({ id: "Cluster" });

/** A refusal, RFC 9457. */
export const problemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
}).meta({ id: "Problem" });
