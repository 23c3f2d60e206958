/**
 * Dispatcher: the way between job actors and the executor, in both directions.
 *
 * Intuition: it is the gate that says how many jobs may be woken, performs what a job asks for once
 * that is committed, and carries what attempts report back to their jobs. It decides nothing about a
 * job: that is the reducer's.
 *
 * Invariants: Q1–Q3 (slots), and
 *   X1. An outcome is told to its job until the job has handled it: a store that is away or a full
 *       mailbox only delays it.
 *   X2. A step or checkpoint resolves when it is durable, never before.
 *   X3. Progress is told at most once per `PROGRESS_EVERY_MS` and attempt; the latest value wins.
 *   X4. A start that was committed while this node lost sight of its job is not forgotten: an attempt
 *       that is said to run here, and was never ordered, is told to have ended.
 *   X6. An attempt goes to another node only when this one is full, its queue has no limit of its own, and that node
 *       takes it: who has no room says so, and the job is due again as if nothing had been.
 *   X5. An attempt that is aborted while its steps are being read is never handed to the executor.
 * @module
 */
import type { Settled } from "../../runtime/actor/envelope.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type ActorId, actorId, type BootId } from "../../runtime/ids.ts";
import { unreachable } from "../../runtime/fault.ts";
import { JOURNAL_LINES_MAX, QUARANTINE_MS, STORE_RETRY_MIN_MS } from "../../runtime/limits.ts";
import type { DueEntry, Snapshot } from "../../runtime/snapshot.ts";
import type { JournalLine } from "../../runtime/store/port.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import type { Room, WakeGate } from "../../runtime/wakeups/gate.ts";
import type {
  AttemptKey,
  AttemptOrder,
  AttemptOutcome,
  AttemptReports,
  Executor,
} from "../executor/port.ts";
import type { ExecutorPlace, JobEffect, JobMessage, JobReply } from "../job/messages.ts";
import { type JobState, LOG_STREAM } from "../job/state.ts";
import type { Slots } from "./slots.ts";
import { decodeStep, encodeStep, STEP_STREAM } from "./step_journal.ts";

/** How often an attempt's progress is told to its job, ms. */
export const PROGRESS_EVERY_MS = 250;

/** An attempt on its way to where it runs. */
export interface Shipment {
  readonly order: Omit<AttemptOrder, "steps">;
  readonly lane: string;
  /** Earlier attempts may have left steps behind. */
  readonly repeated: boolean;
}

/** The way to attempts that run in other process starts. What is lost on the way is said again. */
export interface Away {
  /** This process start: what runs here. */
  readonly boot: BootId;
  /** Another node that seems to have a free slot; undefined when none does. */
  pick(): ExecutorPlace | undefined;
  /** Has an attempt run there; `refused` is called if it certainly will not. */
  run(boot: BootId, shipment: Shipment, refused: () => void): void;
  abort(boot: BootId, key: AttemptKey): void;
  confirm(boot: BootId, key: AttemptKey): void;
}

/** A job as it was and as it is now. */
export interface JobTransition {
  readonly job: JobState;
  readonly before: JobState;
}

/** What the dispatcher needs of its node. */
export interface DispatcherOptions {
  readonly clock: Clock;
  readonly slots: Slots;
  readonly system: Pick<ActorSystem, "append" | "journal">;
  /** Tells a job about its own work. */
  readonly signal: (
    id: ActorId,
    message: JobMessage,
    settle: (settled: Settled<JobReply>) => void,
  ) => void;
  /** The other nodes' dispatchers; absent: this node is alone, and every attempt its own. */
  readonly away?: Away | undefined;
  /** There is room again, where an actor of this lane had it. */
  readonly pump: (lane: string) => void;
  /** A job is over that another actor waits for. */
  readonly over?: (jobId: ActorId, observer: ActorId) => void;
  /** A job came to its end. */
  readonly ended?: (id: ActorId, job: JobState) => void;
  /** A job's state changed. */
  readonly changed: (change: JobTransition, snapshot: Snapshot) => void;
  readonly log: (
    level: "warn" | "error",
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void;
}

/** One node's dispatcher. */
export class Dispatcher implements WakeGate, AttemptReports {
  readonly #options: DispatcherOptions;
  #executor: Executor | undefined;
  readonly #progress = new Map<string, { key: AttemptKey; percent: number }>();
  #progressTimed = false;
  /** Steps stored so far, by token: the journal would drop the oldest beyond its bound. */
  readonly #steps = new Map<string, number>();
  /** Attempts whose steps are being read, by token: the executor does not know them yet (X5). */
  readonly #preparing = new Map<string, AttemptKey>();
  /** Actors that are being woken for a slot of another node (X6). */
  readonly #reservedAway = new Map<ActorId, ExecutorPlace>();
  /** Tokens of attempts that ended and whose jobs have not handled it yet (X1). */
  readonly #telling = new Set<string>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Joins the executor, which was made with this dispatcher as its listener. */
  join(executor: Executor): void {
    this.#executor = executor;
  }

