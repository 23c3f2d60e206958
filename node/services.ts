/**
 * Services of a node: what stands behind its API, but for the node itself.
 * @module
 */
import type { Executor } from "../actors/executor/port.ts";
import type { Refusal } from "../actors/limiter/limits.ts";
import type { Recurrences } from "../actors/schedule/recurrence/recurrences.ts";
import type { CalendarBook } from "../gateway/calendars/calendar_book.ts";
import { createCalendarService } from "../gateway/calendars/calendar_service.ts";
import type { NodeFeed } from "../gateway/feed.ts";
import { createFlowService } from "../gateway/flows/flow_service.ts";
import type { GatewayServices } from "../gateway/gateway.ts";
import { createJobService } from "../gateway/job_service.ts";
import type { QueueBook } from "../gateway/jobs/queue_book.ts";
import { createScheduleService } from "../gateway/schedules/schedule_service.ts";
import type { Clock } from "../runtime/clock.ts";
import { IdMaker } from "../runtime/ids.ts";
import type { NodeSystem } from "../runtime/system/system.ts";
import type { NodeAlerts } from "./alerts.ts";
import type { NodeCluster } from "./cluster.ts";

/** What the services are made of. */
export interface ServicesOptions {
  readonly system: NodeSystem;
  readonly clock: Clock;
  readonly feed: NodeFeed;
  readonly queues: QueueBook;
  readonly recurrences: Recurrences;
  readonly book: CalendarBook;
  readonly executor: Pick<Executor, "handlers">;
  readonly watch: NodeAlerts;
  /** Which limit jobs of a lane have been refused for here lately. */
  readonly refusalOf: (lane: string) => Refusal | null;
  /** The other nodes; undefined: this one is alone. */
  readonly others: NodeCluster | undefined;
}

/** The services. */
export function servicesOf(options: ServicesOptions): Omit<GatewayServices, "node"> {
  const { system, clock, feed, queues, recurrences, book, executor, watch, others } = options;
  const { refusalOf } = options;
  const ids = new IdMaker((count) => crypto.getRandomValues(new Uint8Array(count)));
  const handlers = () => executor.handlers();
  return {
    jobs: createJobService({ system, clock, ids, feed, queues, handlers, refusalOf }),
    schedules: createScheduleService({ system, clock, ids, recurrences, calendars: book }),
    flows: createFlowService({ system, clock, ids }),
    calendars: createCalendarService({
      system,
      clock,
      book,
      tell: (news) => others?.tellCalendar(news),
    }),
    alerts: watch.service(ids),
  };
}
