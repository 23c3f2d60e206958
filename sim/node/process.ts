/**
 * Process: one start of one node, put together from the real runtime, dispatcher, slots and job.
 *
 * Intuition: this is the composition root of the simulator. Only what touches the world is replaced:
 * time, the store's machine, the executor. Between the parts stand observers, and, in a deliberately
 * broken build, the break.
 *
 * Invariant: what a checker needs to know is observed outside of what a mutation may replace.
 * @module
 */
import type { AttemptKey, AttemptOutcome, AttemptReports } from "../../actors/executor/port.ts";
import { jobBehaviour } from "../../actors/job/behaviour.ts";
import { JOB_KIND } from "../../actors/job/codec.ts";
import { Dispatcher } from "../../actors/dispatch/dispatcher_driver.ts";
import type { JobEffect } from "../../actors/job/messages.ts";
import { unpark } from "../../actors/dispatch/parked_driver.ts";
import { type LineLimits, Slots } from "../../actors/dispatch/slots.ts";
import { Recurrences } from "../../actors/schedule/recurrence/recurrences.ts";
import { flowBehaviour } from "../../actors/flow/behaviour.ts";
import { performFlows, scheduleParts, tellObserver } from "../../node/actors.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ActorId } from "../../runtime/ids.ts";
import type { Claimant, Store } from "../../runtime/store/port.ts";
import type { Perform } from "../../runtime/system/directory.ts";
import { NodeSystem } from "../../runtime/system/system.ts";
import type { WakeGate } from "../../runtime/wakeups/gate.ts";
import { KindGates } from "../../runtime/wakeups/kind_gates.ts";
import type { WindowBounds } from "../../runtime/wakeups/window_events.ts";
import type { Observe } from "../record/events.ts";
import type { Mutation, Signal } from "../mutations/mutation.ts";
import type { Random } from "../world/random.ts";
import type { VirtualTime } from "../world/virtual_time.ts";
import type { Wall } from "../world/wall.ts";
import { Company, type CompanyOptions } from "./company.ts";
import { SimExecutor } from "./executor.ts";
import { lifeClock, Lifeline } from "./lifeline.ts";
import { HANDLERS } from "./scripts.ts";
import { wireOf } from "./wire.ts";

/** How often a leaving process looks whether its attempts have ended, ms, and how often at most. */
const LEAVE_LOOK_MS = 50;
const LEAVE_LOOKS_MAX = 60;

/** What a process start is made of. */
export interface ProcessOptions {
  readonly claimant: Claimant;
  readonly time: VirtualTime;
  readonly wall: Wall;
  /** The store at the far end of the wire. */
  readonly store: Store;
  readonly shards: number;
  readonly slots: number;
  readonly window: WindowBounds | undefined;
  /** The cluster; null: it is alone. */
  readonly company: CompanyOptions | null;
  readonly random: Random;
  readonly observe: Observe;
  readonly mutation: Mutation | null;
  readonly limits: ReadonlyMap<string, LineLimits>;
  readonly knows: (name: string) => boolean;
  readonly healed: () => boolean;
  /** The boundary at which it dies by itself. */
  readonly dieAt: number;
  readonly died: () => void;
}

/** One process. */
export class Process {
  readonly boot: string;
  readonly lifeline: Lifeline;
  readonly clock: Clock;
  readonly slots: Slots;
  readonly system: NodeSystem;
  readonly executor: SimExecutor;
  readonly #company: Company | null;
  readonly #dispatcher: Dispatcher;
  readonly #options: ProcessOptions;
  /** Starts that took effect and were not ordered yet: an abort then ends them in the dispatcher. */
  readonly #preparing = new Map<string, AttemptKey>();

