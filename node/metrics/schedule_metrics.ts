/**
 * ScheduleMetrics: what was decided about the times of schedules, counted when it is committed.
 *
 * Intuition: a schedule's ledger is committed together with each decision, so its lines are the events; schedules
 * have no labels of their own, because there may be any number of them: the ledger tells which one.
 * @module
 */
import { decisionIn, DECISIONS, LEDGER_STREAM } from "../../actors/schedule/ledger.ts";
import type { Metric } from "../../runtime/telemetry/meters.ts";

/** The counters of schedules. */
export class ScheduleMetrics {
  readonly #decisions = new Map(DECISIONS.map((decision) => [decision, 0]));

  /** Lines of a journal were committed with an actor's transition. Never throws. */
  wrote({ stream, texts }: { readonly stream: string; readonly texts: readonly string[] }): void {
    if (stream !== LEDGER_STREAM) return;
    for (const text of texts) {
      const decision = decisionIn(text);
      if (decision === undefined) continue;
      this.#decisions.set(decision, (this.#decisions.get(decision) ?? 0) + 1);
    }
  }

  /** What is to be read. */
  metrics(): Metric[] {
    return [{
      kind: "counter",
      name: "orrery_schedule_occurrences_total",
      help: "Times of schedules by what was decided: `fired`, `misfired` and why else not.",
      read: () =>
        [...this.#decisions].map(([decision, value]) => ({ labels: { decision }, value })),
    }];
  }
}
