/**
 * AuditedReport: the fates of a bulk request on their way to its answer, with the ids of what was accepted
 * written into the audit log, many to a line.
 *
 * Invariant: AR1. Every accepted id is in a line within `AUDIT_IDS_MS`, however slowly a stream comes.
 * @module
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import { AUDIT_IDS_MAX, AUDIT_IDS_MS } from "../limits.ts";
import type { Problem } from "../http/problem.ts";
import type { BulkReport } from "./bulk_run.ts";

/** Hands every fate on to `report`. */
export class AuditedReport implements BulkReport {
  #ids: string[] = [];
  #timer: Timer | null = null;

  constructor(
    private readonly report: BulkReport,
    private readonly options: {
      readonly clock: Clock;
      /** Writes one line. */
      readonly write: (ids: readonly string[]) => void;
    },
  ) {}

  accepted(index: number, id: string): void {
    this.#ids.push(id);
    if (this.#ids.length >= AUDIT_IDS_MAX) this.flush();
    else this.#timer ??= this.options.clock.after(AUDIT_IDS_MS, () => this.flush());
    this.report.accepted(index, id);
  }

  rejected(index: number, problem: Problem): void {
    this.report.rejected(index, problem);
  }

  /** Writes what is left. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#ids.length > 0) this.options.write(this.#ids);
    this.#ids = [];
  }
}
