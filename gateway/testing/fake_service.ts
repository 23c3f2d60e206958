/**
 * FakeJobService: the gateway's services in memory, for its tests. Nothing runs; jobs change state
 * only when a test or a command says so.
 * @module
 */
import type { HandlerInfo } from "../../actors/executor/port.ts";
import { newJob } from "../../actors/job/codec.ts";
import type { JobStateName } from "../../actors/job/messages.ts";
import type { JobSpec } from "../../actors/job/spec.ts";
import type { JobState } from "../../actors/job/state.ts";
import type { Clock } from "../../runtime/clock.ts";
import { openQueue } from "../jobs/queue_book.ts";
import type {
  CommandOutcome,
  JobFilter,
  JobNaming,
  JobPage,
  JobRecord,
  JobService,
  QueueSettings,
  QueueUse,
  SubmitOutcome,
} from "../service.ts";
import { FakeFeed } from "./fake_feed.ts";

type Command = "cancel" | "retry" | "run-now";

const ALLOWED: Readonly<Record<Command, readonly JobStateName[]>> = {
  "cancel": ["scheduled", "pending", "retrying"],
  "retry": ["failed", "cancelled"],
  "run-now": ["scheduled", "retrying"],
};

/** An in-memory {@link JobService}. */
export class FakeJobService implements JobService {
  readonly records = new Map<string, JobRecord>();
  readonly lines = new Map<string, string[]>();
  readonly queues = new Map<string, QueueSettings>();
  readonly feed = new FakeFeed();
  /** Thrown by every method that would reach the store. */
  fault: Error | null = null;
  /** How submissions wanted their jobs to be named. */
  readonly namings: JobNaming[] = [];
  /** Overrides the outcome of submissions. */
  submitted: SubmitOutcome | null = null;
  /** Overrides the outcome of commands. */
  outcome: CommandOutcome | null = null;
  /** Awaited by submissions: a test can hold them. */
  gate: Promise<void> | null = null;
  /** Submissions under way now, and the most there were. */
  inFlight = 0;
  inFlightPeak = 0;
  #made = 0;

  constructor(private readonly clock: Clock) {}

  async submit(spec: JobSpec, naming: JobNaming): Promise<SubmitOutcome> {
    this.inFlightPeak = Math.max(this.inFlightPeak, ++this.inFlight);
    try {
      await this.gate;
      if (this.fault !== null) throw this.fault;
      this.namings.push(naming);
      return this.submitted ?? this.#insert(spec, naming);
    } finally {
      this.inFlight--;
    }
  }

  /** Stores a job as a test wants it. */
  put(id: string, { spec, ...changes }: Partial<JobState> & { spec: JobSpec }): JobRecord {
    const record: JobRecord = {
      id,
      version: (this.records.get(id)?.version ?? 0) + 1,
      // Whatever its time, it stays as it was put: nothing is ever due here.
      job: { ...newJob(spec, this.clock.wallMs()), state: "scheduled", ...changes },
      shard: 17,
      waiting: null,
    };
    this.records.set(id, record);
    this.feed.changed(record, this.clock.wallMs());
    return record;
  }

  /** Changes a stored job. */
  change(id: string, changes: Partial<JobState>): JobRecord {
    const known = this.records.get(id);
    if (known === undefined) throw new Error(`no job ${id}`);
    return this.put(id, { ...known.job, ...changes });
  }

  get(id: string): Promise<JobRecord | undefined> {
    return this.#reach(() => this.records.get(id));
  }

