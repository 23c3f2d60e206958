/**
 * Clients: those who submit jobs and give commands, and remember exactly what they were told.
 *
 * Intuition: a client knows an answer only if it arrived: one that its node died on is no answer. A
 * request that is repeated is the very same request, as with an Idempotency-Key.
 * @module
 */
import { draftOfDeadline } from "../../actors/deadline/behaviour.ts";
import { draftOfJob, JOB_KIND } from "../../actors/job/codec.ts";
import type { JobMessage, JobReply } from "../../actors/job/messages.ts";
import type { JobSpec } from "../../actors/job/spec.ts";
import { Fault } from "../../runtime/fault.ts";
import { actorId } from "../../runtime/ids.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import type { Command, Commanded, Observe, Submitted } from "../record/events.ts";
import type { Mutation } from "../mutations/mutation.ts";
import type { Machine } from "../node/machine.ts";
import type { Process } from "../node/process.ts";
import type { PlannedJob } from "../plan.ts";
import type { VirtualTime } from "./virtual_time.ts";

type JobDraft = Omit<Draft, "shard">;

/** The clients of one run. */
export class Clients {
  readonly #requests = new Map<string, JobDraft>();
  /** By job. */
  readonly #deadlines = new Map<string, JobDraft>();
  readonly #asking = new Map<string, Set<{ alone: boolean }>>();

  constructor(
    private readonly options: {
      /** The node that the next request goes to. */
      readonly next: () => Machine;
      readonly time: Pick<VirtualTime, "nowMs">;
      readonly observe: Observe;
      readonly mutation: Mutation | null;
    },
  ) {}

  /** Sends the request for `job`, the same however often, to the node, if it is up. */
  submit(job: PlannedJob): void {
    const { next, observe } = this.options;
    const machine = next();
    const draft = this.#requestOf(job, machine);
    const deadline = this.#deadlines.get(job.id);
    const { process } = machine;
    if (!process) return;
    process.lifeline.enter(async () => {
      observe({ kind: "submitting", id: draft.id });
      const outcome = await submit(process, draft, deadline);
      observe({ kind: "submitted", id: draft.id, outcome });
    });
  }

  /** Sends a command to the node, if it is up. */
  command(jobId: string, command: Command): void {
    const { next, observe, time } = this.options;
    const { process } = next();
    const id = actorId(jobId);
    process?.lifeline.enter(async () => {
      const asking = this.#ask(`${command} ${id}`);
      const askedAtMs = time.nowMs;
      const answer = await process.system.ref<JobMessage, JobReply>(JOB_KIND, id)
        .ask({ kind: command });
      const outcome: Commanded = process.lifeline.dead ? { kind: "unanswered" } : answer;
      const alone = asking.over(outcome);
      observe({ kind: "commanded", id, command, askedAtMs, alone, outcome });
    });
  }

  /**
   * Notes a question; `over` tells whether it was the only one of its kind while it lasted. One whose outcome
   * is unknown may be handled at any time later: it lasts for ever.
   */
  #ask(question: string): { over: (outcome: Commanded) => boolean } {
    const open = this.#asking.get(question) ?? new Set();
    this.#asking.set(question, open);
    const mine = { alone: open.size === 0 };
    for (const other of open) other.alone = false;
    open.add(mine);
    return {
      over: ({ kind }) => {
        if (kind !== "deadline" && kind !== "unanswered") open.delete(mine);
        return mine.alone;
      },
    };
  }

  #requestOf(job: PlannedJob, machine: Machine): JobDraft {
    const { mutation } = this.options;
    let draft = this.#requests.get(job.id);
    if (!draft) {
      const nowMs = machine.wall.nowMs();
      const spec = specOf(job, nowMs);
      const id = actorId(job.id);
      draft = draftOfJob(spec, { id, nowMs });
      const deadline = draftOfDeadline(spec, { id, nowMs });
      if (deadline !== undefined) this.#deadlines.set(job.id, deadline);
      draft = mutation?.draft?.(draft) ?? draft;
      this.#requests.set(job.id, draft);
    }
    return draft;
  }
}

/** Its deadline comes before a job (DL2). */
async function submit(
  process: Process,
  draft: JobDraft,
  deadline: JobDraft | undefined,
): Promise<Submitted> {
  try {
    if (deadline !== undefined) await process.system.create(deadline);
    if (process.lifeline.dead) return { kind: "unknown" };
    const { kind } = await process.system.create(draft);
    if (process.lifeline.dead) return { kind: "unknown" };
    if (kind === "created") return { kind };
    const found = await process.system.read(draft.id);
    if (process.lifeline.dead) return { kind: "unknown" };
    return { kind: "exists", same: found?.body === draft.body };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const open = process.lifeline.dead || error.ambiguous || error.op !== "store.apply";
    return open ? { kind: "unknown" } : { kind: "refused", code: error.code };
  }
}

function specOf(job: PlannedJob, nowMs: number): JobSpec {
  const { name, queue, priority, retry, timeoutMs, retention, concurrencyKey = null } = job;
  return {
    name,
    payload: "null",
    queue,
    priority,
    runAtMs: nowMs + job.delayMs,
    retry,
    timeoutMs,
    sla: job.sla ?? { startWithinMs: null, finishWithinMs: null },
    delivery: job.atMostOnce ? "at-most-once" : "at-least-once",
    tags: [],
    retention,
    concurrencyKey,
    traceId: null,
    fingerprint: null,
  };
}
