/**
 * Actors of a node: the runtime with every kind of actor in it, and who performs what they ask for.
 * @module
 */
import { Dispatcher, type DispatcherOptions } from "../actors/dispatch/dispatcher_driver.ts";
import type { Slots } from "../actors/dispatch/slots.ts";
import { jobBehaviour } from "../actors/job/behaviour.ts";
import { JOB_KIND } from "../actors/job/codec.ts";
import { queueBehaviour } from "../actors/queue/behaviour.ts";
import { scheduleBehaviour } from "../actors/schedule/behaviour.ts";
import { SCHEDULE_KIND } from "../actors/schedule/codec.ts";
import { kindOfObserver } from "../actors/schedule/ids.ts";
import type { Recurrences } from "../actors/schedule/recurrence/recurrences.ts";
import { ScheduleDriver } from "../actors/schedule/schedule_driver.ts";
import { Timetable } from "../actors/schedule/timetable.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Claimant, Store } from "../runtime/store/port.ts";
import { NodeSystem } from "../runtime/system/system.ts";
import type { Log } from "../runtime/telemetry/log.ts";
import { BoundedGate, KindGates } from "../runtime/wakeups/kind_gates.ts";
import type { NodeCluster } from "./cluster.ts";

/** Schedules that decide at once: those beyond it wait for a moment. */
const SCHEDULES_AWAKE_MAX = 512;

/** What the actors live on. */
export interface ActorsOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly claimant: Claimant;
  readonly shards: number;
  readonly log: Log;
  readonly slots: Slots;
  /** The other nodes; undefined: this one is alone. */
  readonly cluster: NodeCluster | undefined;
  readonly recurrences: Recurrences;
  /** A job's state changed. */
  readonly changed: DispatcherOptions["changed"];
}

/** The runtime, not started yet, and the dispatcher that its jobs go through. */
export function hostActors(options: ActorsOptions): {
  readonly system: NodeSystem;
  readonly dispatcher: Dispatcher;
} {
  const { clock, store, claimant, shards, log, cluster, recurrences } = options;
  const dispatcher: Dispatcher = dispatcherOf(options, () => system);
  const system = new NodeSystem({
    clock,
    store,
    claimant,
    shards,
    log,
    chance: Math.random,
    gate: new KindGates({
      [JOB_KIND]: dispatcher,
      [SCHEDULE_KIND]: new BoundedGate(SCHEDULES_AWAKE_MAX),
    }),
    elsewhere: cluster?.cluster,
  });
  system.register(
    jobBehaviour({ executorOf: (id) => dispatcher.executorOf(id) }),
    (effect, snapshot) => dispatcher.perform(effect, snapshot),
  );
  system.register(queueBehaviour, () => {});
  hostSchedules(system, { clock, recurrences });
  return { system, dispatcher };
}

function dispatcherOf(
  { clock, slots, log, cluster, changed }: ActorsOptions,
  system: () => NodeSystem,
): Dispatcher {
  return new Dispatcher({
    clock,
    slots,
    log,
    system: {
      append: (entry) => system().append(entry),
      journal: (query) => system().journal(query),
    },
    signal: (id, message, settle) =>
      system().signal({ kind: JOB_KIND, id }, message, (settled) => settle(settled as never)),
    pump: (lane) => system().pump(lane),
    away: cluster?.away,
    over: (jobId, observer) => {
      const message = { kind: "job-over", jobId };
      system().signal({ kind: kindOfObserver(observer), id: observer }, message);
    },
    changed,
  });
}

/** Makes `system` a host of schedules. Before its start. */
export function hostSchedules(
  system: NodeSystem,
  { clock, recurrences }: { readonly clock: Clock; readonly recurrences: Recurrences },
): void {
  const driver = new ScheduleDriver({
    clock,
    read: (ids) => system.readAll(ids),
    tell: (id, message) => system.signal({ kind: SCHEDULE_KIND, id }, message),
    tellJob: (id, message) => system.signal({ kind: JOB_KIND, id }, message),
  });
  const behaviour = scheduleBehaviour((spec, { id, anchorMs }) =>
    new Timetable(recurrences.of(spec, anchorMs), { id, jitterMs: spec.jitterMs })
  );
  system.register(behaviour, (effect, snapshot) => driver.perform(effect, snapshot));
}
