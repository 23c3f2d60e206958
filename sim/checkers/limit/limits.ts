/**
 * Limits: what holds for all nodes together: permits of queues and keys, and paces.
 *
 * Intuition: the checker counts the attempts themselves, wherever they run. A node whose session has lapsed has lost
 * its permits, and others may have them; what it still runs, when it comes back too, is nobody's fault.
 * @module
 */
import { decodeLimiter, LIMITER_KIND } from "../../../actors/limiter/codec.ts";
import type { Holder } from "../../../actors/limiter/state.ts";
import { laneOf } from "../../../actors/job/stored/indexing.ts";
import { RATE_START_KEPT_MS } from "../../../runtime/limits.ts";
import { lineOfLane } from "../../../runtime/snapshot.ts";
import type { PlannedLimits } from "../../plans/limits.ts";
import type { SimEvent } from "../../record/events.ts";
import type { Ledger } from "../../record/ledger.ts";
import type { Checker } from "../checker.ts";

/** A queue with jobs that wait has had no start for so long, undisturbed, ms: longer than any handler takes. */
const STARVED_MS = 10_000;
/** After bad weather, what was granted late is used up within this, ms. */
const SETTLING_MS = 5_000;
/** Slots that are never the reason why a job waits. */
const PLENTY = 100;

/** LG1, LG2, PB4. */
export const permits: Checker = {
  name: "permits",
  proves:
    "on all nodes together no queue and no key runs more than its concurrency, but for nodes that lost their session; at rest no node that lives has permits",
  watch: ({ fail, ledger, plan, storeWall }) => {
    const limits = byLine(plan.limits);
    const book = new AttemptBook(() => storeWall.nowMs());
    return {
      see: (event) => {
        book.take(event);
        if (event.kind !== "starting") return;
        const line = lineOfLane(event.lane);
        const { concurrency = null, perKey } = limits.get(line) ?? {};
        const inLine = book.count((lane) => lineOfLane(lane) === line);
        if (concurrency !== null && inLine > concurrency) {
          fail(event.id, `${inLine} of ${concurrency} run in ${line}`);
        }
        const inLane = book.count((lane) => lane === event.lane);
        const most = perKey?.concurrency ?? null;
        if (line !== event.lane && most !== null && inLane > most) {
          fail(event.id, `${inLane} of ${most} run in ${event.lane}`);
        }
      },
      atRest: ({ processes }) => {
        const living = new Set(processes.map(({ boot }) => boot));
        for (const [id, { boot, held }] of holdersIn(ledger)) {
          if (held > 0 && living.has(boot)) fail(null, `${boot} still has ${held} of ${id}`);
        }
      },
    };
  },
};

/**
 * RW1, HS1: a start can be used for a while after its moment, so a shorter span than the rate's is looked at. It counts
 * when it is let in, and how long commits take is the store's affair: only fair weather is looked at.
 */
export const paces: Checker = {
  name: "paces",
  proves: "on all nodes together no queue lets more starts in within a span than its rate",
  watch: ({ fail, plan, time }) => {
    const limits = byLine(plan.limits);
    const jumps = plan.deeds.some(({ kind }) => kind === "jump");
    const letIn = new Map<string, number>();
    let fairMs = 0;
    const starts = new Map<string, number[]>();
    return {
      see: (event) => {
        if (event.kind === "weather") {
          fairMs = event.weather === "fair" ? time.nowMs + SETTLING_MS : Infinity;
        }
        if (event.kind === "reserved") letIn.set(`${event.boot} ${event.entry.id}`, time.nowMs);
        if (event.kind !== "starting" || jumps) return;
        const line = lineOfLane(event.lane);
        const { rate = null } = limits.get(line) ?? {};
        if (rate === null) return;
        const known = starts.get(line) ?? [];
        starts.set(line, known);
        const letInMs = letIn.get(`${event.boot} ${event.id}`) ?? time.nowMs;
        if (letInMs >= fairMs) known.push(letInMs);
        if (fairMs === Infinity) known.length = 0;
        if (known.length === 0) return;
        const spanMs = rate.perMs - RATE_START_KEPT_MS - plan.clocksApartMs;
        const count = Math.max(
          ...known.map((fromMs) =>
            known.filter((atMs) => atMs >= fromMs && atMs < fromMs + spanMs).length
          ),
        );
        if (count > rate.limit) fail(event.id, `${count} of ${rate.limit} started in ${line}`);
      },
    };
  },
};

