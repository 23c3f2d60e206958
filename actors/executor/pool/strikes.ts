/**
 * Strikes: decides how much company a handler may have, from what happened while it ran.
 *
 * Intuition: blame is rarely certain. A handler that was there when a worker hung or a host died gets a
 * strike and, past a bound, runs where only it can be meant: in a worker, or a host, of its own. There its
 * next failure is its own error with a clear text, and a row of clean runs lets it back in.
 *
 *     shared → (stall) → own worker · shared → (one or two deaths) → own host · own … → (clean runs) → shared
 *
 * Invariants: T1. A handler is never blamed in an outcome for what strikes alone say. T2. Forgetting needs clean runs
 * in isolation, so a handler that only fails in company is not let back by running in company.
 * @module
 */

/** How a handler's attempts are placed. */
export type Placement = "shared" | "own-worker" | "own-host";

/** Host deaths with the handler aboard before it gets a host of its own; one, if it was seen to take the memory. */
export const DEATHS_MAX = 2;
/** Clean runs in its own worker after which a handler that stalled shares again. */
export const STALL_CLEAN_RUNS = 3;
/** Clean runs in its own host after which a handler shares again. */
export const DEATH_CLEAN_RUNS = 20;
/** Handlers remembered; there are hardly more handlers than this on a node. The oldest go first. */
const RECORDS_MAX = 10_000;

interface StrikeRecord {
  readonly deaths: number;
  readonly stalled: boolean;
  readonly cleanRuns: number;
}

const SPOTLESS: StrikeRecord = { deaths: 0, stalled: false, cleanRuns: 0 };

/** The record of every handler that ever got a strike. */
export class Strikes {
  readonly #records = new Map<string, StrikeRecord>();

  /** Where attempts of `name` may run. Cost: O(1). */
  placement(name: string): Placement {
    const record = this.#records.get(name);
    if (!record) return "shared";
    if (record.deaths >= DEATHS_MAX) return "own-host";
    return record.stalled ? "own-worker" : "shared";
  }

  /** A host or worker died with `name` aboard; `named`: it was seen to take the memory that ran out. */
  died(name: string, { named }: { readonly named: boolean }): void {
    const record = this.#records.get(name) ?? SPOTLESS;
    const deaths = named ? DEATHS_MAX : record.deaths + 1;
    this.#keep(name, { ...record, deaths, cleanRuns: 0 });
  }

  /** `name` held up its worker. */
  stalled(name: string): void {
    const record = this.#records.get(name) ?? SPOTLESS;
    this.#keep(name, { ...record, stalled: true, cleanRuns: 0 });
  }

  /** An attempt of `name` that ran as its placement asks ended by itself (T2). */
  ranClean(name: string): void {
    const record = this.#records.get(name);
    if (!record || this.placement(name) === "shared") return;
    const cleanRuns = record.cleanRuns + 1;
    const enough = this.placement(name) === "own-host" ? DEATH_CLEAN_RUNS : STALL_CLEAN_RUNS;
    if (cleanRuns >= enough) this.#records.delete(name);
    else this.#records.set(name, { ...record, cleanRuns });
  }

  /** Forgets everything: the code has been read again. */
  clear(): void {
    this.#records.clear();
  }

  #keep(name: string, record: StrikeRecord): void {
    this.#records.delete(name);
    this.#records.set(name, record);
    if (this.#records.size <= RECORDS_MAX) return;
    const [oldest] = this.#records.keys();
    if (oldest !== undefined) this.#records.delete(oldest);
  }
}
