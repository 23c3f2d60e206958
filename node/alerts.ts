/**
 * Alerts of a node: reports, incidents and deliveries, and the watch over what no actor tells.
 * @module
 */
import { AlertDriver } from "../actors/alert/alert_driver.ts";
import type { AlertChannel } from "../actors/alert/channel.ts";
import { deliveryHandler } from "../actors/alert/delivery/delivery_driver.ts";
import { DELIVERY_HANDLER, DELIVERY_QUEUE } from "../actors/alert/delivery/job.ts";
import { SecretMissingError, Secrets } from "../actors/alert/delivery/secrets_driver.ts";
import type { AlertEvent } from "../actors/alert/event.ts";
import { incidentBehaviour } from "../actors/alert/incident/behaviour.ts";
import { INCIDENT_KIND } from "../actors/alert/incident/codec.ts";
import { IncidentDriver } from "../actors/alert/incident/incident_driver.ts";
import { eventsOf } from "../actors/alert/job_events.ts";
import { draftOfReport, REPORT_KIND, reportBehaviour } from "../actors/alert/report/behaviour.ts";
import { type AlertRule, concerns } from "../actors/alert/rule.ts";
import { missedEvent } from "../actors/alert/schedule_events.ts";
import { WatchDriver } from "../actors/alert/watch/watch_driver.ts";
import type { InlineRun } from "../actors/executor/inline.ts";
import type { JobOptions } from "../actors/job/behaviour.ts";
import { JOB_KIND, laneOf } from "../actors/job/codec.ts";
import type { JobState } from "../actors/job/state.ts";
import type { BeginTrace } from "../actors/trace/job_trace.ts";
import type { ReportMissed } from "../actors/schedule/turn.ts";
import { createAlertService } from "../gateway/alerts/alert_service.ts";
import type { AlertService } from "../gateway/alerts/service.ts";
import type { ReducerContext } from "../runtime/actor/behaviour.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Fault } from "../runtime/fault.ts";
import type { ActorId, BootId, ShardId } from "../runtime/ids.ts";
import type { Store } from "../runtime/store/port.ts";
import type { NodeSystem } from "../runtime/system/system.ts";
import type { Log } from "../runtime/telemetry/log.ts";
import type { WakeGate } from "../runtime/wakeups/gate.ts";
import { BoundedGate, WorkGate } from "../runtime/wakeups/kind_gates.ts";
import type { NodeCluster } from "./cluster.ts";

/** Reports that are told at once, and incidents that think at once. */
const REPORTS_AWAKE_MAX = 512;
const INCIDENTS_AWAKE_MAX = 128;
/** Deliveries that run at once on a node, beside its slots. */
const DELIVERIES_MAX = 16;
/** Whoever owns it watches the queues. */
const WATCH_SHARD = 0 as ShardId;

/** The room that deliveries have on every node, beside its slots. */
export const ROOM_APART = { [laneOf(DELIVERY_QUEUE)]: DELIVERIES_MAX } as const;

/** What a node's alerts are made of. */
export interface NodeAlertsOptions {
  readonly rules: readonly AlertRule[];
  readonly channels: Readonly<Record<string, AlertChannel>>;
  readonly clock: Clock;
  readonly store: Pick<Store, "dueBetween">;
  readonly node: string;
  readonly boot: BootId;
  readonly cluster: NodeCluster | undefined;
  readonly log: Log;
  /** The runtime, which is made with parts of this. */
  readonly system: () => NodeSystem;
}

/** The alerts of one node. */
export class NodeAlerts {
  readonly #options: NodeAlertsOptions;
  readonly #reportGate: WorkGate;
  readonly #driver: AlertDriver;
  readonly #watch: WatchDriver;
  /** The gates of the kinds of actors that alerts are made of. */
  readonly gates: Readonly<Record<string, WakeGate>>;
  /** How deliveries run. */
  readonly handlers: ReadonlyMap<string, InlineRun>;