  constructor(options: ProcessOptions) {
    const { claimant, mutation, observe, random } = options;
    const { boot } = claimant;
    this.boot = boot;
    this.#options = options;
    this.lifeline = new Lifeline(options);
    this.clock = lifeClock(this.lifeline, options);
    this.slots = new Slots(options.slots);
    for (const [lane, limits] of options.limits) this.limit(lane, limits);
    const clock = mutation?.clock?.(this.clock) ?? this.clock;
    const wire = wireOf(options.store, this.lifeline);
    const log = (level: string, message: string, fields: object) => {
      if (!this.lifeline.dead && level === "error") {
        observe({ kind: "logged", boot, text: `${message} ${JSON.stringify(fields)}` });
      }
    };
    this.#company = options.company && new Company(options.company, {
      claimant,
      clock: this.clock,
      lifeline: this.lifeline,
      shards: options.shards,
      slots: options.slots,
    });
    this.system = new NodeSystem({
      clock,
      store: mutation?.wire?.(wire) ?? wire,
      claimant,
      shards: options.shards,
      chance: () => random.next(),
      gate: new KindGates({ [JOB_KIND]: this.#gate() }),
      elsewhere: this.#company?.cluster,
      window: options.window,
      log,
    });
    this.#dispatcher = new Dispatcher({
      clock,
      slots: this.slots,
      system: this.system,
      signal: mutation?.signal?.(this.#signal) ?? this.#signal,
      pump: () => this.system.pump(),
      away: this.#company?.away,
      over: (jobId, observer) => tellObserver(this.system, jobId, observer),
      changed: () => {},
      log,
    });
    this.executor = this.#makeExecutor(this.#dispatcher);
    this.#dispatcher.join(this.executor);
    this.#company?.join({ system: this.system, dispatcher: this.#dispatcher });
    this.#register();
    this.#registerOthers();
  }

  /** Begins: opens the session, and tells jobs that waited for a handler. */
  start(): void {
    this.system.start();
    this.#company?.cluster.start();
    this.tellHandlers();
  }

  /** The handlers were loaded again. */
  tellHandlers(): void {
    const names = HANDLERS.filter(this.#options.knows);
    void unpark(names, { clock: this.clock, system: this.system, signal: this.#signal });
  }

  /** How many processes it knows to be alive, itself included. */
  get known(): number {
    return this.#company?.known ?? 1;
  }

  /** Sets what a lane may take. */
  limit(lane: string, limits: LineLimits): void {
    const { mutation } = this.#options;
    this.slots.limit(lane, mutation?.limits?.(limits) ?? limits);
  }

  /** Stops as on SIGTERM: nothing new, running attempts are interrupted, shards are given back. */
  leave(left: () => void): void {
    this.system.drain();
    this.#company?.cluster.drain();
    const error = { name: "AttemptInterrupted", message: "the node stops" };
    for (const token of this.#preparing.keys()) {
      this.#endUnordered(token, { kind: "interrupted", error, begun: false });
    }
    let looks = 0;
    const look = () => {
      // Again each time: a start that was being committed is running by now.
      this.#dispatcher.interrupt();
      if (this.slots.taken + this.#dispatcher.untold > 0 && ++looks < LEAVE_LOOKS_MAX) {
        return void this.clock.after(LEAVE_LOOK_MS, look);
      }
      void this.system.close().then(() => this.#company?.leave()).then(left);
    };
    look();
  }

  /** Tells a job something from outside, as another node's executor would. */
  report(id: ActorId, message: Parameters<Signal>[1]): void {
    this.#signal(id, message, () => {});
  }

  readonly #signal: Signal = (id, message, settle) => {
    const { observe } = this.#options;
    let times = 0;
    this.system.signal({ kind: JOB_KIND, id }, message, (settled) => {
      if (this.lifeline.dead) return;
      times++;
      observe({ kind: "settled", boot: this.boot, id, message: message.kind, times });
      settle(settled as Parameters<typeof settle>[0]);
    });
  };

  #register(): void {
    const { mutation, observe } = this.#options;
    const { boot } = this;
    const real: Perform<JobEffect> = (effect, snapshot) => {
      if (!this.lifeline.cross()) return;
      if (effect.kind === "run") {
        const { id, index: { lane } } = snapshot;
        const { key } = effect.order;
        this.#preparing.set(key.token, key);
        observe({ kind: "starting", boot, id, token: key.token, lane });
      } else if (effect.kind === "abort") {
        this.#endUnordered(effect.key.token, { kind: "cancelled" });
      }
      this.#dispatcher.perform(effect, snapshot);
    };
    const perform = mutation?.perform?.(real) ?? real;
    const behaviour = jobBehaviour();
    this.system.register(mutation?.behaviour?.(behaviour, perform) ?? behaviour, perform);
  }

  #registerOthers(): void {
    const { mutation } = this.#options;
    const recurrences = new Recurrences();
    const { behaviour, perform } = scheduleParts(this.system, { clock: this.clock, recurrences });
    this.system.register(mutation?.schedule?.(behaviour) ?? behaviour, (effect, snapshot) => {
      if (this.lifeline.cross()) perform(effect, snapshot);
    });
    const performFlow = performFlows(this.system, this.clock);
    this.system.register(mutation?.flow?.(flowBehaviour) ?? flowBehaviour, (effect, snapshot) => {
      if (this.lifeline.cross()) performFlow(effect, snapshot);
    });
  }

  /** The dispatcher as the gate, with the observer outside of a broken one. */
  #gate(): WakeGate {
    const { mutation, observe } = this.#options;
    const { boot } = this;
    const real: WakeGate = {
      reserve: (entry) => this.#dispatcher.reserve(entry),
      settled: (entry) => this.#dispatcher.settled(entry),
    };
    const gate = mutation?.gate?.(real) ?? real;
    return {
      reserve: (entry) => {
        const room = this.lifeline.dead ? "no-line" : gate.reserve(entry);
        if (room === "held") observe({ kind: "reserved", boot, entry });
        return room;
      },
      settled: (entry) => {
        if (this.lifeline.dead) return;
        observe({ kind: "wake-over", boot, entry });
        gate.settled(entry);
      },
    };
  }

  #endUnordered(token: string, outcome: AttemptOutcome): void {
    const key = this.#preparing.get(token);
    if (key) this.#options.observe({ kind: "ended", boot: this.boot, key, outcome });
    this.#preparing.delete(token);
  }

  #makeExecutor(reports: AttemptReports): SimExecutor {
    const { knows, healed, random } = this.#options;
    const { boot, clock, lifeline } = this;
    const observe: Observe = (event) => {
      if (event.kind === "ordered") this.#preparing.delete(event.order.key.token);
      this.#options.observe(event);
    };
    return new SimExecutor({ boot, clock, lifeline, reports, observe, random, knows, healed });
  }
}
