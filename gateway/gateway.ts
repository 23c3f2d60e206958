/**
 * Gateway: the HTTP API of a node: every route on one Hono app, and what holds for all of them.
 *
 * Intuition: a request passes the door (bounds, stop, host name, other sites), is found by Hono, passes the guard
 * (who asks, and whether he may), and is answered by its route with a response or a problem. What a route throws
 * is a fault of the store or a bug; both become problems, so that nothing ever escapes.
 *
 * Invariants:
 *   G1. Every answer to a request that reaches {@link Gateway.fetch} is made by it; it never rejects.
 *   G2. Every refusal is `application/problem+json`.
 *   G3. After `refuseWork`, requests that could change something are refused with 503.
 *   G4. A failure that nobody expected is logged once, and tells clients nothing of our inside.
 *
 * Not here: sockets (serve.ts), what happens between the door and a route (http/mount.ts).
 * @module
 */
import type { JobSpec, RetryPolicy } from "../actors/job/spec.ts";
import type { JobTrace } from "../actors/trace/job_trace.ts";
import type { Hono } from "../deps.ts";
import type { Clock } from "../runtime/clock.ts";
import { apiRoutes } from "./api.ts";
import type { CalendarService } from "./calendars/service.ts";
import type { Audit } from "./audit/audit.ts";
import { Guard, type Security } from "./auth/guard.ts";
import { EventStreams } from "./events/event_streams.ts";
import { Deadlines } from "./http/deadlines.ts";
import { type Door, openDoor } from "./http/door.ts";
import { Lifecycle } from "./http/lifecycle.ts";
import {
  type Connection,
  failureProblem,
  mount,
  type MountOptions,
  type Unexpected,
} from "./http/mount.ts";
import { problemResponse } from "./http/problem.ts";
import { GATEWAY_LIMITS, type GatewayLimits } from "./limits.ts";
import { healthRoutes } from "./routes/operations.ts";
import type { AlertService } from "./alerts/service.ts";
import type { FlowService } from "./flows/service.ts";
import type { ScheduleService } from "./schedules/service.ts";
import type { JobService, NodeService } from "./service.ts";
import type { WebhookService } from "./webhooks/service.ts";
import type { WebhookRules } from "./webhooks/webhook_request.ts";

/** Tells the operator something; `fields` are JSON. */
export type GatewayLog = (
  level: "info" | "warn" | "error",
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

/** What a gateway is made with beside its services; all but the clock has a default. */
export interface GatewayOptions {
  readonly limits?: Partial<GatewayLimits>;
  readonly log?: GatewayLog;
  readonly clock: Clock;
  /** For jobs that say nothing about it. */
  readonly retention?: JobSpec["retention"];
  /** The retry rules that the handler of this name brings, for jobs that bring none of their own. */
  readonly retryOf?: (name: string) => RetryPolicy | undefined;
  /** What webhooks may do; absent: https alone, and no files of secrets. */
  readonly webhooks?: WebhookRules;
  /** False: health is all that is answered. For a node without the role `gateway`. */
  readonly api?: boolean;
  /** Shown in the documentation. */
  readonly version?: string;
  /** Where traces are looked at, with `{traceId}` in it; null: nowhere. */
  readonly traceUrl?: string | null;
  /** Host names (without port) that requests may be addressed to; undefined: any. */
  readonly hosts?: readonly string[];
  /** How callers prove who they are; undefined: nobody is asked. */
  readonly security?: Security;
  /** Where it is written down who changed what; undefined: nowhere. */
  readonly audit?: Audit;
  /** Told which route answers a request, within it; absent: nobody wants to know. */
  readonly routed?: MountOptions["routed"];
  /** Where the request that is being answered stands in a trace; absent: nowhere. */
  readonly traceOf?: () => JobTrace | undefined;
}

/** The services that a gateway stands before. */
export interface GatewayServices {
  readonly jobs: JobService;
  readonly node: NodeService;
  readonly schedules: ScheduleService;
  readonly calendars: CalendarService;
  readonly flows: FlowService;
  readonly alerts: AlertService;
  readonly webhooks: WebhookService;
}

/** A gateway, not yet listening. */
export interface Gateway {
  /** The routes, without the door. */
  readonly app: Hono;
  /** Answers a request (G1). `connection`: what it came over, for the audit log. */
  fetch(request: Request, connection?: Connection): Response | Promise<Response>;
  /** Refuses requests that could change something (G3). Idempotent. */
  refuseWork(): void;
  /** Refuses work, ends streams with `bye`, lets go of timers; resolves when nothing is under way. Idempotent. */
  stop(): Promise<void>;
  /** Requests under way. */
  readonly underWay: number;
}

/** Makes a gateway. */
export function createGateway(services: GatewayServices, options: GatewayOptions): Gateway {
  const limits: GatewayLimits = { ...GATEWAY_LIMITS, ...options.limits };
  const { clock } = options;
  const log: GatewayLog = options.log ?? (() => {});
  const lifecycle = new Lifecycle();
  const streams = new EventStreams(clock, limits);
  const bodyDeadlines = new Deadlines(clock, limits.requestBodyMs);
  const idle = new Deadlines(clock, limits.streamIdleMs);
  const unexpected = (error: unknown, where: string): void =>
    log("error", "unexpected failure of a request", { event: "request.failed", where, error });

  const { security, audit, routed } = options;
  const dispatch = (request: Request, connection?: Connection) => app.fetch(request, connection);
  const parts = { audit, limits, lifecycle, streams, bodyDeadlines, idle, unexpected, dispatch };
  const common = { guard: new Guard(services, { security, clock }), audit, unexpected, routed };
  const app: Hono = options.api === false
    ? mount(healthRoutes(services.node), { ...common, hint: NO_API })
    : mount(apiRoutes(services, { ...options, ...parts }), { ...common, hint: SEE_DOCS });
  const door = openDoor({ hosts: options.hosts, requestsMax: limits.requestsMax, lifecycle });
  return {
    app,
    fetch: guarded(app, { door, lifecycle, unexpected }),
    refuseWork: () => lifecycle.stop(),
    get underWay() {
      return lifecycle.underWay;
    },
    async stop() {
      lifecycle.stop();
      streams.close();
      await lifecycle.whenIdle();
      bodyDeadlines.close();
      idle.close();
    },
  };
}

const SEE_DOCS = "see /docs for what is offered";
const NO_API = "this node runs jobs and has no API: ask a node with the role gateway";

/** The app behind its door, counting what is under way (G1, G3). */
function guarded(
  app: Hono,
  { door, lifecycle, unexpected }: { door: Door; lifecycle: Lifecycle; unexpected: Unexpected },
): Gateway["fetch"] {
  const leave = (response: Response): Response => {
    lifecycle.end();
    return response;
  };
  const fail = (error: unknown, request: Request): Response => {
    const where = new URL(request.url).pathname;
    return leave(problemResponse(failureProblem(error, { where, unexpected }), where));
  };
  return (request, connection) => {
    const refusal = door(request);
    if (refusal !== null) return problemResponse(refusal, new URL(request.url).pathname);
    lifecycle.begin();
    try {
      const answer = app.fetch(request, connection);
      return answer instanceof Promise
        ? answer.then(leave, (error) => fail(error, request))
        : leave(answer);
    } catch (error) {
      return fail(error, request);
    }
  };
}
