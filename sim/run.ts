/**
 * Run: one seed, from birth to rest.
 *
 * Intuition: first everything that the plan holds is done to the node (safety: whatever happens,
 * nothing forbidden may). Then the world heals: fair weather, no limits, every handler known, all
 * handlers short. Now everything must come to rest within a bound (liveness), and be in order.
 *
 * Invariant: U1. A run is a function of its seed and its mutation: trace and verdict repeat.
 * @module
 */
import type { Clock } from "../runtime/clock.ts";
import { WRITE_FAULT_SHOWN_MS } from "../runtime/limits.ts";
import { MemoryStore } from "../runtime/store/memory.ts";
import type { Store } from "../runtime/store/port.ts";
import { MemoryHub } from "../runtime/transport/memory.ts";
import { CHECKERS } from "./checkers/all.ts";
import type { Watch } from "./checkers/checker.ts";
import { FUTURE_MS, HEALING_MS_MAX, restless } from "./checkers/rest.ts";
import { Clients } from "./world/clients.ts";
import { cancelByVersion, COLLEAGUE, type ColleagueOptions } from "./world/colleague.ts";
import type { SimEvent } from "./record/events.ts";
import { Ledger } from "./record/ledger.ts";
import type { Mutation } from "./mutations/mutation.ts";
import { Machine, type MachineOptions } from "./node/machine.ts";
import { clusterPlanOf } from "./cluster_plan.ts";
import { addressOf } from "./node/company.ts";
import { type Deed, type Plan, planOf } from "./plan.ts";
import { Random } from "./world/random.ts";
import { Recorder } from "./record/recorder.ts";
import { Trace } from "./record/trace.ts";
import { VirtualTime } from "./world/virtual_time.ts";
import { FlowClients } from "./world/flow_clients.ts";
import { KeyClients } from "./world/key_clients.ts";
import { Schedulers } from "./world/schedulers.ts";
import { fastestOf, Wall } from "./world/wall.ts";
import { Sky } from "./world/weather.ts";

/** Until then after the healing, and after a start, calls from before may still be under way, ms. */
const STRAGGLERS_MS = 6_000;
/** How long a world is watched once its work is done, ms: until no old fault is shown any more. */
const REST_MS = WRITE_FAULT_SHOWN_MS + 1_000;

/** What machines are called. */
const NAMES = "abcdefgh";

/** A promise that was broken. */
export interface Failure {
  readonly checker: string;
  readonly job: string | null;
  readonly message: string;
}

/** What came of a run. */
export interface RunReport {
  readonly seed: number;
  readonly failure: Failure | null;
  readonly hash: string;
  readonly trace: Trace;
  readonly plan: Plan;
  readonly stats: RunStats;
}

/** How much happened in a run. */
export interface RunStats {
  readonly virtualMs: number;
  readonly ticks: number;
  readonly events: number;
  readonly jobs: number;
  readonly commits: number;
  readonly boots: number;
}

/** How a run differs from an ordinary one. */
export interface RunOptions {
  readonly mutation?: Mutation | null;
  /** Several nodes on one store. */
  readonly cluster?: boolean;
  /** Ticks after which it counts as a livelock. */
  readonly ticksMax?: number;
}

/** Runs `seed`, in the build that the mutation breaks, if one is given (U1). */
export async function run(seed: number, options: RunOptions = {}): Promise<RunReport> {
  const world = new World(options.cluster ? clusterPlanOf(seed) : planOf(seed), options);
  const uncaught = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    world.fail("no-crash", { job: null, message: textOf(event.reason) });
  };
  globalThis.addEventListener("unhandledrejection", uncaught);
  try {
    await world.live();
  } catch (error) {
    world.fail("no-crash", { job: null, message: textOf(error) });
  } finally {
    globalThis.removeEventListener("unhandledrejection", uncaught);
  }
  return world.report();
}

/** One run's world. */
class World {
  readonly #plan: Plan;
  readonly #time: VirtualTime;
  readonly #ledger = new Ledger();
  readonly #trace = new Trace();
  readonly #store: Store;
  readonly #sky: Sky;
  readonly #machines: readonly Machine[];
  readonly #wall: Pick<Wall, "nowMs" | "latestSince">;
  /** Addresses whose messages to and from others are lost, each as often as it was cut off. */
  readonly #cut = new Map<string, number>();
  readonly #storeWall: Wall;
  readonly #clients: Clients;
  readonly #schedulers: Schedulers;
  readonly #flows: FlowClients;
  readonly #keys: KeyClients;
  readonly #colleague: ColleagueOptions;
  readonly #watches: readonly Watch[];
  #failure: Failure | null = null;
  #boots = 0;
  #unsteadyMs = 0;
  #healed = false;

