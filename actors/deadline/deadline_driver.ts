/**
 * DeadlineDriver: carries what deadlines have to say to their jobs.
 *
 * Intuition: nothing is remembered here. A job that could not be told now leaves its deadline due, and
 * the next rescan of the due index wakes that again (DL1).
 * @module
 */
import type { Settled } from "../../runtime/actor/envelope.ts";
import type { ActorId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { JobMessage } from "../job/messages.ts";
import type { DeadlineEffect, DeadlineMessage } from "./behaviour.ts";

type Settle = (settled: Pick<Settled<unknown>, "kind">) => void;

/** What the driver needs of its node. */
export interface DeadlineDriverOptions {
  /** Holds a deadline back from its next wake-up while its job is being told. */
  readonly gate: { begin(id: ActorId): boolean; end(id: ActorId): void };
  readonly tellJob: (job: ActorId, message: JobMessage, settle: Settle) => void;
  readonly tell: (deadline: ActorId, message: DeadlineMessage, settle: Settle) => void;
}

/** The deadlines' hands. */
export class DeadlineDriver {
  constructor(private readonly options: DeadlineDriverOptions) {}

  /** Performs what a deadline asked for (B2). */
  perform({ job, atMs }: DeadlineEffect, { id }: Pick<Snapshot, "id">): void {
    const { gate, tellJob, tell } = this.options;
    if (!gate.begin(id)) return;
    tellJob(job, { kind: "deadline", atMs }, ({ kind }) => {
      if (kind !== "handled" && kind !== "missing") return gate.end(id);
      tell(id, { kind: "told", atMs, gone: kind === "missing" }, () => gate.end(id));
    });
  }
}
