/**
 * Api: every route of the API, and what they share.
 * @module
 */
import manifest from "../deno.json" with { type: "json" };
import { RETENTION_DEFAULT } from "../actors/job/spec.ts";
import { alertRoutes } from "./alerts/alert_routes.ts";
import type { Audit } from "./audit/audit.ts";
import type { EventStreams } from "./events/event_streams.ts";
import { eventRoutes } from "./events/event_routes.ts";
import { FlowReader } from "./flows/flow_reader.ts";
import { flowRoutes } from "./flows/flow_routes.ts";
import { type GraphqlDeps, graphqlRoute } from "./graphql/graphql_route.ts";
import { BodyReader } from "./http/body.ts";
import type { Deadlines } from "./http/deadlines.ts";
import type { Lifecycle } from "./http/lifecycle.ts";
import type { Route } from "./http/route.ts";
import type { GatewayOptions, GatewayServices } from "./gateway.ts";
import type { GatewayLimits } from "./limits.ts";
import { calendarRoutes } from "./routes/calendar.ts";
import { dashboardFileRoutes, dashboardRoute, dashboardSettingsRoute } from "./routes/dashboard.ts";
import { documentationRoutes } from "./routes/documentation.ts";
import { jobRoutes } from "./routes/job.ts";
import { jobListRoutes } from "./routes/job_list.ts";
import { operationRoutes } from "./routes/operations.ts";
import { queueRoutes } from "./routes/queue.ts";
import { scheduleRoutes } from "./routes/schedule.ts";
import { scheduleFiresRoutes } from "./routes/schedule_fires.ts";
import { scheduleListRoute } from "./routes/schedule_list.ts";
import { ScheduleReader } from "./schedules/schedule_reader.ts";
import type { ScheduleService } from "./schedules/service.ts";
import type { JobDefaults } from "./schemas/job_request.ts";
import { SubmissionReader } from "./submit/submission.ts";
import { webhookRoutes } from "./webhooks/webhook_routes.ts";
import { bulkRoute } from "./submit/submit_many.ts";
import { submitRoute } from "./submit/submit_one.ts";

/** What the routes share. */
export interface ApiParts extends Omit<GatewayOptions, "limits" | "audit"> {
  readonly audit: Audit | undefined;
  readonly limits: GatewayLimits;
  readonly lifecycle: Lifecycle;
  readonly streams: EventStreams;
  readonly bodyDeadlines: Deadlines;
  readonly idle: Deadlines;
  readonly unexpected: (error: unknown, where: string) => void;
  /** Answers a request as the routes do. */
  readonly dispatch: GraphqlDeps["dispatch"];
}

/** Every route, and the pages that describe them. */
export function apiRoutes(services: GatewayServices, parts: ApiParts): Route[] {
  const version = parts.version ?? manifest.version;
  const routes = [
    ...jobsRoutes(services, parts),
    ...schedulesRoutes(services, parts),
    ...flowsRoutes(parts),
    ...alertsRoutes(services, parts),
    ...webhooksRoutes(services, parts),
    ...operationRoutes(services.node),
    graphqlRoute({
      ...{ bodies: new BodyReader(parts.bodyDeadlines), unexpected: parts.unexpected },
      ...{ bodyBytesMax: parts.limits.bodyBytesMax, dispatch: parts.dispatch },
    }),
    dashboardRoute(),
    dashboardSettingsRoute({ version, traceUrl: parts.traceUrl ?? null, node: services.node.node }),
  ];
  return [...routes, ...documentationRoutes(routes, version), ...dashboardFileRoutes()];
}

function jobsRoutes({ schedules }: GatewayServices, parts: ApiParts): Route[] {
  const { clock, limits, streams, idle, lifecycle, unexpected, audit, traceOf } = parts;
  const { bodyBytesMax, bulkBytesMax } = limits;
  const bodies = new BodyReader(parts.bodyDeadlines);
  const submissions = new SubmissionReader(clock, defaultsOf(parts));
  const reader = scheduleReader(schedules, parts);
  const bulk = { bulkBytesMax, lineBytesMax: bodyBytesMax, idle, lifecycle, unexpected, audit };
  return [
    submitRoute({ clock, bodies, submissions, bodyBytesMax, schedules: reader }),
    bulkRoute({ clock, bodies, submissions, ...bulk, traceOf }),
    ...jobListRoutes({ clock, bodies, bodyBytesMax }),
    ...jobRoutes({ clock, bodies, bodyBytesMax }),
    ...eventRoutes({ clock, streams }),
    ...queueRoutes({ bodies, bodyBytesMax }),
  ];
}

function schedulesRoutes({ schedules, calendars }: GatewayServices, parts: ApiParts): Route[] {
  const { clock, limits: { bodyBytesMax } } = parts;
  const bodies = new BodyReader(parts.bodyDeadlines);
  const reader = scheduleReader(schedules, parts);
  const deps = { reader, clock, bodies, bodyBytesMax };
  return [
    scheduleListRoute(),
    ...scheduleRoutes(deps),
    ...scheduleFiresRoutes(deps),
    ...calendarRoutes({ calendars, bodies, bodyBytesMax }),
  ];
}

function flowsRoutes(parts: ApiParts): Route[] {
  const bodies = new BodyReader(parts.bodyDeadlines);
  return flowRoutes({ bodies, reader: new FlowReader(defaultsOf(parts)) });
}

function alertsRoutes({ alerts }: GatewayServices, parts: ApiParts): Route[] {
  const { clock, limits: { bodyBytesMax } } = parts;
  return alertRoutes({ alerts, clock, bodies: new BodyReader(parts.bodyDeadlines), bodyBytesMax });
}

function webhooksRoutes({ webhooks }: GatewayServices, parts: ApiParts): Route[] {
  const { limits: { bodyBytesMax } } = parts;
  const rules = parts.webhooks ?? { allowHttp: false, secretFiles: false };
  const bodies = new BodyReader(parts.bodyDeadlines);
  return webhookRoutes({ webhooks, rules, bodies, bodyBytesMax });
}

function scheduleReader(schedules: ScheduleService, parts: ApiParts): ScheduleReader {
  return new ScheduleReader(schedules, { clock: parts.clock, defaults: defaultsOf(parts) });
}

function defaultsOf({ retention, retryOf }: ApiParts): JobDefaults {
  return { retention: retention ?? RETENTION_DEFAULT, retryOf: retryOf ?? (() => undefined) };
}
