/**
 * Actors of a node: the runtime with every kind of actor in it, and who performs what they ask for.
 * @module
 */
import {
  DEADLINE_KIND,
  deadlineBehaviour,
  type DeadlineEffect,
} from "../actors/deadline/behaviour.ts";
import { DeadlineDriver } from "../actors/deadline/deadline_driver.ts";
import { Dispatcher, type DispatcherOptions } from "../actors/dispatch/dispatcher_driver.ts";
import type { Slots } from "../actors/dispatch/slots.ts";
import { flowBehaviour } from "../actors/flow/behaviour.ts";
import { FLOW_KIND } from "../actors/flow/codec.ts";
import { FlowDriver } from "../actors/flow/flow_driver.ts";
import type { FlowEffect } from "../actors/flow/messages.ts";
import { jobBehaviour } from "../actors/job/behaviour.ts";
import { JOB_KIND, laneOf } from "../actors/job/codec.ts";
import { limiterBehaviour } from "../actors/limiter/behaviour.ts";
import { PermitsDriver } from "../actors/limiter/holding/permits_driver.ts";
import { calendarBehaviour } from "../actors/calendar/behaviour.ts";
import { queueBehaviour } from "../actors/queue/behaviour.ts";
import {
  type ScheduleBehaviour,
  scheduleBehaviour,
  type ScheduleWitnesses,
} from "../actors/schedule/behaviour.ts";
import { SCHEDULE_KIND } from "../actors/schedule/codec.ts";
import { kindOfObserver } from "../actors/schedule/ids.ts";
import type { ScheduleEffect } from "../actors/schedule/messages.ts";
import type { Recurrences } from "../actors/schedule/recurrence/recurrences.ts";
import { ScheduleDriver } from "../actors/schedule/schedule_driver.ts";
import { Timetable } from "../actors/schedule/timetable.ts";
import { GATEKEEPER_KIND, gatekeeperBehaviour } from "../actors/unique/gatekeeper.ts";
import { lookingFor } from "../actors/unique/gatekeeper_driver.ts";
import type { Clock } from "../runtime/clock.ts";
import type { ActorId, BootId } from "../runtime/ids.ts";
import type { Claimant, Store } from "../runtime/store/port.ts";
import type { Perform } from "../runtime/system/directory.ts";
import { hasKey } from "../runtime/snapshot.ts";
import { NodeSystem } from "../runtime/system/system.ts";
import type { Log } from "../runtime/telemetry/log.ts";
import { BoundedGate, KindGates, WorkGate } from "../runtime/wakeups/kind_gates.ts";
import type { NodeAlerts } from "./alerts.ts";
import type { ClaimCall, NodeCluster } from "./cluster.ts";
import type { NodeTraces } from "./traces/node_traces.ts";
import type { NodeWebhooks } from "./webhooks.ts";

/** Schedules that decide at once: those beyond it wait for a moment. */
const SCHEDULES_AWAKE_MAX = 512;
/** Deadlines that tell their jobs at once. */
const DEADLINES_AWAKE_MAX = 512;
/** Keys of jobs that look at once whether they are needed any more: there is no hurry. */
const GATEKEEPERS_AWAKE_MAX = 64;
/** Flows that look at their jobs at once: those beyond it wait for a moment. */
const FLOWS_AWAKE_MAX = 128;

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
  readonly alerts: NodeAlerts;
  readonly webhooks: NodeWebhooks;
  /** Absent: nothing is traced. */
  readonly traces?: NodeTraces | undefined;
}

/** The runtime, not started yet, the dispatcher that its jobs go through, and this node's share of limits. */
export function hostActors(options: ActorsOptions): {
  readonly system: NodeSystem;
  readonly dispatcher: Dispatcher;
  readonly permits: PermitsDriver;
} {
  const { clock, store, claimant, shards, log, cluster, recurrences, alerts } = options;
  const { webhooks, traces } = options;
  const dispatcher: Dispatcher = dispatcherOf(options, () => system);
  const deadlines = new WorkGate(DEADLINES_AWAKE_MAX, () => system.pump());
  const system: NodeSystem = new NodeSystem({
    ...{ clock, store, claimant, shards, log },
    chance: Math.random,
    gate: new KindGates({
      [JOB_KIND]: dispatcher,
      [DEADLINE_KIND]: deadlines,
      [SCHEDULE_KIND]: new BoundedGate(SCHEDULES_AWAKE_MAX),
      [GATEKEEPER_KIND]: new BoundedGate(GATEKEEPERS_AWAKE_MAX),
      [FLOW_KIND]: new BoundedGate(FLOWS_AWAKE_MAX),
      ...alerts.gates,
      ...webhooks.gates,
    }),
    elsewhere: cluster?.cluster,
    setAside: (id, error) => alerts.setAside(id, error),
    storeHealth: (fault) => alerts.storeHealth(fault),
  });
  const { reports } = alerts;
  system.register(
    jobBehaviour({
      executorOf: (id) => dispatcher.executorOf(id),
      ...(reports !== undefined && { reports }),
      news: webhooks.news,
    }),
    (effect, snapshot) => dispatcher.perform(effect, snapshot),
  );
  system.register(queueBehaviour, () => {});
  system.register(calendarBehaviour, () => {});
  system.register(
    gatekeeperBehaviour,
    lookingFor({
      read: (id) => system.read(id),
      tell: (id, message) => system.signal({ kind: GATEKEEPER_KIND, id }, message),
    }),
  );
  const { reportMissed } = alerts;
  const beginTrace = traces?.beginTrace;
  const schedules = scheduleParts(system, { clock, recurrences, reportMissed, beginTrace });
  system.register(schedules.behaviour, schedules.perform);
  system.register(flowBehaviour, performFlows(system, clock));
  system.register(deadlineBehaviour, performDeadlines(system, deadlines));
  alerts.register(system, beginTrace);
  webhooks.register(system);
  const permits = permitsOf(system, {
    ...{ clock, boot: claimant.boot, slots: options.slots },
    call: (to, call) => cluster?.callForClaims(to, call),
  });
  return { system, dispatcher, permits };
}