  /** Attempts that ended and whose jobs have not handled it yet: a node that left now would lose them (X1). */
  get untold(): number {
    return this.#telling.size;
  }

  /** Here if there is room, else at another node that seems to have some (X6). */
  reserve(entry: DueEntry): Room {
    const { slots, away } = this.#options;
    const room = slots.reserve(entry);
    if (room === "held" || away === undefined) return room;
    if (this.#reservedAway.has(entry.id) || !slots.isFull(entry)) return room;
    const place = away.pick();
    if (place === undefined) return room;
    this.#reservedAway.set(entry.id, place);
    return "held";
  }

  /** Where the slot is that is held for this actor; undefined: here. */
  executorOf(id: ActorId): ExecutorPlace | undefined {
    return this.#reservedAway.get(id);
  }

  settled(entry: DueEntry): void {
    this.#reservedAway.delete(entry.id);
    const lane = this.#options.slots.settled(entry.id);
    if (lane !== undefined) this.#options.pump(lane);
  }

  /** Performs what a job asked for (B2). */
  perform(effect: JobEffect, snapshot: Snapshot): void {
    switch (effect.kind) {
      case "run": {
        const { order, repeated, boot } = effect;
        const shipment = { order, repeated, lane: snapshot.index.lane };
        const { away } = this.#options;
        if (away === undefined || boot === away.boot) return this.#run(shipment);
        return away.run(boot, shipment, () => this.#refused(order.key));
      }
      case "abort": {
        const { away } = this.#options;
        if (away && effect.boot !== away.boot) return away.abort(effect.boot, effect.key);
        return this.abort(effect.key.token);
      }
      case "confirm": {
        const { away } = this.#options;
        if (away && effect.boot !== away.boot) return away.confirm(effect.boot, effect.key);
        return this.confirm(effect.key);
      }
      case "over":
        return this.#options.over?.(snapshot.id, effect.observer);
      case "changed":
        if (effect.before.finishedAtMs === null && effect.job.finishedAtMs !== null) {
          this.#options.ended?.(snapshot.id, effect.job);
        }
        return this.#options.changed(effect, snapshot);
      default:
        return unreachable(effect);
    }
  }

  /** Runs an attempt of another node's job; false when there is no room for it (X6). */
  take(shipment: Shipment): boolean {
    const { slots } = this.#options;
    const { token } = shipment.order.key;
    if (slots.has(token)) return true;
    if (!slots.hasRoom(shipment.lane)) return false;
    this.#run(shipment);
    return true;
  }

  progress(key: AttemptKey, percent: number): void {
    this.#progress.set(key.token, { key, percent });
    if (this.#progressTimed) return;
    this.#progressTimed = true;
    this.#options.clock.after(PROGRESS_EVERY_MS, () => this.#tellProgress());
  }

  log(key: AttemptKey, lines: readonly string[]): void {
    const at = new Date(this.#options.clock.wallMs()).toISOString();
    const entry = {
      id: actorId(key.jobId),
      stream: LOG_STREAM,
      lines: lines.map((line) => `${at} ${line}`),
    };
    this.#options.system.append(entry).catch((error) =>
      this.#options.log("warn", "job log lines lost", {
        event: "job.log-lost",
        job: key.jobId,
        error,
      })
    );
  }

  async step(key: AttemptKey, name: string, result: string): Promise<void> {
    const stored = this.#steps.get(key.token) ?? 0;
    if (stored >= JOURNAL_LINES_MAX) {
      throw new Error(`a job can have ${JOURNAL_LINES_MAX} steps at most`);
    }
    this.#steps.set(key.token, stored + 1);
    const lines = [encodeStep({ name, result })];
    const durable = await this.#options.system.append({
      id: actorId(key.jobId),
      stream: STEP_STREAM,
      lines,
    });
    if (!durable) {
      throw new Error(`step ${name} could not be stored: this node no longer has the job`);
    }
  }

