/**
 * JobService: what the gateway's routes ask of the node, in the terms of the API.
 *
 * Not here: HTTP (routes/), validation (schemas/), how it is done over the actor system (job_service.ts).
 * @module
 */
import type { HandlerInfo } from "../actors/executor/port.ts";
import type { JobStateName } from "../actors/job/messages.ts";
import type { JobSpec } from "../actors/job/spec.ts";
import type { JobState } from "../actors/job/state.ts";
import type { QueueState } from "../actors/queue/state.ts";
import type { Gate } from "../actors/unique/gate.ts";
import type { Readiness, ShardView } from "../runtime/system/surface.ts";

/** A job and where it lives. */
export interface JobRecord {
  readonly id: string;
  readonly version: number;
  readonly job: JobState;
  readonly shard: number;
  /** Why a due job does not run yet, for people; null when nothing is missing. */
  readonly waiting: JobWaiting | null;
}

/** Why a due job does not run yet. */
export interface JobWaiting {
  readonly reason:
    | "handler-unknown"
    | "queue-paused"
    | "concurrency-limit"
    | "rate-limit"
    | "no-free-slot";
  readonly detail: string;
}

/** How a submission names its job. */
export type JobNaming =
  | { readonly kind: "generated" }
  /** The user's own id: taken ids are `taken`. */
  | { readonly kind: "own"; readonly id: string }
  /** From an Idempotency-Key: the same request again is `replayed`, another one is `key-reused`. */
  | { readonly kind: "idempotent"; readonly key: string }
  /** One that shares a key with others. */
  | { readonly kind: "gated"; readonly gate: Gate };

/** What became of a submission. */
export type SubmitOutcome =
  | { readonly kind: "accepted"; readonly record: JobRecord }
  | { readonly kind: "replayed"; readonly record: JobRecord }
  | { readonly kind: "key-reused"; readonly id: string }
  | { readonly kind: "taken"; readonly id: string }
  /** Another job has the key, and stands for this one. */
  | { readonly kind: "kept"; readonly record: JobRecord }
  /** The job that had the key, and had not started, is this one now. */
  | {
    readonly kind: "merged";
    readonly record: JobRecord;
    readonly how: "replaced" | "debounced" | "throttled";
  }
  /** Another job has the key. */
  | { readonly kind: "key-held"; readonly id: string; readonly why: string };

/** What became of a command on one job. */
export type CommandOutcome =
  | { readonly kind: "done"; readonly record: JobRecord }
  | { readonly kind: "stopping"; readonly record: JobRecord }
  | { readonly kind: "refused"; readonly state: JobStateName; readonly why: string }
  | { readonly kind: "missing" }
  /** Full or draining: nothing happened. */
  | { readonly kind: "busy" }
  /** No answer in time: it may still happen. */
  | { readonly kind: "unknown" };

/** Which jobs a list or a bulk action means: all given conditions hold. */
export interface JobFilter {
  readonly state?: JobStateName;
  readonly name?: string;
  readonly queue?: string;
  readonly tag?: string;
  readonly scheduleId?: string;
  readonly flowId?: string;
  /** Created at or after, ms. */
  readonly fromMs?: number;
  /** Created before, ms. */
  readonly toMs?: number;
}

/** A page of a list. */
export interface JobPage {
  readonly records: readonly JobRecord[];
  readonly cursor: string | null;
}

/** One change of a job, as event streams tell it. */
export interface JobEvent {
  /** Grows with every event that this process start gives out. */
  readonly sequence: number;
  readonly jobId: string;
  /** The job's version that the event made: ordered per job, across restarts. */
  readonly version: number;
  readonly state: JobStateName;
  readonly name: string;
  readonly queue: string;
  readonly attempt: number;
  readonly progress: number | null;
  readonly atMs: number;
}

/** What a subscriber can still get. */
export interface EventSubscription {
  /** Events after the asked one that are still held, oldest first. */
  readonly backlog: readonly JobEvent[];
  /** True when events after the asked one are gone, or were never heard of. */
  readonly gap: boolean;
  /** The sequence that was given out last: what comes is later. */
  readonly latest: number;
  stop(): void;
}