/** This node's share of the limits that hold for all nodes, and the limiters that it hosts; `call`: has another node claim again. */
export function permitsOf(
  system: NodeSystem,
  { clock, boot, slots, call, behaviour = limiterBehaviour }: {
    readonly clock: Clock;
    readonly boot: BootId;
    readonly slots: Slots;
    readonly call: (to: BootId, call: ClaimCall) => void;
    readonly behaviour?: typeof limiterBehaviour;
  },
): PermitsDriver {
  const permits = new PermitsDriver({
    clock,
    boot,
    system,
    taken: (name) => slots.takenIn(name),
    trusted: () => system.trusted,
    open: (name) => pumpFor(system, name),
  });
  slots.join(permits);
  system.register(behaviour, ({ queue, calls }) => {
    for (const { boot: to, gates } of calls) {
      if (to === boot) permits.called(laneOf(queue), gates);
      else call(to, { queue, gates });
    }
  });
  return permits;
}

function dispatcherOf(
  { clock, slots, log, cluster, changed, alerts, traces }: ActorsOptions,
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
    pump: (lane) => pumpFor(system(), lane),
    away: cluster?.away,
    over: (jobId, observer) => tellObserver(system(), jobId, observer),
    ended: (id, job) => {
      alerts.ended(job);
      traces?.ended(id, job);
    },
    changed,
  });
}

/** There may be room in a lane. Others of its line were refused for their own keys: nothing changed for them. */
export function pumpFor(system: NodeSystem, name: string): void {
  system.pump(hasKey(name) ? name : undefined);
}

/** A schedule's behaviour, and who performs what it asks for, on `system`. */
export function scheduleParts(
  system: NodeSystem,
  { clock, recurrences, ...witnesses }: ScheduleWitnesses & {
    readonly clock: Clock;
    readonly recurrences: Recurrences;
  },
): { readonly behaviour: ScheduleBehaviour; readonly perform: Perform<ScheduleEffect> } {
  const driver = new ScheduleDriver({
    clock,
    read: (ids) => system.readAll(ids),
    tell: (id, message) => system.signal({ kind: SCHEDULE_KIND, id }, message),
    tellJob: (id, message) => system.signal({ kind: JOB_KIND, id }, message),
  });
  const behaviour = scheduleBehaviour(
    (spec, { id, anchorMs }) =>
      new Timetable(recurrences.ifReadable(spec, anchorMs), { id, jitterMs: spec.jitterMs }),
    witnesses,
  );
  return { behaviour, perform: (effect, snapshot) => driver.perform(effect, snapshot) };
}

/** Tells whoever observes a job that it is over. */
export function tellObserver(system: NodeSystem, jobId: ActorId, observer: ActorId): void {
  system.signal({ kind: kindOfObserver(observer), id: observer }, { kind: "job-over", jobId });
}

/** Who performs what flows ask for, on `system`. */
export function performFlows(system: NodeSystem, clock: Clock): Perform<FlowEffect> {
  const driver = new FlowDriver({
    clock,
    read: (ids) => system.readAll(ids),
    tell: (id, message) => system.signal({ kind: FLOW_KIND, id }, message),
    tellJob: (id, message, settle) =>
      system.signal({ kind: JOB_KIND, id }, message, (settled) => settle(settled as never)),
  });
  return (effect, snapshot) => driver.perform(effect, snapshot);
}

/** Who performs what deadlines ask for, on `system`; they wake through `gate`. */
export function performDeadlines(system: NodeSystem, gate: WorkGate): Perform<DeadlineEffect> {
  const driver = new DeadlineDriver({
    gate,
    // As strangers do: a job that is gone is no dead letter, and one that is busy is told again.
    tellJob: (id, message, settle) =>
      system.mail.send({ kind: JOB_KIND, id }, { lane: "user", message }, settle),
    tell: (id, message, settle) => system.signal({ kind: DEADLINE_KIND, id }, message, settle),
  });
  return (effect, snapshot) => driver.perform(effect, snapshot);
}
