/**
 * Workloads: what is measured, the same for every contestant.
 *
 * Invariants: W1. Every job is counted: a workload that finds one too few or too many fails, it
 * does not report. W2. What comes before (warm-up, preloading) is not timed.
 * @module
 */
import type { BenchJob, BenchPayload, Contestant } from "./contestant.ts";
import { quantile } from "./stats.ts";

/** Named figures of one run; each says its unit in its name. */
export type Figures = Readonly<Record<string, number>>;

/** What a workload needs of the world. */
export interface WorkloadClock {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** One workload with its sizes, as it travels to a contestant's process. */
export type Workload =
  /** Submits one by one with `inFlight` unanswered. */
  | { readonly kind: "submit"; readonly seconds: number; readonly inFlight: number }
  /** Submits batches, one after another. */
  | { readonly kind: "bulk"; readonly seconds: number; readonly batch: number }
  /** Works off `jobs` that lie ready, round after round. */
  | {
    readonly kind: "drain";
    readonly seconds: number;
    readonly jobs: number;
    readonly slots: number;
  }
  /** Runs `jobs` one-time jobs, evenly due over `overMs`, while `pending` others lie far ahead. */
  | {
    readonly kind: "lag";
    readonly jobs: number;
    readonly overMs: number;
    readonly pending: number;
    readonly slots: number;
  }
  /** Submits at a fixed rate, each to run at once. */
  | {
    readonly kind: "paced";
    readonly seconds: number;
    readonly perSecond: number;
    readonly slots: number;
  };

const FILLER = "x".repeat(64);
const BATCH = 1_000;
const FAR_MS = 30 * 86_400_000;
/** Time to get everything stored before the first is due. */
const LEAD_MS = 5_000;
/** A run that makes no progress for this long has lost jobs. */
const STALL_MS = 20_000;

/** Runs `workload` on `contestant`. Rejects when a job is lost or comes twice (W1). */
export function runWorkload(
  workload: Workload,
  { contestant, clock }: { readonly contestant: Contestant; readonly clock: WorkloadClock },
): Promise<Figures> {
  const bench = new Bench(contestant, clock);
  if (workload.kind === "submit") return bench.submit(workload);
  if (workload.kind === "bulk") return bench.bulk(workload);
  if (workload.kind === "drain") return bench.drain(workload);
  return workload.kind === "lag" ? bench.lag(workload) : bench.paced(workload);
}

class Bench {
  #made = 0;

  constructor(
    private readonly contestant: Contestant,
    private readonly clock: WorkloadClock,
  ) {}

