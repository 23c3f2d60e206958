/**
 * BulkRun: submits a sequence of jobs, a bounded number at a time, and reports each one's fate.
 *
 * Intuition: many submissions wait together for one commit; as many as two commits hold may be under
 * way. When they are, the source waits, and so do the client's bytes: that is the backpressure.
 *
 * Invariants: K1. At most `inFlightMax` submissions are under way. K2. Every item is reported once, with
 * its index in the source. K3. A bad item harms no other.
 * @module
 */
import { Problem } from "../http/problem.ts";

/** Where the fates go; calls come in the order of completion. */
export interface BulkReport {
  accepted(index: number, id: string): void;
  rejected(index: number, problem: Problem): void;
}

/** One bulk request. */
export class BulkRun {
  accepted = 0;
  rejected = 0;
  #count = 0;
  #inFlight = 0;
  #wake: (() => void) | null = null;

  constructor(
    private readonly options: {
      /** Submits one parsed item; must not reject. */
      readonly submit: (value: unknown) => Promise<string | Problem>;
      readonly report: BulkReport;
      readonly inFlightMax: number;
    },
  ) {}

  /** Items taken so far. */
  get count(): number {
    return this.#count;
  }

  /** Takes the next item. A promise means: wait for it before the next one (K1). */
  add(item: { readonly value: unknown } | Problem): Promise<void> | undefined {
    const index = this.#count++;
    if (item instanceof Problem) {
      this.#settle(index, item);
      return undefined;
    }
    this.#inFlight++;
    this.options.submit(item.value).then((fate) => {
      this.#inFlight--;
      this.#settle(index, fate);
      this.#wake?.();
    });
    return this.#inFlight < this.options.inFlightMax ? undefined : this.#until(
      () => this.#inFlight < this.options.inFlightMax,
    );
  }

  /** Resolves when every item is reported. */
  async settled(): Promise<void> {
    if (this.#inFlight > 0) await this.#until(() => this.#inFlight === 0);
  }

  #settle(index: number, fate: string | Problem): void {
    if (fate instanceof Problem) {
      this.rejected++;
      this.options.report.rejected(index, fate);
    } else {
      this.accepted++;
      this.options.report.accepted(index, fate);
    }
  }

  #until(reached: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        if (!reached()) return;
        this.#wake = null;
        resolve();
      };
    });
  }
}