  constructor(plan: Plan, { mutation = null, ticksMax = Infinity }: RunOptions) {
    this.#plan = plan;
    const time = new VirtualTime(ticksMax);
    this.#time = time;
    const ledger = this.#ledger;
    const random = new Random(plan.seed).fork("world");
    const observe = (event: SimEvent) => this.#observe(event);
    this.#storeWall = new Wall(time);
    const memory = new MemoryStore({ wallMs: () => this.#storeWall.nowMs() }, plan);
    this.#store = memory;
    const recorder = new Recorder({
      inner: mutation?.store?.(memory) ?? memory,
      time,
      ledger,
      observe,
    });
    this.#colleague = {
      store: recorder.storeOf(COLLEAGUE),
      shards: plan.shards,
      time,
      wall: this.#storeWall,
    };
    this.#sky = new Sky(random.fork("sky"), plan.latencyMsMax);
    const company = plan.machines === 1 ? null : this.#company(random.fork("network"));
    const machine = { plan, time, recorder, sky: this.#sky, observe, mutation, company };
    this.#machines = Array.from({ length: plan.machines }, (_, at) => {
      const name = NAMES.charAt(at);
      return new Machine({ ...machine, name, random: random.fork(at === 0 ? "machine" : name) });
    });
    this.#wall = fastestOf(this.#machines.map(({ wall }) => wall));
    let request = 0;
    const next = () => this.#machines[request++ % plan.machines] as Machine;
    this.#clients = new Clients({ next, time, observe, mutation });
    this.#schedulers = new Schedulers({ next, time, observe });
    this.#flows = new FlowClients(next);
    this.#keys = new KeyClients({ next, time, observe, random: random.fork("keys") });
    this.#watches = CHECKERS.filter(({ alone }) => !alone || plan.machines === 1)
      .map(({ name, watch }) =>
        watch({
          plan,
          ledger,
          time,
          wall: this.#wall,
          storeWall: this.#storeWall,
          fail: (job, message) => this.fail(name, { job, message }),
        })
      );
  }

  /** Notes that a promise was broken; the first one counts. */
  fail(checker: string, what: { job: string | null; message: string }): void {
    this.#failure ??= { checker, ...what };
  }