  async submit({ seconds, inFlight }: { seconds: number; inFlight: number }): Promise<Figures> {
    const before = await this.contestant.stored();
    const firstMade = this.#made;
    const startedMs = this.clock.monotonicMs();
    const untilMs = startedMs + seconds * 1_000;
    const lane = async () => {
      while (this.clock.monotonicMs() < untilMs) await this.contestant.submit(this.#job());
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
    const tookMs = this.clock.monotonicMs() - startedMs;
    return { jobsPerSecond: await this.#rate(before, { made: this.#made - firstMade, tookMs }) };
  }

  async bulk({ seconds, batch }: { seconds: number; batch: number }): Promise<Figures> {
    const before = await this.contestant.stored();
    const firstMade = this.#made;
    const startedMs = this.clock.monotonicMs();
    while (this.clock.monotonicMs() < startedMs + seconds * 1_000) {
      await this.contestant.submitBulk(this.#jobs(batch));
    }
    const tookMs = this.clock.monotonicMs() - startedMs;
    return { jobsPerSecond: await this.#rate(before, { made: this.#made - firstMade, tookMs }) };
  }

  async drain(
    { seconds, jobs, slots }: { seconds: number; jobs: number; slots: number },
  ): Promise<Figures> {
    let spentMs = 0;
    let drained = 0;
    while (spentMs < seconds * 1_000) {
      await this.#preload(jobs);
      const work = new Tally(jobs);
      const startedMs = this.clock.monotonicMs();
      await this.contestant.work(slots, work);
      await this.#finish(work);
      spentMs += this.clock.monotonicMs() - startedMs;
      await this.contestant.rest();
      work.check();
      drained += jobs;
    }
    return { jobsPerSecond: drained / spentMs * 1_000, jobs: drained };
  }

  async lag(
    { jobs, overMs, pending, slots }: {
      jobs: number;
      overMs: number;
      pending: number;
      slots: number;
    },
  ): Promise<Figures> {
    await this.#preload(pending, () => this.clock.wallMs() + FAR_MS);
    const work = new Tally(jobs, this.clock.wallMs);
    await this.contestant.work(slots, work);
    // Jobs are due from a moment on at which all of them are stored.
    const firstMs = this.clock.wallMs() + LEAD_MS;
    await this.#preload(jobs, (at) => firstMs + Math.round(at * overMs / jobs));
    if (this.clock.wallMs() >= firstMs) throw new Error("storing took longer than the lead");
    await this.#finish(work);
    await this.contestant.rest();
    work.check();
    return work.lags();
  }

  async paced(
    { seconds, perSecond, slots }: { seconds: number; perSecond: number; slots: number },
  ): Promise<Figures> {
    const jobs = seconds * perSecond;
    const work = new Tally(jobs, this.clock.wallMs);
    await this.contestant.work(slots, work);
    const startedMs = this.clock.monotonicMs();
    const submitted: Promise<unknown>[] = [];
    while (submitted.length < jobs) {
      const owed = Math.min(jobs, (this.clock.monotonicMs() - startedMs) / 1_000 * perSecond);
      while (submitted.length < owed) submitted.push(this.contestant.submit(this.#job()));
      await this.clock.sleep(1);
    }
    await Promise.all(submitted);
    await this.#finish(work);
    await this.contestant.rest();
    work.check();
    return work.lags();
  }

  #job(runAtMs?: number): BenchJob {
    const payload = { n: this.#made++, fromMs: runAtMs ?? this.clock.wallMs(), filler: FILLER };
    return runAtMs === undefined ? { payload } : { payload, runAtMs };
  }

  #jobs(count: number): BenchJob[] {
    return Array.from({ length: count }, () => this.#job());
  }

  async #preload(count: number, runAtMs?: (at: number) => number): Promise<void> {
    for (let from = 0; from < count; from += BATCH) {
      const size = Math.min(BATCH, count - from);
      const batch = Array.from({ length: size }, (_, at) => this.#job(runAtMs?.(from + at)));
      await this.contestant.submitBulk(batch);
    }
  }

  async #rate(before: number, run: { made: number; tookMs: number }): Promise<number> {
    const stored = await this.contestant.stored() - before;
    if (stored !== run.made) throw new Error(`submitted ${run.made} jobs, the store has ${stored}`);
    return run.made / run.tookMs * 1_000;
  }

  async #finish(work: Tally): Promise<void> {
    let seen = 0;
    let movedMs = this.clock.monotonicMs();
    while (!await Promise.race([work.done, this.clock.sleep(500)])) {
      if (work.finishes !== seen) {
        seen = work.finishes;
        movedMs = this.clock.monotonicMs();
      } else if (this.clock.monotonicMs() - movedMs > STALL_MS) {
        throw new Error(
          `only ${seen} of ${work.expected} jobs finished, and none for ${STALL_MS} ms`,
        );
      }
    }
  }
}

/** Counts starts and finishes of one run. */
class Tally {
  readonly expected: number;
  /** Resolves true when as many jobs as expected have finished. */
  readonly done: Promise<boolean>;
  finishes = 0;
  readonly #lagsMs: number[] = [];
  readonly #seen = new Set<number>();
  readonly #wallMs: (() => number) | undefined;
  #starts = 0;
  #resolve: (value: boolean) => void = () => {};

  constructor(expected: number, wallMs?: () => number) {
    this.expected = expected;
    this.#wallMs = wallMs;
    this.done = new Promise((resolve) => this.#resolve = resolve);
  }

  started(payload: BenchPayload): void {
    this.#starts++;
    this.#seen.add(payload.n);
    if (this.#wallMs !== undefined) this.#lagsMs.push(this.#wallMs() - payload.fromMs);
  }

  finished(): void {
    if (++this.finishes === this.expected) this.#resolve(true);
  }

  /** Throws unless every job came exactly once (W1). */
  check(): void {
    const strange = this.finishes !== this.expected ||
      (this.#starts > 0 && (this.#starts !== this.expected || this.#seen.size !== this.expected));
    if (!strange) return;
    throw new Error(
      `of ${this.expected} jobs ${this.#seen.size} started, ${this.#starts} times in all, and ` +
        `${this.finishes} finished`,
    );
  }

  lags(): Figures {
    return {
      p50Ms: quantile(this.#lagsMs, 0.5),
      p99Ms: quantile(this.#lagsMs, 0.99),
      maxMs: quantile(this.#lagsMs, 1),
      early: this.#lagsMs.filter((ms) => ms < 0).length,
    };
  }
}
