/**
 * ConfinedJobs: the jobs and queues of some namespaces, as if there were no others.
 *
 * Intuition: whoever may see a part gets a service that has only that part, and routes need to know nothing of
 * it. A job elsewhere does not exist; a queue elsewhere, which the caller has to name, is refused by its name.
 *
 * Invariants: N1. No record of a job outside comes out, whatever is asked. N2. Nothing outside is changed.
 * N3. Idempotency-Keys and keys of unique, debounced and throttled jobs are kept apart by queue, so that nobody
 * can meet, or replace, a job outside by guessing its key. Ids are the cluster's: one that is taken outside is
 * answered as taken, without more.
 * Cost: commands read the job first; lists read past jobs of others, and may give short pages, even empty ones.
 * @module
 */
import type { JobSpec } from "../../../actors/job/spec.ts";
import type {
  CommandOutcome,
  EventSubscription,
  EventWish,
  JobEvent,
  JobFeed,
  JobNaming,
  JobPage,
  JobRecord,
  JobService,
  QueueSettings,
  SubmitOutcome,
} from "../../service.ts";
import { covers, Forbidden } from "../access.ts";

/** Throws {@link Forbidden} unless `queue` belongs to `namespaces`. */
export function demand(namespaces: readonly string[], queue: string): void {
  if (covers(namespaces, queue)) return;
  throw new Forbidden(`the queue ${queue} is outside the key's namespaces`);
}

/** `naming` with its key in a space of the queues' own (N3). No key holds a NUL. */
export function apart<Naming extends JobNaming>(naming: Naming, queues: readonly string[]): Naming {
  const within = (key: string) => [...new Set(queues)].sort().concat(key).join("\0");
  if (naming.kind === "idempotent") return { ...naming, key: within(naming.key) };
  if (naming.kind === "gated") {
    return { ...naming, gate: { ...naming.gate, key: within(naming.gate.key) } };
  }
  return naming;
}

type CommandOf<Method> = Method extends (id: string, ...rest: infer Rest) => unknown ? Rest : never;

/** The part of `jobs` that belongs to `namespaces`. */
export class ConfinedJobs implements JobService {
  readonly feed: JobFeed;

  constructor(
    private readonly jobs: JobService,
    private readonly namespaces: readonly string[],
  ) {
    this.feed = new ConfinedFeed(jobs.feed, namespaces);
  }

  async submit(spec: JobSpec, naming: JobNaming): Promise<SubmitOutcome> {
    demand(this.namespaces, spec.queue);
    const outcome = await this.jobs.submit(spec, apart(naming, [spec.queue]));
    if (!("record" in outcome) || this.#sees(outcome.record)) return outcome;
    return { kind: "taken", id: outcome.record.id };
  }

  async get(id: string): Promise<JobRecord | undefined> {
    const record = await this.jobs.get(id);
    return record !== undefined && this.#sees(record) ? record : undefined;
  }

  async list(query: Parameters<JobService["list"]>[0]): Promise<JobPage> {
    const { queue } = query.filter;
    if (queue !== undefined) demand(this.namespaces, queue);
    const { records, cursor } = await this.jobs.list(query);
    return { records: records.filter((record) => this.#sees(record)), cursor };
  }

  async counts(): ReturnType<JobService["counts"]> {
    const counts = await this.jobs.counts();
    return new Map([...counts].filter(([queue]) => covers(this.namespaces, queue)));
  }

  async command(
    id: string,
    ...command: CommandOf<JobService["command"]>
  ): Promise<CommandOutcome> {
    if (await this.get(id) === undefined) return { kind: "missing" };
    return await this.jobs.command(id, ...command);
  }

  /** The store finds jobs by a queue, not by a namespace: which one is meant must be said. */
  async bulk(request: Parameters<JobService["bulk"]>[0]): ReturnType<JobService["bulk"]> {
    const { queue } = request.filter;
    if (queue === undefined) {
      throw new Forbidden("a key with namespaces must name a queue of its own in the filter");
    }
    demand(this.namespaces, queue);
    return await this.jobs.bulk(request);
  }

  async logs(
    id: string,
    query: Parameters<JobService["logs"]>[1],
  ): ReturnType<JobService["logs"]> {
    return await this.get(id) === undefined ? undefined : await this.jobs.logs(id, query);
  }

  async queue(name: string): Promise<QueueSettings> {
    demand(this.namespaces, name);
    return await this.jobs.queue(name);
  }

  async queueUse(settings: QueueSettings): ReturnType<JobService["queueUse"]> {
    demand(this.namespaces, settings.name);
    return await this.jobs.queueUse(settings);
  }

  async setQueue(settings: QueueSettings): Promise<QueueSettings> {
    demand(this.namespaces, settings.name);
    return await this.jobs.setQueue(settings);
  }

  handlers(): ReturnType<JobService["handlers"]> {
    return this.jobs.handlers();
  }

  #sees({ job }: JobRecord): boolean {
    return covers(this.namespaces, job.spec.queue);
  }
}

/** The events of some namespaces. */
class ConfinedFeed implements JobFeed {
  constructor(private readonly feed: JobFeed, private readonly namespaces: readonly string[]) {}

  get boot(): string {
    return this.feed.boot;
  }

  attend(jobId?: string): ReturnType<JobFeed["attend"]> {
    const attention = this.feed.attend(jobId);
    const heard = attention.heard.then((events) => events.filter((event) => this.#sees(event)));
    return { heard, stop: () => attention.stop() };
  }

  subscribe(wish: EventWish, push: (event: JobEvent) => void): EventSubscription {
    const subscription = this.feed.subscribe(wish, (event) => {
      if (this.#sees(event)) push(event);
    });
    return {
      ...subscription,
      backlog: subscription.backlog.filter((event) => this.#sees(event)),
      stop: () => subscription.stop(),
    };
  }

  #sees({ queue }: JobEvent): boolean {
    return covers(this.namespaces, queue);
  }
}
