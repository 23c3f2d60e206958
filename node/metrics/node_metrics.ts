/**
 * NodeMetrics: what the parts of a node count by themselves: slots, memory of actors, shards, membership.
 * @module
 */
import { ALERT_KINDS } from "../../actors/alert/event.ts";
import type { Dispatcher } from "../../actors/dispatch/dispatcher_driver.ts";
import type { Slots } from "../../actors/dispatch/slots.ts";
import type { Cluster } from "../../runtime/cluster/cluster_driver.ts";
import type { MemberView } from "../../runtime/membership/swim_events.ts";
import type { NodeSystem } from "../../runtime/system/system.ts";
import { type Metric, numberMetric, type Sample } from "../../runtime/telemetry/meters.ts";
import type { NodeAlerts } from "../alerts.ts";

/** The parts that are read. */
export interface ReadParts {
  readonly system: Pick<NodeSystem, "load" | "tally" | "readiness" | "owned" | "deadLetters">;
  readonly slots: Pick<Slots, "total" | "running" | "taken" | "laneOf">;
  readonly dispatcher: Pick<Dispatcher, "untold">;
  readonly alerts: Pick<NodeAlerts, "raised">;
  /** Undefined when the node is alone. */
  readonly cluster: Pick<Cluster, "members" | "counts" | "fences"> | undefined;
  /** Shards of the cluster. */
  readonly shards: number;
}

const MEMBER_STATES: readonly MemberView["state"][] = [
  "alive",
  "suspect",
  "draining",
  "left",
  "dead",
];

/** The metrics of everything that is there to be read. */
export function nodeMetrics(parts: ReadParts): Metric[] {
  const { cluster } = parts;
  return [
    ...workMetrics(parts),
    ...shardMetrics(parts),
    alertMetric(parts),
    ...cluster === undefined ? [] : memberMetrics(cluster),
  ];
}

function workMetrics({ system, slots, dispatcher }: ReadParts): Metric[] {
  const gauge = gaugeOf;
  return [
    gauge("orrery_ready", "1 while the node can do its work.", () => +system.readiness().ready),
    gauge(
      "orrery_draining",
      "1 while the node drains.",
      () => +system.readiness().reasons.includes("draining"),
    ),
    gauge("orrery_slots", "Attempts that can run here at once.", () => slots.total),
    gauge("orrery_slots_running", "Attempts under way here.", () => slots.running),
    gauge(
      "orrery_slots_reserved",
      "Slots that are held for jobs which are being started.",
      () => slots.taken - slots.running,
    ),
    gauge(
      "orrery_ends_untold",
      "Attempts that ended and whose jobs have not handled it yet.",
      () => dispatcher.untold,
    ),
    gauge("orrery_actors", "Actors in memory.", () => system.load().actors),
    gauge(
      "orrery_wakeups_held",
      "Wake-ups of the next minute that are held in memory.",
      () => system.load().window,
    ),
    gauge(
      "orrery_writes_pending",
      "Writes that wait for their commit.",
      () => system.load().writesPending,
    ),
    counterOf(
      "orrery_actors_swept_total",
      "Actors that were deleted after their retention, by this node.",
      () => system.tally().swept,
    ),
    counterOf(
      "orrery_dead_letters_total",
      "Messages that no actor could handle.",
      () => system.deadLetters.total,
    ),
  ];
}

function shardMetrics({ system, cluster, shards }: ReadParts): Metric[] {
  const moves = () => system.tally().moves;
  const ownerless = () => {
    if (cluster === undefined) return shards - system.owned().length;
    return shards - cluster.fences().filter(({ owner }) => owner !== null).length;
  };
  return [
    gaugeOf("orrery_shards", "Shards of the cluster.", () => shards),
    gaugeOf("orrery_shards_owned", "Shards of this node.", () => system.owned().length),
    gaugeOf(
      "orrery_shards_missing",
      "Shards that should be this node's and are not.",
      () => system.tally().shardsMissing,
    ),
    gaugeOf(
      "orrery_shards_ownerless",
      "Shards that nobody owned when this node last looked, a second ago at most.",
      ownerless,
    ),
    counterOf("orrery_shards_gained_total", "Shards that this node took.", () => moves().gained),
    counterOf(
      "orrery_shard_takeovers_total",
      "Of the shards that this node took: those whose owner had died, or left without giving them up.",
      () => moves().taken,
    ),
    counterOf(
      "orrery_shards_lost_total",
      "Shards that went from this node, for whatever reason.",
      () => moves().lost,
    ),
    counterOf(
      "orrery_shard_handoffs_total",
      "Shards that this node gave up in good order; the rest of the lost ones were taken from it.",
      () => moves().released,
    ),
  ];
}

function alertMetric({ alerts }: ReadParts): Metric {
  return {
    kind: "counter",
    name: "orrery_alerts_raised_total",
    help: "Events worth an alert that this node took on, by kind; what is told of them are jobs.",
    read: () =>
      ALERT_KINDS.map((kind) => ({ labels: { kind }, value: alerts.raised.get(kind) ?? 0 })),
  };
}

function memberMetrics(cluster: Pick<Cluster, "members" | "counts">): Metric[] {
  const counts = () => cluster.counts;
  return [
    {
      kind: "gauge",
      name: "orrery_members",
      help: "Nodes of the cluster by their state, as this node sees them, itself included.",
      read: () => memberSamples(cluster.members()),
    },
    counterOf("orrery_probes_total", "Other nodes that were probed.", () => counts().probes),
    counterOf(
      "orrery_probes_failed_total",
      "Probes that nobody answered in time.",
      () => counts().probesFailed,
    ),
    counterOf(
      "orrery_suspicions_refuted_total",
      "Times at which others suspected this node and it contradicted.",
      () => counts().refuted,
    ),
    counterOf(
      "orrery_stalls_total",
      "Times at which this node found that it had stood still.",
      () => counts().stalls,
    ),
    {
      kind: "counter",
      name: "orrery_gossip_dropped_total",
      help: "Membership messages that were of no use, by why.",
      read: () => {
        const { misdirected, undecodable, refused } = counts();
        return Object.entries({ misdirected, undecodable, refused })
          .map(([reason, value]) => ({ labels: { reason }, value }));
      },
    },
  ];
}

function memberSamples(members: readonly MemberView[]): Sample[] {
  return MEMBER_STATES.map((state) => ({
    labels: { state },
    value: members.filter((member) => member.state === state).length,
  }));
}

function gaugeOf(name: string, help: string, read: () => number): Metric {
  return numberMetric("gauge", { name, help, read });
}

function counterOf(name: string, help: string, read: () => number): Metric {
  return numberMetric("counter", { name, help, read });
}
