/**
 * LimitMetrics: what queues may use, and what of it is in use here.
 *
 * Intuition: limits hold for all nodes together and every node knows them; what is used, and what a node holds to use
 * it, is each node's own. So their sum is at most the limit.
 * @module
 */
import type { Slots } from "../../actors/dispatch/slots.ts";
import { laneOf } from "../../actors/job/codec.ts";
import type { PermitsDriver } from "../../actors/limiter/holding/permits_driver.ts";
import type { QueueBook } from "../../gateway/jobs/queue_book.ts";
import type { QueueSettings } from "../../gateway/service.ts";
import type { Metric, Sample } from "../../runtime/telemetry/meters.ts";
import type { JobSeriesBook } from "./job_series.ts";

/** The parts that are read. */
export interface LimitParts {
  readonly book: Pick<JobSeriesBook, "queues">;
  readonly queues: Pick<QueueBook, "settings">;
  readonly slots: Pick<Slots, "takenIn">;
  readonly permits: Pick<PermitsDriver, "held">;
}

/** What is to be read, of each queue that has series of its own. */
export function limitMetrics({ book, queues, slots, permits }: LimitParts): Metric[] {
  const each = (value: (queue: string) => number | null): Sample[] =>
    book.queues().flatMap((queue) => {
      const found = value(queue);
      return found === null ? [] : [{ labels: { queue }, value: found }];
    });
  const settings = (queue: string): QueueSettings => queues.settings(queue);
  return [
    {
      kind: "gauge",
      name: "orrery_queue_concurrency_limit",
      help:
        "Jobs of a queue that may run at once, of the whole cluster; queues without are absent.",
      read: () => each((queue) => settings(queue).concurrency),
    },
    {
      kind: "gauge",
      name: "orrery_queue_rate_limit",
      help:
        "Starts a second that a queue may have, of the whole cluster; queues without are absent.",
      read: () => each((queue) => perSecond(settings(queue).rate)),
    },
    {
      kind: "gauge",
      name: "orrery_slots_taken",
      help: "Attempts of a queue that are under way here, or being started.",
      read: () => each((queue) => slots.takenIn(laneOf(queue))),
    },
    {
      kind: "gauge",
      name: "orrery_permits_held",
      help:
        "Permits of a queue's concurrency, and of its keys', that this node holds; absent: none is needed here.",
      read: () =>
        book.queues().flatMap((queue) =>
          Object.entries(permits.held(laneOf(queue)))
            .map(([of, value]) => ({ labels: { queue, of }, value }))
        ),
    },
  ];
}

function perSecond(rate: QueueSettings["rate"]): number | null {
  return rate === null ? null : rate.limit / rate.perMs * 1_000;
}
