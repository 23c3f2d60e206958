/**
 * IncidentDriver: finds out for incidents which jobs that tell their channels are over.
 *
 * Intuition: such a job says so itself; only a crash between its end and that leaves it to this. Nothing is
 * remembered here: an incident that gets no answer asks again.
 * @module
 */
import { type ActorId, actorId } from "../../../runtime/ids.ts";
import type { Snapshot } from "../../../runtime/snapshot.ts";
import { isOver } from "../../job/codec.ts";
import type { IncidentEffect, IncidentMessage } from "./messages.ts";

/** What the driver needs of its node. */
export interface IncidentDriverOptions {
  /** The committed snapshots of some actors. */
  readonly read: (ids: readonly ActorId[]) => Promise<readonly (Snapshot | undefined)[]>;
  readonly tell: (incident: ActorId, message: IncidentMessage) => void;
}

/** The incidents' eyes. */
export class IncidentDriver {
  constructor(private readonly options: IncidentDriverOptions) {}

  /** Performs what an incident asked for (B2). */
  perform({ jobIds }: IncidentEffect, { id }: Pick<Snapshot, "id">): void {
    this.options.read(jobIds.map(actorId)).then((snapshots) => {
      const over = jobIds.filter((_, at) => isOver(snapshots[at]));
      if (over.length > 0) this.options.tell(id, { kind: "looked", over });
    }, () => {});
  }
}