  /** Lives through the plan, heals, comes to rest. */
  async live(): Promise<void> {
    const { jobs, schedules, flows, keyed, deeds, healAtMs } = this.#plan;
    for (const machine of this.#machines) machine.boot();
    for (const job of jobs) {
      for (const atMs of [job.atMs, ...job.repeatsAtMs]) {
        this.#time.after(atMs, () => this.#clients.submit(job));
      }
    }
    for (const schedule of schedules) {
      this.#time.after(schedule.atMs, () => this.#schedulers.create(schedule));
    }
    for (const flow of flows) this.#time.after(flow.atMs, () => this.#flows.submit(flow));
    for (const one of keyed) this.#time.after(one.atMs, () => this.#keys.submit(one));
    for (const deed of deeds) this.#time.after(deed.atMs, () => this.#do(deed));
    await this.#until(healAtMs);
    this.#heal();
    await this.#comeToRest();
    if (this.#failure) return;
    const processes = this.#machines.flatMap(({ process }) => process ?? []);
    const [process] = processes;
    if (!process || processes.length < this.#machines.length) {
      return this.fail("liveness", { job: null, message: "a process is not alive" });
    }
    let asked = false;
    void this.#ask({ process, processes, store: this.#store }).then(() => asked = true);
    await this.#time.runUntil(() => asked || this.#failure !== null);
  }

  report(): RunReport {
    let commits = 0;
    for (const file of this.#ledger.jobs.values()) commits += file.commits.length;
    return {
      seed: this.#plan.seed,
      failure: this.#failure,
      hash: this.#trace.hash,
      trace: this.#trace,
      plan: this.#plan,
      stats: {
        virtualMs: this.#time.nowMs,
        ticks: this.#time.ticks,
        events: this.#trace.length,
        jobs: this.#ledger.jobs.size,
        commits,
        boots: this.#boots,
      },
    };
  }

  #observe(event: SimEvent): void {
    if (this.#failure) return;
    if (event.kind === "booted") this.#boots++;
    this.#trace.add(this.#time.nowMs, event);
    this.#ledger.take(event, this.#time.nowMs);
    try {
      for (const watch of this.#watches) watch.see?.(event);
    } catch (error) {
      // Not to be swallowed by the code under test, from whose midst events are told.
      this.fail("simulator", { job: null, message: textOf(error) });
    }
  }

  #until(atMs: number): Promise<void> {
    this.#time.after(atMs - this.#time.nowMs, () => {});
    return this.#time.runUntil(() => this.#failure !== null || this.#time.nowMs >= atMs);
  }

  async #comeToRest(): Promise<void> {
    const healedAtMs = this.#time.nowMs;
    const dueBeforeMs = this.#wall.nowMs() + FUTURE_MS;
    let nextLookMs = healedAtMs;
    await this.#time.runUntil(() => {
      const { nowMs } = this.#time;
      if (this.#failure || nowMs > healedAtMs + HEALING_MS_MAX) return true;
      if (nowMs < nextLookMs) return false;
      nextLookMs = nowMs + 200;
      if (!this.#machines.every(({ steady }) => steady)) this.#unsteadyMs = nowMs;
      return restless(this.#ledger, dueBeforeMs).length === 0 &&
        nowMs > Math.max(healedAtMs, this.#unsteadyMs) + STRAGGLERS_MS;
    });
    await this.#until(this.#time.nowMs + REST_MS);
  }

  async #ask(world: Parameters<NonNullable<Watch["atRest"]>>[0]): Promise<void> {
    for (const watch of this.#watches) await watch.atRest?.(world);
  }

  #heal(): void {
    this.#healed = true;
    this.#observe({ kind: "healed" });
    this.#setWeather("fair");
    this.#cut.clear();
    for (const machine of this.#machines) machine.heal();
    this.#schedulers.endAll();
  }

  /** The network between the nodes: it loses what the plan says, and everything of who is cut off. */
  #company(random: Random): MachineOptions["company"] {
    const { machines, lossShare } = this.#plan;
    const time = this.#time;
    const clock: Clock = {
      wallMs: () => this.#storeWall.nowMs(),
      monotonicMs: () => time.nowMs,
      after: (delayMs, fire) => time.after(delayMs, fire),
    };
    const isCut = (address: string) => (this.#cut.get(address.charAt(0)) ?? 0) > 0;
    const hub = new MemoryHub(clock, {
      fate: ({ from, to }) => {
        if (isCut(from) || isCut(to)) return [];
        if (!this.#healed && random.chance(lossShare)) return [];
        return [random.int(1, 3)];
      },
    });
    const seeds = Array.from({ length: machines }, (_, at) => addressOf(NAMES.charAt(at)));
    return { hub, seeds };
  }

  /** The machine that a deed is done to. */
  #victim({ atMs }: Deed): Machine {
    return this.#machines[atMs % this.#machines.length] as Machine;
  }

  #cutOff(machine: Machine, forMs: number): void {
    const { name } = machine;
    const change = (by: number) => this.#cut.set(name, (this.#cut.get(name) ?? 0) + by);
    this.#observe({ kind: "cut", node: name, forMs });
    change(1);
    this.#time.after(forMs, () => this.#healed || change(-1));
  }

  #setWeather(weather: Sky["weather"]): void {
    this.#sky.weather = weather;
    this.#observe({ kind: "weather", weather });
  }

  #do(deed: Deed): void {
    if (deed.atMs >= this.#plan.healAtMs) return;
    const machine = this.#victim(deed);
    switch (deed.kind) {
      case "flow":
        return this.#flows.command(deed);
      case "schedule":
        return this.#schedulers.command(deed);
      case "command":
        return this.#clients.command(deed.id, deed.command);
      case "interfere":
        return void cancelByVersion(deed.id, { ...this.#colleague, thinkMs: deed.thinkMs });
      case "limit":
        for (const one of this.#machines) one.limit(deed.queue, deed);
        return;
      case "crash":
        return machine.crash(deed.downMs);
      case "leave":
        return machine.leave(deed.downMs);
      case "pause":
        return machine.pause(deed.forMs);
      case "cut":
        return this.#cutOff(machine, deed.forMs);
      case "jump": {
        const wall = deed.clock === "node" ? machine.wall : this.#storeWall;
        wall.jump(deed.byMs);
        return this.#observe({ kind: "jumped", clock: deed.clock, byMs: deed.byMs });
      }
      case "newcomer":
        for (const one of this.#machines) one.learn();
        return;
      case "weather":
        this.#setWeather(deed.weather);
        this.#time.after(
          deed.forMs,
          () => this.#sky.weather === deed.weather && this.#setWeather("fair"),
        );
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
