/**
 * Machine: one node as the world sees it: it boots, dies, stands still, and has a clock of its own.
 *
 * Intuition: processes come and go, the machine stays. Several machines over one recorder would be a
 * cluster; nothing here assumes that there is only one.
 *
 * Invariants: M1. At most one process of a machine is alive. M2. After the world has healed, a
 * machine dies no more.
 * @module
 */
import { actorId, type BootId, type NodeName } from "../../runtime/ids.ts";
import type { LineLimits } from "../../actors/dispatch/slots.ts";
import { laneOf } from "../../actors/job/stored/indexing.ts";
import { FaultyStore } from "../../runtime/store/faulty.ts";
import type { Observe, SimEvent } from "../record/events.ts";
import type { Mutation } from "../mutations/mutation.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../world/random.ts";
import type { Recorder } from "../record/recorder.ts";
import type { VirtualTime } from "../world/virtual_time.ts";
import { Wall } from "../world/wall.ts";
import type { Sky } from "../world/weather.ts";
import { CallRate } from "./call_rate.ts";
import type { CompanyOptions } from "./company.ts";
import { Process } from "./process.ts";

/** What a machine needs of its run. */
export interface MachineOptions {
  readonly name: string;
  readonly plan: Plan;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly recorder: Recorder;
  readonly sky: Sky;
  readonly observe: Observe;
  readonly mutation: Mutation | null;
  /** The cluster; null: this machine is alone. */
  readonly company: Omit<CompanyOptions, "random"> | null;
}

/** One machine. */
export class Machine {
  readonly name: string;
  readonly wall: Wall;
  /** The living process, or null. */
  process: Process | null = null;
  readonly #options: MachineOptions;
  readonly #limits = new Map<string, LineLimits>();
  #boots = 0;
  #healed = false;
  #leaving: Process | null = null;
  #newcomerKnown = false;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = options.name;
    this.wall = new Wall(options.time);
    const { clocksApartMs } = options.plan;
    if (clocksApartMs > 0) this.wall.jump(options.random.fork("wall").int(0, clocksApartMs));
  }

  /** It has a process that runs, means to stay, and knows those of all machines. */
  get steady(): boolean {
    const { process } = this;
    if (process === null || process === this.#leaving || !process.lifeline.running) return false;
    return process.known === this.#options.plan.machines;
  }

  /** Starts a process if none is alive (M1). */
  boot(): void {
    if (this.process) return;
    const { name, plan, time, random, recorder, sky, observe, mutation, company } = this.#options;
    const boot = `${name}.${++this.#boots}`;
    const rate = new CallRate(time, (calls) => observe({ kind: "hammered", boot, calls }));
    const store = new FaultyStore(recorder.storeOf(boot), {
      clock: time,
      decide: ({ op }) => {
        rate.count();
        return sky.fate(op);
      },
    });
    this.process = new Process({
      claimant: { node: name as NodeName, boot: boot as BootId },
      time,
      wall: this.wall,
      store,
      shards: plan.shards,
      slots: plan.slots,
      window: plan.window,
      company: company && { ...company, random: random.fork(`${boot} company`) },
      random: random.fork(boot),
      observe: (event) => this.#witness(event),
      mutation,
      limits: this.#limits,
      knows: (handler) => this.#newcomerKnown || handler !== "newcomer",
      healed: () => this.#healed,
      dieAt: this.#healed ? Infinity : plan.deaths[this.#boots - 1] ?? Infinity,
      died: () => this.#fell(random.fork(`down ${boot}`).int(20, 4_000)),
    });
    observe({ kind: "booted", boot });
    this.process.start();
  }

  /** Kills the process, as kill -9 does; another one starts `downMs` later. */
  crash(downMs: number): void {
    if (!this.process) return;
    this.process.lifeline.kill();
    this.#fell(downMs);
  }

  /** Stops the process, as SIGTERM does; another one starts `downMs` after it has left. */
  leave(downMs: number): void {
    const { process } = this;
    this.#leaving = process;
    process?.lifeline.enter(() =>
      process.leave(() => {
        if (this.process !== process) return;
        process.lifeline.kill();
        this.#gone("left", downMs);
      })
    );
  }

  /** Stops the process for a while, as SIGSTOP does. */
  pause(forMs: number): void {
    const { process } = this;
    if (!process) return;
    const { time, observe } = this.#options;
    observe({ kind: "paused", boot: process.boot, forMs });
    process.lifeline.pause();
    time.after(forMs, () => {
      if (process.lifeline.dead) return;
      observe({ kind: "resumed", boot: process.boot });
      process.lifeline.resume();
    });
  }

  /** Sets what a queue may take, now and after every start. */
  limit(queue: string, limits: LineLimits): void {
    const lane = laneOf(queue);
    const { process } = this;
    this.#options.observe({ kind: "limited", lane, limits });
    this.#limits.set(lane, limits);
    process?.limit(lane, limits);
    process?.lifeline.enter(() => process.system.pump());
  }

  /** The handler that nobody knew is there. */
  learn(): void {
    this.#newcomerKnown = true;
    const { process } = this;
    process?.lifeline.enter(() => process.tellHandlers());
  }

  /** Nothing happens to it any more (M2), and it runs. */
  heal(): void {
    this.#healed = true;
    this.process?.lifeline.immortal();
    for (const lane of this.#limits.keys()) {
      this.limit(lane.slice(lane.indexOf("/") + 1), { paused: false, concurrency: null });
    }
    this.learn();
    this.boot();
  }

  #fell(downMs: number): void {
    const { process } = this;
    if (process) this.#leaveGhosts(process);
    this.#gone("crashed", downMs);
  }

  #gone(how: "crashed" | "left", downMs: number): void {
    const { time, observe } = this.#options;
    const boot = this.process?.boot ?? "";
    this.process = null;
    observe({ kind: "gone", boot, how });
    time.after(downMs, () => this.boot());
  }

  /** Some attempts of a crashed process report later: an executor elsewhere would have survived it. */
  #leaveGhosts(process: Process): void {
    const { plan, time, random, observe } = this.#options;
    for (const { key } of process.executor.begun()) {
      const luck = random.fork(`ghost ${key.token}`);
      if (!luck.chance(plan.ghostShare)) continue;
      time.after(luck.int(10, 5_000), () => {
        if (!this.process) return;
        const outcome = { kind: "ok", result: '"ghost"' } as const;
        observe({ kind: "ended", boot: process.boot, key, outcome });
        this.#report(key, outcome);
      });
    }
  }

  /** Passes on what a process tells; some ends are told once more later, as a network would. */
  #witness(event: SimEvent): void {
    const { plan, time, random, observe } = this.#options;
    observe(event);
    if (event.kind !== "ended") return;
    const luck = random.fork(`echo ${event.key.token}`);
    if (!luck.chance(plan.ghostShare / 4)) return;
    time.after(luck.int(1, 3_000), () => this.#report(event.key, event.outcome));
  }

  #report(
    key: { jobId: string; token: string },
    outcome: Extract<SimEvent, { kind: "ended" }>["outcome"],
  ): void {
    const { process } = this;
    const message = { kind: "ended", token: key.token, outcome } as const;
    process?.lifeline.enter(() => process.report(actorId(key.jobId), message));
  }
}
