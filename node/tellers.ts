/**
 * Tellers of a node: who tells others what happens to jobs: alerts, webhooks, and the events that clients listen to.
 * @module
 */
import type { Config } from "../config/schema.ts";
import { Feed, type NodeFeed } from "../gateway/feed.ts";
import { JointFeed } from "../gateway/feeds/joint_feed_driver.ts";
import type { Clock } from "../runtime/clock.ts";
import type { BootId } from "../runtime/ids.ts";
import { NodeAlerts, type NodeAlertsOptions } from "./alerts.ts";
import type { NodeCluster } from "./cluster.ts";
import { NodeWebhooks } from "./webhooks.ts";

/** Alerts and webhooks, as the configuration wants them. */
export function tellersOf(
  { config, ...parts }:
    & { readonly config: Config }
    & Omit<NodeAlertsOptions, "rules" | "channels" | "node">,
): { readonly watch: NodeAlerts; readonly webhooks: NodeWebhooks } {
  const { clock, system } = parts;
  const watch = new NodeAlerts({ ...config.alerts, ...parts, node: config.node.id });
  const report = watch.reportEvent;
  return {
    watch,
    webhooks: new NodeWebhooks({ settings: config.webhooks, clock, report, system }),
  };
}

/** A node that is alone has no other's events to tell. */
export function feedOf(
  { clock, boot, others }: {
    readonly clock: Clock;
    readonly boot: BootId;
    readonly others: NodeCluster | undefined;
  },
): NodeFeed {
  if (others === undefined) return new Feed({ boot });
  return new JointFeed({ clock, boot, peers: others.peers });
}