  list(
    query: { filter: JobFilter; order: "newest" | "oldest"; limit: number; cursor?: string },
  ): Promise<JobPage> {
    return this.#reach(() => {
      const found = this.#matching(query.filter);
      if (query.order === "newest") found.reverse();
      const start = Number(query.cursor ?? 0);
      const end = start + query.limit;
      return {
        records: found.slice(start, end),
        cursor: end < found.length ? String(end) : null,
      };
    });
  }

  counts(): Promise<ReadonlyMap<string, ReadonlyMap<JobStateName, number>>> {
    return this.#reach(() => {
      const queues = new Map<string, Map<JobStateName, number>>();
      for (const { job } of this.records.values()) {
        const states = queues.get(job.spec.queue) ?? new Map<JobStateName, number>();
        states.set(job.state, (states.get(job.state) ?? 0) + 1);
        queues.set(job.spec.queue, states);
      }
      return queues;
    });
  }

  command(
    id: string,
    command: Command,
    { payload }: { readonly payload?: string } = {},
  ): Promise<CommandOutcome> {
    return this.#reach(() => {
      const outcome = this.outcome ?? this.#obey(id, command);
      if (payload === undefined || outcome.kind !== "done") return outcome;
      const spec = { ...outcome.record.job.spec, payload };
      return { kind: "done", record: this.change(id, { spec }) };
    });
  }

  bulk(
    request: { filter: JobFilter; command: "cancel" | "retry"; limit: number; cursor?: string },
  ): Promise<{ matched: number; done: number; refused: number; cursor: string | null }> {
    return this.#reach(() => {
      const found = this.#matching(request.filter).slice(0, request.limit);
      const done = found.filter(({ id }) => this.#obey(id, request.command).kind === "done").length;
      return { matched: found.length, done, refused: found.length - done, cursor: null };
    });
  }

  logs(
    id: string,
    { after, limit }: { after: number; limit: number },
  ): Promise<readonly { n: number; text: string }[] | undefined> {
    return this.#reach(() => {
      if (!this.records.has(id)) return undefined;
      const lines = (this.lines.get(id) ?? []).map((text, at) => ({ n: at + 1, text }));
      return lines.slice(after, after + limit);
    });
  }

  queue(name: string): Promise<QueueSettings> {
    return this.#reach(() => this.queues.get(name) ?? openQueue(name));
  }

  setQueue(settings: QueueSettings): Promise<QueueSettings> {
    return this.#reach(() => {
      this.queues.set(settings.name, settings);
      return settings;
    });
  }

  queueUse({ rate }: QueueSettings): Promise<QueueUse> {
    return this.#reach(() => ({ running: 0, starts: rate === null ? null : 0 }));
  }

  handlers(): readonly HandlerInfo[] {
    return [
      { name: "noop", kind: "builtin", isolation: "inline", timeoutMs: null, file: null },
      { name: "mail", kind: "module", isolation: "worker", timeoutMs: 30_000, file: "mail.ts" },
    ];
  }

  #insert(spec: JobSpec, naming: JobNaming): SubmitOutcome {
    const id = naming.kind === "own"
      ? naming.id
      : naming.kind === "idempotent"
      ? `key-${naming.key}`
      : `job-${++this.#made}`;
    const known = this.records.get(id);
    if (known === undefined) return { kind: "accepted", record: this.put(id, { spec }) };
    if (naming.kind !== "idempotent") return { kind: "taken", id };
    return known.job.spec.fingerprint === spec.fingerprint
      ? { kind: "replayed", record: known }
      : { kind: "key-reused", id };
  }

  #obey(id: string, command: Command): CommandOutcome {
    const record = this.records.get(id);
    if (record === undefined) return { kind: "missing" };
    const { state } = record.job;
    if (!ALLOWED[command].includes(state)) {
      return { kind: "refused", state, why: `a ${state} job takes no ${command}` };
    }
    return {
      kind: "done",
      record: this.change(id, { state: command === "cancel" ? "cancelled" : "pending" }),
    };
  }

  #matching(filter: JobFilter): JobRecord[] {
    return [...this.records.values()].filter(({ job }) =>
      (filter.state === undefined || job.state === filter.state) &&
      (filter.name === undefined || job.spec.name === filter.name) &&
      (filter.queue === undefined || job.spec.queue === filter.queue) &&
      (filter.tag === undefined || job.spec.tags.includes(filter.tag)) &&
      (filter.flowId === undefined || job.spec.flowId === filter.flowId) &&
      (filter.scheduleId === undefined || job.spec.scheduleId === filter.scheduleId) &&
      (filter.fromMs === undefined || job.createdAtMs >= filter.fromMs) &&
      (filter.toMs === undefined || job.createdAtMs < filter.toMs)
    );
  }

  /** An answer as the store would give it: later, or as a fault. */
  #reach<Value>(answer: () => Value): Promise<Value> {
    return this.fault === null ? Promise.resolve(answer()) : Promise.reject(this.fault);
  }
}
