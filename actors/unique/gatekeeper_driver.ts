/**
 * GatekeeperDriver: looks for gatekeepers whether their jobs are over.
 * @module
 */
import { type ActorId, actorId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import { isOver } from "../job/codec.ts";
import type { GatekeeperEffect, GatekeeperMessage } from "./gatekeeper.ts";

/** What the driver needs of its node. */
export interface GatekeeperDriverOptions {
  /** The committed snapshot of an actor. */
  readonly read: (id: ActorId) => Promise<Snapshot | undefined>;
  readonly tell: (gatekeeper: ActorId, message: GatekeeperMessage) => void;
}

/** Performs what gatekeepers ask for; a look that the store does not answer is made again at the next one's time. */
export function lookingFor(
  { read, tell }: GatekeeperDriverOptions,
): (effect: GatekeeperEffect, snapshot: Snapshot) => void {
  return ({ jobId }, { id }) =>
    void read(actorId(jobId)).then(
      (job) => tell(id, { kind: "looked", jobId, over: isOver(job) }),
      () => {},
    );
}
