/**
 * Watching: one checker over a made-up run, for tests: events are told as the edges of the world
 * would tell them, and what the checker says is noted.
 * @module
 */
import type { AttemptKey, AttemptOrder, AttemptOutcome } from "../../actors/executor/port.ts";
import { draftOfJob, encodeJob, newJob } from "../../actors/job/codec.ts";
import type { JobSpec } from "../../actors/job/spec.ts";
import type { JobState, RunningAttempt } from "../../actors/job/state.ts";
import { runningOf as sampleRunningOf, specOf } from "../../actors/job/testing/samples.ts";
import { actorId, type BootId, type ShardId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { AtRest, Checker } from "../checkers/checker.ts";
import { type Plan, planOf } from "../plan.ts";
import type { Commit, SimEvent } from "../record/events.ts";
import { Ledger } from "../record/ledger.ts";
import { RUN_BEGAN_MS, Wall } from "../world/wall.ts";

/** The job of these tests, and the process start that works on it. */
export const JOB = actorId("job");
export const BOOT = "a.1" as BootId;

/** The attempt `token` as its job has it. */
export function runningOf(token: string, patch: Partial<RunningAttempt> = {}): RunningAttempt {
  return sampleRunningOf({ token, boot: BOOT, startedAtMs: RUN_BEGAN_MS, ...patch });
}

/** A made-up run, watched by `checker` alone. */
export class Watching {
  readonly failures: string[] = [];
  readonly ledger = new Ledger();
  readonly time = { nowMs: 0 };
  readonly wall = new Wall(this.time);
  readonly #watch;

  constructor(checker: Checker, plan: Partial<Plan> = {}) {
    this.#watch = checker.watch({
      plan: { ...planOf(1), character: "calm", window: undefined, slots: 2, ...plan },
      ledger: this.ledger,
      time: this.time,
      wall: this.wall,
      storeWall: this.wall,
      fail: (job, message) => this.failures.push(`${job}: ${message}`),
    });
  }

  /** Tells an event. */
  tell(event: SimEvent): void {
    this.ledger.take(event, this.time.nowMs);
    this.#watch.see?.(event);
  }

  /** Inserts a job. */
  insert(patch: Partial<JobSpec> = {}, id = JOB): Commit {
    const nowMs = RUN_BEGAN_MS + this.time.nowMs;
    const spec = specOf({ name: "quick", runAtMs: RUN_BEGAN_MS, ...patch });
    const draft = draftOfJob(spec, { id, nowMs });
    const snapshot: Snapshot = { ...draft, shard: 0 as ShardId, version: 1 };
    const job = newJob(spec, nowMs);
    const after: Commit = { atMs: this.time.nowMs, boot: BOOT, snapshot, job };
    this.tell({ kind: "inserted", id, after });
    return after;
  }

  /** Moves a job to its next version with `patch`. */
  move(
    patch: Partial<JobState>,
    options: { id?: string; epoch?: number; boot?: string; version?: number } = {},
  ): Commit {
    const id = actorId(options.id ?? JOB);
    const before = this.ledger.committed(id);
    if (!before) throw new Error(`${id} was never inserted`);
    const job: JobState = { ...before.job, ...patch };
    const stored = encodeJob(job);
    const expectedVersion = options.version ?? before.snapshot.version;
    const snapshot: Snapshot = { ...before.snapshot, ...stored, version: expectedVersion + 1 };
    const after: Commit = { atMs: this.time.nowMs, boot: options.boot ?? BOOT, snapshot, job };
    const { shard } = snapshot;
    const transition = {
      kind: "transition",
      id,
      shard,
      epoch: options.epoch ?? 1,
      expectedVersion,
      ...stored,
    } as const;
    this.tell({ kind: "moved", id, transition, epoch: 1, before, after });
    return after;
  }

  /** Starts the attempt `token`: committed, ordered and begun. */
  start(token: string, running: Partial<RunningAttempt> = {}): void {
    this.move({ state: "running", running: runningOf(token, running) });
    this.order(token);
    this.begin(token);
  }

  /** Orders the attempt `token` from the executor. */
  order(token: string, patch: Partial<AttemptOrder> = {}): void {
    const order: AttemptOrder = {
      key: keyOf(token),
      name: "quick",
      payload: "null",
      timeoutMs: null,
      notBeforeMs: 0,
      scheduledForMs: 0,
      fence: 1,
      checkpoint: "null",
      steps: new Map(),
      exclusive: false,
      ...patch,
    };
    this.tell({ kind: "ordered", boot: BOOT, order });
  }

  /** The handler of the attempt `token` is called. */
  begin(token: string): void {
    this.tell({ kind: "begun", boot: BOOT, key: keyOf(token) });
  }

  /** The attempt `token` ends in the executor. */
  end(token: string, outcome: AttemptOutcome): void {
    this.tell({ kind: "ended", boot: BOOT, key: keyOf(token), outcome });
  }

  /** The world has come to rest. */
  async rest(world: Partial<AtRest> = {}): Promise<void> {
    await this.#watch.atRest?.(world as AtRest);
  }
}

function keyOf(token: string): AttemptKey {
  return { jobId: JOB, attempt: 1, token };
}