  constructor(options: NodeAlertsOptions) {
    const { clock, rules, channels, node, log, system } = options;
    this.#options = options;
    this.#reportGate = new WorkGate(REPORTS_AWAKE_MAX, () => system().pump());
    this.gates = {
      [REPORT_KIND]: this.#reportGate,
      [INCIDENT_KIND]: new BoundedGate(INCIDENTS_AWAKE_MAX),
    };
    this.#driver = new AlertDriver({
      clock,
      rules,
      gate: this.#reportGate,
      // As strangers do: that there is no such incident yet is no dead letter, and who is told so tries again.
      tellIncident: (id, message, settle) =>
        system().mail.send({ kind: INCIDENT_KIND, id }, { lane: "user", message }, settle),
      tellReport: (id, message, settle) =>
        system().signal({ kind: REPORT_KIND, id }, message, settle),
      create: (draft) => system().create(draft),
      log,
    });
    this.#watch = this.#makeWatch();
    const run = deliveryHandler({ clock, channels, secrets: SECRETS, node });
    this.handlers = new Map([[DELIVERY_HANDLER, run]]);
  }

  /** What jobs bring about beside themselves; undefined: there is no rule, and jobs cost nothing more. */
  get reports(): JobOptions["reports"] {
    if (this.#options.rules.length === 0) return undefined;
    return (transition, context) => this.#report(eventsOf({ ...transition, context }), context);
  }

  /** The same of missed fires of schedules. */
  readonly reportMissed: ReportMissed = (fires, context) =>
    this.#report([missedEvent(fires, context)], context);

  /** The same of what other actors noticed. */
  readonly reportEvent = (event: AlertEvent, context: ReducerContext) =>
    this.#report([event], context);

  /** Makes the kinds of actors known. Before the system's start. */
  register(
    system: Pick<NodeSystem, "register" | "readAll" | "signal">,
    beginTrace?: BeginTrace,
  ): void {
    const { rules } = this.#options;
    const byName = new Map(rules.map((rule) => [rule.name, rule]));
    const eyes = new IncidentDriver({
      read: (ids) => system.readAll(ids),
      tell: (id, message) => system.signal({ kind: INCIDENT_KIND, id }, message),
    });
    system.register(
      reportBehaviour,
      (effect, snapshot) => this.#driver.perform(effect, snapshot),
    );
    system.register(
      incidentBehaviour((name) => byName.get(name), beginTrace),
      (effect, snapshot) => eyes.perform(effect, snapshot),
    );
  }

  /** The service behind the API; `ids` makes ids of jobs. */
  service(ids: { next(nowMs: number): ActorId }): AlertService {
    const { clock, node, channels, system } = this.#options;
    return createAlertService({
      system: system(),
      clock,
      ids,
      node,
      channels: Object.keys(channels),
      raised: () => this.#driver.raised,
    });
  }

  /** Begins to watch; what no channel can be told by now is logged. */
  start(): void {
    this.#watch.start();
    void this.#checkSecrets();
  }

  /** Watches no more. */
  close(): void {
    this.#watch.close();
  }

  /** Events of each kind that this node took on since its start. */
  get raised(): ReadonlyMap<AlertEvent["kind"], number> {
    return this.#driver.raised;
  }

  /** A job came to its end here. */
  ended(job: JobState): void {
    this.#watch.ended(job);
  }

  /** Supervision has given an actor up for a while. */
  setAside(id: ActorId, error: unknown): void {
    const shard = this.#options.system().shardOf(id);
    this.#watch.quarantined({ actor: id, shard, error: String(error) });
  }

  /** The store's health has changed. */
  storeHealth(fault: Fault | null): void {
    this.#watch.store(fault === null);
  }

  #report(
    events: readonly AlertEvent[],
    { id, nextVersion, nowMs }: ReducerContext,
  ): ReturnType<NonNullable<JobOptions["reports"]>> {
    const { rules } = this.#options;
    const concerning = events.filter((event) => rules.some((rule) => concerns(rule, event)));
    if (concerning.length === 0) return [];
    return [draftOfReport(concerning, { reporter: id, version: nextVersion, nowMs })];
  }

  #makeWatch(): WatchDriver {
    const { clock, rules, node, boot, cluster, store, system } = this.#options;
    const alone = [{ name: node, boot, state: "alive" }] as const;
    return new WatchDriver({
      clock,
      rules,
      boot,
      node,
      members: () => cluster?.cluster.members() ?? alone,
      watchesQueues: () => system().mayWork && system().owned().includes(WATCH_SHARD),
      tallies: () => system().tallies(JOB_KIND),
      due: async ({ untilMs, limit }) =>
        (await store.dueBetween({ fromMs: 0, untilMs, limit })).entries,
      notice: (event, only) => this.#driver.notice(event, only),
      ends: (counts) => this.#driver.ends(counts),
    });
  }

  /** A channel whose secret is not there would be found out by the first alert. */
  async #checkSecrets(): Promise<void> {
    const { channels, log } = this.#options;
    for (const [name, channel] of Object.entries(channels)) {
      const secrets = new Secrets(SECRETS);
      try {
        await secrets.address(channel.url);
        for (const source of secretsOf(channel)) await secrets.readIf(source);
      } catch (error) {
        const problem = error instanceof SecretMissingError ? error.message : "cannot be read";
        log("error", "an alert channel cannot be used", {
          event: "alerts.channel",
          channel: name,
          problem,
        });
      }
    }
  }
}

const SECRETS = {
  env: (name: string) => Deno.env.get(name),
  readFile: (path: string) => Deno.readTextFile(path),
};

function secretsOf(channel: AlertChannel) {
  switch (channel.type) {
    case "slack":
      return [];
    case "pagerduty":
      return [channel.routingKey];
    case "email":
      return [channel.password];
    case "webhook":
      return [channel.secret];
    case "alertmanager":
      return [channel.token];
  }
}
