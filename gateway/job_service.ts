/**
 * JobService over the actor system: submissions, reads, commands and queues, in the terms of the API.
 *
 * Intuition: writes go through actors (a command is an `ask`), reads go to the store, where only
 * committed states are. Nothing is cached here but the settings of queues, which the dispatcher needs
 * at hand anyway.
 *
 * Not here: HTTP and validation (routes/, schemas/); the parts are in jobs/.
 * @module
 */
import type { HandlerInfo } from "../actors/executor/port.ts";
import { JOB_KIND, parseTally } from "../actors/job/codec.ts";
import type { JobMessage, JobReply, JobStateName } from "../actors/job/messages.ts";
import type { JobSpec } from "../actors/job/spec.ts";
import { LOG_STREAM } from "../actors/job/state.ts";
import { decodeQueue, draftOfQueue, QUEUE_KIND, queueId } from "../actors/queue/behaviour.ts";
import type { QueueMessage, QueueReply } from "../actors/queue/state.ts";
import { Fault, unreachable } from "../runtime/fault.ts";
import type { ActorSystem } from "../runtime/system/surface.ts";
import { applyToAll } from "./jobs/bulk.ts";
import { isJobId } from "./jobs/job_ids.ts";
import { useOf } from "./jobs/queue_use.ts";
import { recordOf, type Sight } from "./jobs/record.ts";
import { searchOf } from "./jobs/search.ts";
import { type SubmissionDeps, submit } from "./jobs/submission.ts";
import type {
  CommandOutcome,
  JobNaming,
  JobPage,
  JobRecord,
  JobService,
  QueueSettings,
  QueueUse,
  SubmitOutcome,
} from "./service.ts";

/** Pages of search for one page of a list, before the caller gets a short one and its cursor. */
const LIST_PAGES_MAX = 5;

/** What the service needs of the node. */
export interface JobServiceDeps extends SubmissionDeps {
  readonly system: ActorSystem;
  /** The handlers that are loaded now. */
  readonly handlers: () => readonly HandlerInfo[];
  readonly refusalOf?: Sight["refusalOf"];
}

/** The node's job service. It holds no resources: nothing to close. */
export function createJobService(deps: JobServiceDeps): JobService {
  return new Jobs(deps);
}

class Jobs implements JobService {
  readonly #deps: JobServiceDeps;
  readonly #system: ActorSystem;

  constructor(deps: JobServiceDeps) {
    this.#deps = deps;
    this.#system = deps.system;
  }

  get feed() {
    return this.#deps.feed;
  }

  submit(spec: JobSpec, naming: JobNaming): Promise<SubmitOutcome> {
    return submit(this.#deps, spec, naming);
  }

  async get(id: string): Promise<JobRecord | undefined> {
    if (!isJobId(id)) return undefined;
    const snapshot = await this.#system.read(id);
    return snapshot === undefined ? undefined : recordOf(snapshot, this.#sight());
  }

  async list(
    { filter, order, limit, cursor }: Parameters<JobService["list"]>[0],
  ): Promise<JobPage> {
    const search = searchOf(filter);
    const records: JobRecord[] = [];
    let next: string | null | undefined = cursor;
    for (let pages = 0; pages < LIST_PAGES_MAX && records.length < limit; pages++) {
      const page = await this.#system.find({
        kind: JOB_KIND,
        ...search,
        order,
        limit: limit - records.length,
        ...(next === undefined ? {} : { cursor: next }),
      });
      const sight = this.#sight();
      for (const snapshot of page.snapshots) {
        const record = recordOf(snapshot, sight);
        if (record !== undefined) records.push(record);
      }
      next = page.cursor;
      if (next === null) break;
    }
    return { records, cursor: next ?? null };
  }

