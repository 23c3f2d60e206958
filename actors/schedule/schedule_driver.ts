/**
 * ScheduleDriver: does what schedules ask of the world, and tells them of the ends of their jobs.
 *
 * Invariants: D1. A look is answered once the store answers, however long that takes. D2. The looks of one
 * turn of the event loop are one read.
 * @module
 */
import type { Clock } from "../../runtime/clock.ts";
import { unreachable } from "../../runtime/fault.ts";
import { type ActorId, actorId } from "../../runtime/ids.ts";
import { LOAD_IDS_MAX, STORE_RETRY_MIN_MS } from "../../runtime/limits.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import { isOver } from "../job/codec.ts";
import type { JobMessage } from "../job/messages.ts";
import type { ScheduleEffect, ScheduleMessage } from "./messages.ts";

/** What the driver needs of its node. */
export interface ScheduleDriverOptions {
  readonly clock: Clock;
  /** The committed snapshots of up to `LOAD_IDS_MAX` actors. */
  readonly read: (ids: readonly ActorId[]) => Promise<readonly (Snapshot | undefined)[]>;
  /** Tells a schedule about its own work. */
  readonly tell: (schedule: ActorId, message: ScheduleMessage) => void;
  /** Tells a job. */
  readonly tellJob: (job: ActorId, message: JobMessage) => void;
}

interface Look {
  readonly schedule: ActorId;
  readonly jobIds: readonly ActorId[];
}

/** The schedules' hands. */
export class ScheduleDriver {
  #looks: Look[] = [];

  constructor(private readonly options: ScheduleDriverOptions) {}

  /** Performs what a schedule asked for (B2). */
  perform(effect: ScheduleEffect, snapshot: Snapshot): void {
    switch (effect.kind) {
      case "look":
        return this.#ask({ schedule: snapshot.id, jobIds: effect.jobIds.map(actorId) });
      case "cancel":
        for (const id of effect.jobIds) this.options.tellJob(actorId(id), { kind: "cancel" });
        return;
      default:
        return unreachable(effect);
    }
  }

  #ask(look: Look): void {
    if (this.#looks.push(look) === 1) queueMicrotask(() => this.#flush());
  }

  /** One read for as many looks as fit into it (D2). */
  #flush(): void {
    let [batch, count]: [Look[], number] = [[], 0];
    const looks = this.#looks;
    this.#looks = [];
    for (const look of looks) {
      if (count + look.jobIds.length > LOAD_IDS_MAX && batch.length > 0) {
        void this.#answer(batch);
        [batch, count] = [[], 0];
      }
      batch.push(look);
      count += look.jobIds.length;
    }
    void this.#answer(batch);
  }

  async #answer(looks: readonly Look[]): Promise<void> {
    let snapshots: readonly (Snapshot | undefined)[];
    try {
      snapshots = await this.options.read(looks.flatMap(({ jobIds }) => jobIds));
    } catch {
      this.options.clock.after(STORE_RETRY_MIN_MS, () => void this.#answer(looks)); // (D1)
      return;
    }
    let at = 0;
    for (const { schedule, jobIds } of looks) {
      const over = jobIds.filter(() => isOver(snapshots[at++]));
      this.options.tell(schedule, { kind: "looked", over });
    }
  }
}
