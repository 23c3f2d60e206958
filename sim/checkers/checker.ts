/**
 * Checker: one promise of the system, watched over a whole run.
 *
 * Intuition: a checker sees every event after the ledger took it in, and may look at the ledger, but
 * never at the code under test; at the end, when the world has healed and come to rest, it may ask
 * the node and the store, as a user would.
 * @module
 */
import type { Store } from "../../runtime/store/port.ts";
import type { SimEvent } from "../record/events.ts";
import type { Ledger } from "../record/ledger.ts";
import type { Process } from "../node/process.ts";
import type { Plan } from "../plan.ts";
import type { VirtualTime } from "../world/virtual_time.ts";
import type { Wall } from "../world/wall.ts";

/** What a checker works with. */
export interface CheckContext {
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly time: Pick<VirtualTime, "nowMs">;
  /** The wall clock of the nodes; of several, of whichever is fastest. */
  readonly wall: Pick<Wall, "nowMs" | "latestSince">;
  /** The store's. */
  readonly storeWall: Pick<Wall, "nowMs">;
  /** Reports that the promise was broken, for `job` or for all. The first report ends the run. */
  readonly fail: (job: string | null, message: string) => void;
}

/** The world at rest. */
export interface AtRest {
  readonly process: Process;
  /** All that are alive, that one among them. */
  readonly processes: readonly Process[];
  /** The store itself, without wire or faults. */
  readonly store: Store;
}

/** A watch over one run. */
export interface Watch {
  readonly see?: (event: SimEvent) => void;
  readonly atRest?: (world: AtRest) => void | Promise<void>;
}

/** One promise. */
export interface Checker {
  readonly name: string;
  /** The promise, in one sentence. */
  readonly proves: string;
  /** It is about one node, and says nothing about several. */
  readonly alone?: boolean;
  /** Begins to watch a run. */
  readonly watch: (context: CheckContext) => Watch;
}