  async counts(): Promise<ReadonlyMap<string, ReadonlyMap<JobStateName, number>>> {
    const counts = new Map<string, Map<JobStateName, number>>();
    for (const [tally, count] of await this.#system.tallies(JOB_KIND)) {
      const parsed = parseTally(tally);
      if (parsed === undefined) continue;
      const states = counts.get(parsed.queue) ?? new Map<JobStateName, number>();
      counts.set(parsed.queue, states.set(parsed.state, count));
    }
    return counts;
  }

  async command(
    id: string,
    command: "cancel" | "retry" | "run-now",
    edit: Parameters<JobService["command"]>[2] = {},
  ): Promise<CommandOutcome> {
    if (!isJobId(id)) return { kind: "missing" };
    const outcome = await this.#system.ref<JobMessage, JobReply>(JOB_KIND, id)
      .ask(command === "retry" ? { kind: command, ...edit } : { kind: command });
    switch (outcome.kind) {
      case "replied": {
        const { reply } = outcome;
        if (reply.kind === "refused") return reply;
        const record = recordOf(outcome.snapshot, this.#sight());
        return record === undefined ? { kind: "missing" } : { kind: reply.kind, record };
      }
      case "missing":
      case "busy":
        return { kind: outcome.kind };
      case "deadline":
      case "crashed":
        // A crashed actor is restarted and may be given the message again: no one can say yet.
        return { kind: "unknown" };
      default:
        return unreachable(outcome);
    }
  }

  bulk(request: Parameters<JobService["bulk"]>[0]): ReturnType<JobService["bulk"]> {
    return applyToAll(this.#system, request, (id) => this.command(id, request.command));
  }

  async logs(
    id: string,
    query: { after: number; limit: number },
  ): Promise<readonly { n: number; text: string }[] | undefined> {
    if (!isJobId(id)) return undefined;
    const lines = await this.#system.journal({ id, stream: LOG_STREAM, ...query });
    // A journal goes with its job: only an empty one leaves open whether there is a job.
    if (lines.length > 0) return lines;
    const snapshot = await this.#system.read(id);
    return snapshot?.kind === JOB_KIND ? lines : undefined;
  }

  async queue(name: string): Promise<QueueSettings> {
    const snapshot = await this.#system.read(queueId(name));
    if (snapshot === undefined) return this.#deps.queues.settings(name);
    const settings = decodeQueue(snapshot);
    this.#deps.queues.apply(settings, snapshot.version);
    return settings;
  }

  async setQueue(settings: QueueSettings): Promise<QueueSettings> {
    const { name, ...rest } = settings;
    const set: QueueMessage = { kind: "set", ...rest };
    const ref = this.#system.ref<QueueMessage, QueueReply>(QUEUE_KIND, queueId(name));
    let outcome = await ref.ask(set);
    if (outcome.kind === "missing") {
      const draft = draftOfQueue(settings, this.#deps.clock.wallMs());
      const created = await this.#system.create(draft);
      // Someone else was first: theirs is there to be set now.
      if (created.kind === "exists") outcome = await ref.ask(set);
      else outcome = { kind: "replied", reply: { kind: "set" }, snapshot: created.snapshot };
    }
    if (outcome.kind !== "replied") throw unanswered(outcome.kind);
    const committed = decodeQueue(outcome.snapshot);
    this.#deps.queues.apply(committed, outcome.snapshot.version);
    return committed;
  }

  queueUse(settings: QueueSettings): Promise<QueueUse> {
    return useOf(settings, { system: this.#system, nowMs: this.#deps.clock.wallMs() });
  }

  handlers(): readonly HandlerInfo[] {
    return this.#deps.handlers();
  }

  #sight(): Sight {
    const { clock, queues, refusalOf } = this.#deps;
    return { nowMs: clock.wallMs(), queues, refusalOf };
  }
}

function unanswered(kind: "missing" | "busy" | "deadline" | "crashed"): Fault {
  const code = kind === "busy" ? "overloaded" : kind === "deadline" ? "timeout" : "unavailable";
  return new Fault("queue.set", code, { message: `the queue's settings: ${kind}` });
}