  checkpoint(key: AttemptKey, value: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const message: JobMessage = { kind: "checkpoint", token: key.token, value };
      this.#options.signal(actorId(key.jobId), message, (settled) => {
        const refused = settled.kind !== "handled" || settled.reply?.kind === "refused";
        if (refused) reject(new Error("the checkpoint could not be stored"));
        else resolve();
      });
    });
  }

  ended(key: AttemptKey, outcome: AttemptOutcome): void {
    const lane = this.#options.slots.ended(key.token);
    if (lane === undefined) return;
    this.#progress.delete(key.token);
    this.#steps.delete(key.token);
    this.#telling.add(key.token);
    this.#tellEnd(key, outcome);
    this.#options.pump(lane);
  }

  /** A job, here or elsewhere, was cancelled: its attempt here is to stop. */
  abort(token: string): void {
    this.#abort(token, "cancelled");
  }

  /** Asks every running attempt to stop, so that it can be run elsewhere or later. */
  interrupt(): void {
    for (const token of this.#options.slots.tokens()) this.#abort(token, "drain");
  }

  #run({ order, lane, repeated }: Shipment): void {
    const { token, jobId } = order.key;
    this.#options.slots.began(jobId, { token, lane });
    if (!repeated) return this.#executor?.run({ ...order, steps: new Map() });
    this.#preparing.set(token, order.key);
    void this.#runWithSteps(order);
  }

  /** It never began: the job may start at once, wherever there is room. */
  #refused(key: AttemptKey): void {
    const error = { name: "AttemptInterrupted", message: "the node it was given to had no room" };
    this.#tellEnd(key, { kind: "interrupted", error, begun: false });
  }

  async #runWithSteps(order: Omit<AttemptOrder, "steps">): Promise<void> {
    const query = {
      id: actorId(order.key.jobId),
      stream: STEP_STREAM,
      after: 0,
      limit: JOURNAL_LINES_MAX,
    };
    let lines: readonly JournalLine[];
    try {
      lines = await this.#options.system.journal(query);
    } catch {
      if (!this.#preparing.has(order.key.token)) return;
      this.#options.clock.after(STORE_RETRY_MIN_MS, () => void this.#runWithSteps(order));
      return;
    }
    if (this.#preparing.delete(order.key.token)) this.#resume(order, lines);
  }

  /** Runs an attempt that earlier ones may have left steps for. */
  #resume(order: Omit<AttemptOrder, "steps">, lines: readonly JournalLine[]): void {
    let steps: ReadonlyMap<string, string>;
    try {
      steps = new Map(lines.map(({ text }) => decodeStep(text)));
    } catch (error) {
      const report = { name: "StepJournalUnreadable", message: String(error) };
      return this.ended(order.key, { kind: "error", error: report, retryable: false });
    }
    this.#steps.set(order.key.token, lines.length);
    this.#executor?.run({ ...order, steps });
  }

  #abort(token: string, reason: "cancelled" | "drain"): void {
    const key = this.#preparing.get(token);
    if (!key) return this.#executor?.abort(token, reason);
    this.#preparing.delete(token);
    if (reason === "cancelled") return this.ended(key, { kind: "cancelled" });
    const error = { name: "AttemptInterrupted", message: "the node stops; it had not begun" };
    this.ended(key, { kind: "interrupted", error, begun: false });
  }

  /** A commit whose outcome came when its actor was gone has no effects: they are made up for here (X4). */
  confirm(key: AttemptKey): void {
    if (this.#options.slots.has(key.token) || this.#telling.has(key.token)) return;
    const error = { name: "AttemptInterrupted", message: "its start was lost before it began" };
    this.#tellEnd(key, { kind: "interrupted", error, begun: false });
  }

  #tellEnd(key: AttemptKey, outcome: AttemptOutcome): void {
    const message: JobMessage = { kind: "ended", token: key.token, outcome };
    const id = actorId(key.jobId);
    this.#options.signal(id, message, (settled) => {
      if (settled.kind === "busy" || settled.kind === "unknown") {
        this.#options.clock.after(STORE_RETRY_MIN_MS, () => this.#tellEnd(key, outcome));
        return;
      }
      // A job that crashed on it still holds the attempt for running: it is told again when it is let in.
      if (settled.kind === "crashed") {
        this.#options.clock.after(QUARANTINE_MS, () => this.#tellEnd(key, outcome));
        return;
      }
      this.#telling.delete(key.token);
      if (outcome.kind === "unknown-handler") this.#handlerMayHaveCome(id, settled);
    });
  }

  /** A handler that was loaded while its job was being parked must not be missed. */
  #handlerMayHaveCome(id: ActorId, settled: Settled<JobReply>): void {
    const name = settled.kind === "handled" && handlerName(settled.snapshot);
    if (name && this.#executor?.knows(name)) {
      this.#options.signal(id, { kind: "handler-known" }, () => {});
    }
  }

  #tellProgress(): void {
    this.#progressTimed = false;
    for (const { key, percent } of this.#progress.values()) {
      const message: JobMessage = { kind: "progress", token: key.token, percent };
      this.#options.signal(actorId(key.jobId), message, () => {});
    }
    this.#progress.clear();
  }
}

function handlerName(snapshot: Snapshot): string | undefined {
  const label = snapshot.index.labels.find((label) => label.startsWith("name="));
  return label?.slice("name=".length);
}
