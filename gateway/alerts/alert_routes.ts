/**
 * Alerts: `GET /alerts`, `GET /alerts/{id}`, `POST /alerts/{id}/silence`, `POST /alerts/test`, `GET /alerts/counts`.
 * @module
 */
import { type Context, z } from "../../deps.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type BodyReader, JSON_TYPES } from "../http/body.ts";
import { invalid, Problem } from "../http/problem.ts";
import { json } from "../http/reply.ts";
import { pathParam, query, type Route, type RouteResult } from "../http/route.ts";
import { LIST_LIMIT_DEFAULT } from "../limits.ts";
import { pageResult } from "../routes/page.ts";
import { check } from "../schemas/validate.ts";
import {
  alertAnswer,
  alertCountsAnswer,
  alertListQuery,
  alertPageAnswer,
  channelTestAnswer,
  channelTestSchema,
  incidentName,
  silenceSchema,
} from "./alert_answers.ts";
import { alertView, testView } from "./alert_view.ts";
import type { AlertService } from "./service.ts";

/** What the routes need. */
export interface AlertDeps {
  readonly alerts: AlertService;
  readonly clock: Pick<Clock, "wallMs">;
  readonly bodies: BodyReader;
  readonly bodyBytesMax: number;
}

const params = z.strictObject({ id: incidentName });

/** The routes, those of fixed names first. */
export function alertRoutes(deps: AlertDeps): Route[] {
  return [listRoute(deps), countsRoute(deps), testRoute(deps), getRoute(deps), silenceRoute(deps)];
}

function listRoute({ alerts, clock }: AlertDeps): Route {
  return {
    method: "GET",
    path: "/alerts",
    access: { scope: "read", over: "cluster" },
    operation: {
      id: "listAlerts",
      tag: "alerts",
      summary: "List incidents, those that are over too",
      description: "Those that were first seen last come first. Only a null cursor ends the list.",
      query: alertListQuery,
      answers: { 200: { description: "A page", schema: alertPageAnswer } },
    },
    handle: async (context) => {
      const asked = query(context, alertListQuery);
      if (!asked.ok) return invalid(asked.errors);
      const { status, limit = LIST_LIMIT_DEFAULT, cursor } = asked.value;
      const filter = status === undefined ? {} : { status };
      return await pageResult({
        name: "alerts",
        terms: JSON.stringify(["alerts", filter]),
        cursor,
        limit,
        fetch: (step) => alerts.list({ ...filter, ...step }),
        textOf: (record) => JSON.stringify(alertView(record, clock.wallMs())),
      });
    },
  };
}

function countsRoute({ alerts }: AlertDeps): Route {
  return {
    method: "GET",
    path: "/alerts/counts",
    access: { scope: "read", over: "cluster" },
    operation: {
      id: "countAlerts",
      tag: "alerts",
      summary: "How many events of each kind this node took on since its start",
      answers: { 200: { description: "The counts", schema: alertCountsAnswer } },
    },
    handle: () => json({ raised: Object.fromEntries(alerts.raised()) }),
  };
}

function testRoute({ alerts, bodies, bodyBytesMax }: AlertDeps): Route {
  return {
    method: "POST",
    path: "/alerts/test",
    access: { scope: "write", over: "cluster" },
    operation: {
      id: "testAlert",
      tag: "alerts",
      summary: "Tell a channel something, and wait for what comes of it",
      body: { schema: channelTestSchema, types: JSON_TYPES },
      answers: { 200: { description: "What came of it", schema: channelTestAnswer } },
    },
    handle: async ({ req: { raw } }) => {
      const body = await bodies.typedJson(raw, { bytesMax: bodyBytesMax });
      if (body instanceof Problem) return body;
      const asked = check(channelTestSchema, body.value);
      if (!asked.ok) return invalid(asked.errors);
      const { channel } = asked.value;
      const outcome = await alerts.test(channel);
      if (outcome.kind === "tried") return json(testView(channel, outcome));
      const known = outcome.channels.length === 0 ? "there is none" : outcome.channels.join(", ");
      return new Problem("not-found", `no channel of this name is configured; known: ${known}`);
    },
  };
}

function getRoute({ alerts, clock }: AlertDeps): Route {
  return {
    method: "GET",
    path: "/alerts/{id}",
    access: { scope: "read", over: "cluster" },
    operation: {
      id: "getAlert",
      tag: "alerts",
      summary: "Get an incident",
      params,
      answers: { 200: { description: "The incident", schema: alertAnswer } },
    },
    handle: async (context) => {
      const id = pathParam(context, "id", incidentName);
      if (!id.ok) return id.problem;
      const record = await alerts.get(id.value);
      return record === undefined ? MISSING : json(alertView(record, clock.wallMs()));
    },
  };
}

function silenceRoute(deps: AlertDeps): Route {
  return {
    method: "POST",
    path: "/alerts/{id}/silence",
    access: { scope: "write", over: "cluster" },
    operation: {
      id: "silenceAlert",
      tag: "alerts",
      summary: "Tell nobody of an incident for a while, but that it is over",
      params,
      body: { schema: silenceSchema, types: JSON_TYPES },
      answers: { 200: { description: "The incident as it is now", schema: alertAnswer } },
    },
    handle: (context) => silence(deps, context),
  };
}

async function silence(
  { alerts, clock, bodies, bodyBytesMax }: AlertDeps,
  context: Context,
): Promise<RouteResult> {
  const id = pathParam(context, "id", incidentName);
  if (!id.ok) return id.problem;
  const body = await bodies.typedJson(context.req.raw, { bytesMax: bodyBytesMax });
  if (body instanceof Problem) return body;
  const asked = check(silenceSchema, body.value);
  if (!asked.ok) return invalid(asked.errors);
  const { for: spanMs, note = null } = asked.value;
  const nowMs = clock.wallMs();
  const outcome = await alerts.silence(id.value, spanMs === 0 ? null : nowMs + spanMs, note);
  switch (outcome.kind) {
    case "done":
      return json(alertView(outcome.record, nowMs));
    case "missing":
      return MISSING;
    case "busy":
      return new Problem("overloaded", "the incident takes no messages now; nothing happened");
    case "unknown":
      return new Problem("unknown-outcome", "unknown: it may still happen; look at the incident");
  }
}

const MISSING = new Problem("not-found", "there is no incident of this id");