/** LG2, PG1–PG3: whoever has permits uses them or gives them back. */
export const starvation: Checker = {
  name: "starvation",
  proves: `a limited queue with jobs that wait starts one within ${STARVED_MS / 1_000} s`,
  watch: ({ fail, ledger, plan, time, wall }) => {
    const lastMs = new Map<string, number>();
    let disturbedMs = 0;
    const waits = (queue: string) =>
      [...ledger.jobs.values()].find(({ commits }) => {
        const commit = commits.at(-1);
        const wakeAtMs = commit?.snapshot.index.wakeAtMs ?? null;
        return commit?.job.spec.queue === queue && wakeAtMs !== null &&
          wakeAtMs <= wall.nowMs() - STARVED_MS && commit.atMs <= time.nowMs - STARVED_MS;
      })?.id;
    return {
      see: (event) => {
        if (event.kind === "starting") lastMs.set(lineOfLane(event.lane), time.nowMs);
        disturbedMs = Math.max(disturbedMs, disturbanceOf(event, time.nowMs));
        if (event.kind !== "session" || plan.slots < PLENTY) return;
        const sinceMs = time.nowMs - STARVED_MS;
        if (disturbedMs > sinceMs) return;
        for (const { queue } of plan.limits) {
          if ((lastMs.get(laneOf(queue)) ?? 0) > sinceMs) continue;
          const starved = waits(queue);
          if (starved !== undefined) fail(starved, `nothing starts in ${queue}, and it waits`);
        }
      },
    };
  },
};

/** Every holder of every limiter, as committed. */
function holdersIn(ledger: Ledger): (readonly [string, Holder])[] {
  return [...ledger.others].flatMap(([id, { snapshot }]) => {
    if (snapshot.kind !== LIMITER_KIND) return [];
    const holders = [...decodeLimiter(snapshot).gates.values()].flatMap((gate) => gate.holders);
    return holders.map((holder) => [id, holder] as const);
  });
}

/** Limiters that wait in memory for the next claim: a node that is gone had permits of theirs. */
export function limitersLeft(ledger: Ledger): number {
  return new Set(holdersIn(ledger).filter(([, { held }]) => held > 0).map(([id]) => id)).size;
}

/** Until when what happens is no fault of anyone's. */
function disturbanceOf(event: SimEvent, nowMs: number): number {
  switch (event.kind) {
    case "booted":
    case "gone":
    case "resumed":
    case "jumped":
    case "weather":
      return nowMs;
    case "paused":
    case "cut":
      return nowMs + event.forMs;
    default:
      return 0;
  }
}

function byLine(limits: readonly PlannedLimits[]): ReadonlyMap<string, PlannedLimits> {
  return new Map(limits.map((one) => [laneOf(one.queue), one]));
}

interface Attempt {
  readonly boot: string;
  readonly lane: string;
}

/** Attempts that run on nodes that kept their session since they began. */
class AttemptBook {
  readonly #running = new Map<string, Attempt>();
  /** Until when each process start's session lasts, by the store's clock. */
  readonly #untilMs = new Map<string, number>();

  constructor(private readonly storeNowMs: () => number) {}

  count(isIn: (lane: string) => boolean): number {
    let count = 0;
    for (const { boot, lane } of this.#running.values()) {
      if (isIn(lane) && this.#lives(boot)) count++;
    }
    return count;
  }

  take(event: SimEvent): void {
    switch (event.kind) {
      case "session":
        if (!this.#lives(event.boot)) this.#forget(event.boot);
        this.#untilMs.set(event.boot, event.untilMs);
        return;
      case "gone":
        return this.#forget(event.boot);
      case "starting":
        this.#running.set(event.token, event);
        return;
      case "ended":
        this.#running.delete(event.key.token);
    }
  }

  #lives(boot: string): boolean {
    return (this.#untilMs.get(boot) ?? 0) > this.storeNowMs();
  }

  #forget(boot: string): void {
    for (const [token, attempt] of this.#running) {
      if (attempt.boot === boot) this.#running.delete(token);
    }
  }
}