/** What a subscriber wants. */
export interface EventWish {
  /** The last sequence seen; undefined: only what comes. */
  readonly after?: number;
  /** Undefined: the events of all jobs. */
  readonly jobId?: string;
  /** Called when events to come are missing, or may be, with the reason for people. */
  readonly missed?: (why: string) => void;
}

/** The wish to hear of events wherever they are made, for as long as it lasts. */
export interface Attention {
  /**
   * Resolves when all nodes that can be reached tell their events to this one, with what the others still hold of
   * the one job that is meant.
   */
  readonly heard: Promise<readonly JobEvent[]>;
  stop(): void;
}

/** The event feed: the latest `EVENTS_HELD_MAX` changes of which this node heard, and the ones to come. */
export interface JobFeed {
  /** Names this process start: part of global event ids. */
  readonly boot: string;
  /** Other nodes' events come while somebody attends to them; a job's id: those of that job alone. */
  attend(jobId?: string): Attention;
  /** `push` and `missed` must not throw. */
  subscribe(wish: EventWish, push: (event: JobEvent) => void): EventSubscription;
}

/** A queue's settings. */
export type QueueSettings = QueueState;

/** What of a queue's limits is in use, on all nodes. */
export interface QueueUse {
  /** Attempts under way. */
  readonly running: number;
  /** Starts that the rate counts now; null: it has none. */
  readonly starts: number | null;
}

/** The node's services for the gateway. Methods that reach the store reject with `Fault`. */
export interface JobService {
  submit(spec: JobSpec, naming: JobNaming): Promise<SubmitOutcome>;
  get(id: string): Promise<JobRecord | undefined>;
  list(
    query: { filter: JobFilter; order: "newest" | "oldest"; limit: number; cursor?: string },
  ): Promise<JobPage>;
  /** Jobs by queue and state: `{default: {pending: 3}}`. */
  counts(): Promise<ReadonlyMap<string, ReadonlyMap<JobStateName, number>>>;
  /** `edit`: of a retry: the payload (JSON text) from now on. */
  command(
    id: string,
    command: "cancel" | "retry" | "run-now",
    edit?: { readonly payload?: string },
  ): Promise<CommandOutcome>;
  /** Applies a command to up to `limit` jobs of the filter; `cursor` continues it. */
  bulk(
    request: { filter: JobFilter; command: "cancel" | "retry"; limit: number; cursor?: string },
  ): Promise<{ matched: number; done: number; refused: number; cursor: string | null }>;
  /** Lines of a job's log after line `after`; undefined when there is no such job. */
  logs(
    id: string,
    query: { after: number; limit: number },
  ): Promise<readonly { n: number; text: string }[] | undefined>;
  queue(name: string): Promise<QueueSettings>;
  setQueue(settings: QueueSettings): Promise<QueueSettings>;
  queueUse(settings: QueueSettings): Promise<QueueUse>;
  handlers(): readonly HandlerInfo[];
  readonly feed: JobFeed;
}

/** A node of the cluster, as this one knows it. */
export interface NodeView {
  readonly id: string;
  readonly state: "alive" | "suspect" | "dead" | "left" | "draining";
  readonly roles: readonly string[];
  /** Where its API is; null when it has none. */
  readonly http: string | null;
  /** Where other nodes reach it; null when it is alone. */
  readonly peer: string | null;
  /** Attempts under way and slots in all. */
  readonly load: { readonly running: number; readonly slots: number };
  /** How many shards it owns. */
  readonly shards: number;
}

/** What health and cluster routes ask of the node. */
export interface NodeService {
  readonly node: string;
  readiness(): Readiness;
  shards(): Promise<readonly ShardView[]>;
  /** Attempts under way and slots in all, of this node. */
  load(): { readonly running: number; readonly slots: number };
  /** Every node that is known, this one first, and those that are gone for a while. */
  nodes(): Promise<readonly NodeView[]>;
  /** Begins the drain of a node, whose process exits 0 when it is done; false when none has that name. */
  drain(id: string): Promise<boolean>;
}
