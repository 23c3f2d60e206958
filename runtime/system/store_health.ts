/**
 * StoreHealth: what the node knows of its store, from its session and from its writes.
 *
 * Intuition: a session is renewed by a tiny write. On a full disk that may still fit into space the
 * store holds already, while every job is refused. So a failed write counts as well, and for a while:
 * whoever then stops sending work would never cause the write that proves the opposite.
 *
 * Invariants: H1. Unhealthy while renewals fail. H2. Unhealthy for `WRITE_FAULT_SHOWN_MS` after a write failed.
 * H3. Each change of what is wrong is told once.
 * @module
 */
import type { Clock } from "../clock.ts";
import type { Fault } from "../fault.ts";
import { WRITE_FAULT_SHOWN_MS } from "../limits.ts";

/** The health of one node's store. */
export class StoreHealth {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #tell: (fault: Fault | null) => void;
  #session: Fault | null = null;
  #write: { readonly fault: Fault; readonly untilMs: number } | null = null;
  #told: Fault | null = null;

  constructor(
    { clock, tell }: {
      readonly clock: Pick<Clock, "monotonicMs">;
      /** Something else is wrong than before; null: nothing is any more (H3). */
      readonly tell: (fault: Fault | null) => void;
    },
  ) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** What is wrong now; null: nothing that is known. */
  get fault(): Fault | null {
    if (this.#session !== null) return this.#session; // (H1)
    const write = this.#write;
    return write !== null && this.#clock.monotonicMs() < write.untilMs ? write.fault : null; // (H2)
  }

  /** A renewal of the session succeeded (null) or failed. */
  renewed(fault: Fault | null): void {
    this.#session = fault;
    this.#compare();
  }

  /** A batch of writes was refused by the store. */
  writeFailed(fault: Fault): void {
    this.#write = { fault, untilMs: this.#clock.monotonicMs() + WRITE_FAULT_SHOWN_MS };
    this.#compare();
  }

  #compare(): void {
    const fault = this.fault;
    if (fault?.code === this.#told?.code) return;
    this.#told = fault;
    this.#tell(fault);
  }
}
