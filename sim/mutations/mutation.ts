/**
 * Mutation: a deliberately broken build, made by wrapping parts where the simulator puts them
 * together. The product has no switch for any of it.
 * @module
 */
import type { JobEffect, JobMessage, JobReply } from "../../actors/job/messages.ts";
import type { LineLimits } from "../../actors/dispatch/slots.ts";
import type { JobState } from "../../actors/job/state.ts";
import type { flowBehaviour } from "../../actors/flow/behaviour.ts";
import type { ScheduleBehaviour } from "../../actors/schedule/behaviour.ts";
import type { Behaviour } from "../../runtime/actor/behaviour.ts";
import type { Settled } from "../../runtime/actor/envelope.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ActorId } from "../../runtime/ids.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import type { Store } from "../../runtime/store/port.ts";
import type { Perform } from "../../runtime/system/directory.ts";
import type { WakeGate } from "../../runtime/wakeups/gate.ts";

/** The job's behaviour, as composed. */
export type JobBehaviour = Behaviour<JobState, JobMessage, JobReply, JobEffect>;

/** How the dispatcher tells a job about its own work. */
export type Signal = (
  id: ActorId,
  message: JobMessage,
  settle: (settled: Settled<JobReply>) => void,
) => void;

/** One broken build. What it does not name is as it should be. */
export interface Mutation {
  readonly name: string;
  /** What is broken, for people. */
  readonly breaks: string;
  /** Several nodes are needed to notice. */
  readonly cluster?: boolean;
  /** The store itself is broken, beneath the recorder. Made once per run. */
  readonly store?: (store: Store) => Store;
  /** What the runtime makes of the store is broken. */
  readonly wire?: (store: Store) => Store;
  readonly clock?: (clock: Clock) => Clock;
  readonly behaviour?: (
    behaviour: JobBehaviour,
    perform: Perform<JobEffect>,
  ) => JobBehaviour;
  readonly flow?: (behaviour: typeof flowBehaviour) => typeof flowBehaviour;
  readonly schedule?: (behaviour: ScheduleBehaviour) => ScheduleBehaviour;
  readonly perform?: (perform: Perform<JobEffect>) => Perform<JobEffect>;
  readonly gate?: (gate: WakeGate) => WakeGate;
  readonly limits?: (limits: LineLimits) => LineLimits;
  readonly signal?: (signal: Signal) => Signal;
  readonly draft?: (draft: Omit<Draft, "shard">) => Omit<Draft, "shard">;
}
