/**
 * Webhooks: `GET /webhooks`, `POST /webhook`, `GET|PUT|DELETE /webhook/{id}`, `POST /webhook/{id}/pause|resume|replay|test`.
 *
 * Whoever may use them sees the news of every queue, so all of it needs `admin` over the cluster.
 * @module
 */
import { type Context, z } from "../../deps.ts";
import { unreachable } from "../../runtime/fault.ts";
import { type BodyReader, JSON_TYPES } from "../http/body.ts";
import { invalid, Problem } from "../http/problem.ts";
import { json, jsonText } from "../http/reply.ts";
import { pathParam, type Route, type RouteResult } from "../http/route.ts";
import { check, type Checked } from "../schemas/validate.ts";
import type { WebhookCreation, WebhookOutcome, WebhookService } from "./service.ts";
import {
  problemsOf,
  replaySchema,
  termsOf,
  webhookName,
  webhookPostSchema,
  webhookPutSchema,
  type WebhookRules,
} from "./webhook_request.ts";
import {
  webhookAnswer,
  webhookCreatedAnswer,
  webhooksAnswer,
  webhookTestAnswer,
  webhookView,
} from "./webhook_view.ts";

/** What the routes need. */
export interface WebhookDeps {
  readonly webhooks: WebhookService;
  readonly rules: WebhookRules;
  readonly bodies: BodyReader;
  readonly bodyBytesMax: number;
}

const params = z.strictObject({ id: webhookName });
const access = { scope: "admin", over: "cluster" } as const;
const tag = "webhooks" as const;
const AS_NOW = { 200: { description: "The webhook as it is now", schema: webhookAnswer } };

/** The routes. */
export function webhookRoutes(deps: WebhookDeps): Route[] {
  return [
    listRoute(deps),
    createRoute(deps),
    getRoute(deps),
    putRoute(deps),
    deleteRoute(deps),
    ...stopRoutes(deps),
    replayRoute(deps),
    testRoute(deps),
  ];
}

function listRoute({ webhooks }: WebhookDeps): Route {
  return {
    ...{ method: "GET", path: "/webhooks", access },
    operation: {
      ...{ id: "listWebhooks", tag, summary: "List the webhooks" },
      answers: { 200: { description: "All of them, by name", schema: webhooksAnswer } },
    },
    handle: async () => json({ webhooks: (await webhooks.list()).map(webhookView) }),
  };
}

function createRoute(deps: WebhookDeps): Route {
  return {
    ...{ method: "POST", path: "/webhook", access },
    operation: {
      ...{ id: "createWebhook", tag, summary: "Have the news of jobs sent to a receiver" },
      description: "It hears of what happens from now on, on other nodes within some seconds.",
      body: { schema: webhookPostSchema, types: JSON_TYPES },
      answers: {
        201: { description: "The webhook, and its secret", schema: webhookCreatedAnswer },
        409: { description: "There is one of this name, or there are too many" },
      },
    },
    handle: async (context) => {
      const asked = await bodyOf(deps, context, webhookPostSchema);
      if (asked instanceof Problem) return asked;
      const problems = problemsOf(asked, deps.rules);
      if (problems.length > 0) return invalid(problems);
      return created(await deps.webhooks.create(asked.id, termsOf(asked)), asked.id);
    },
  };
}

function getRoute({ webhooks }: WebhookDeps): Route {
  return {
    ...{ method: "GET", path: "/webhook/{id}", access },
    operation: {
      ...{ id: "getWebhook", tag, summary: "Get a webhook, and how far its receiver is", params },
      answers: AS_NOW,
    },
    handle: (context) =>
      named(context, async (name) => {
        const webhook = await webhooks.get(name);
        return webhook === undefined ? missing(name) : json(webhookView(webhook));
      }),
  };
}

function putRoute(deps: WebhookDeps): Route {
  return {
    ...{ method: "PUT", path: "/webhook/{id}", access },
    operation: {
      ...{ id: "putWebhook", tag, summary: "Give a webhook other settings", params },
      description: "What is left out has its default; a secret that is left out stays as it is.",
      body: { schema: webhookPutSchema, types: JSON_TYPES },
      answers: AS_NOW,
    },
    handle: (context) =>
      named(context, async (name) => {
        const asked = await bodyOf(deps, context, webhookPutSchema);
        if (asked instanceof Problem) return asked;
        const problems = problemsOf(asked, deps.rules);
        if (problems.length > 0) return invalid(problems);
        return result(await deps.webhooks.put(name, termsOf(asked)), name);
      }),
  };
}

function deleteRoute({ webhooks }: WebhookDeps): Route {
  return {
    ...{ method: "DELETE", path: "/webhook/{id}", access },
    operation: {
      ...{ id: "deleteWebhook", tag, summary: "Delete a webhook; what waits is sent no more" },
      ...{ params, answers: { 200: { description: "As it was", schema: webhookAnswer } } },
    },
    handle: (context) => named(context, async (name) => result(await webhooks.remove(name), name)),
  };
}

function stopRoutes({ webhooks }: WebhookDeps): Route[] {
  return (["pause", "resume"] as const).map((verb): Route => ({
    ...{ method: "POST", path: `/webhook/{id}/${verb}`, access },
    operation: {
      ...{ id: `${verb}Webhook`, tag, params, answers: AS_NOW },
      summary: verb === "pause"
        ? "Send nothing for a while; events wait"
        : "Send what waits, and what comes",
    },
    handle: (context) => named(context, async (name) => result(await webhooks[verb](name), name)),
  }));
}

function replayRoute(deps: WebhookDeps): Route {
  return {
    ...{ method: "POST", path: "/webhook/{id}/replay", access },
    operation: {
      ...{ id: "replayWebhook", tag, summary: "Go on with an earlier event, or a later one" },
      description: "`from`: with the first kept event that came then; `sequence`: with this one.",
      ...{ params, body: { schema: replaySchema, types: JSON_TYPES }, answers: AS_NOW },
    },
    handle: (context) =>
      named(context, async (name) => {
        const asked = await bodyOf(deps, context, replaySchema);
        if (asked instanceof Problem) return asked;
        return result(await deps.webhooks.replay(name, asked), name);
      }),
  };
}

function testRoute({ webhooks }: WebhookDeps): Route {
  return {
    ...{ method: "POST", path: "/webhook/{id}/test", access },
    operation: {
      ...{ id: "testWebhook", tag, summary: "Send an event that is none, and say what came of it" },
      ...{ params, answers: { 200: { description: "What came", schema: webhookTestAnswer } } },
    },
    handle: (context) =>
      named(context, async (name) => {
        const tried = await webhooks.test(name);
        if (tried.kind === "missing") return missing(name);
        return json({ delivered: tried.why === null, error: tried.why });
      }),
  };
}

async function named(
  context: Context,
  handle: (name: string) => Promise<RouteResult>,
): Promise<RouteResult> {
  const name = pathParam(context, "id", webhookName);
  return name.ok ? await handle(name.value) : name.problem;
}

async function bodyOf<Value>(
  { bodies, bodyBytesMax }: WebhookDeps,
  { req: { raw } }: Context,
  schema: z.ZodType<Value>,
): Promise<Value | Problem> {
  const body = await bodies.typedJson(raw, { bytesMax: bodyBytesMax });
  if (body instanceof Problem) return body;
  const asked: Checked<Value> = check(schema, body.value);
  return asked.ok ? asked.value : invalid(asked.errors);
}

function created(outcome: WebhookCreation, name: string): RouteResult {
  switch (outcome.kind) {
    case "created": {
      const text = JSON.stringify({
        ...webhookView(outcome.webhook),
        signingSecret: outcome.secret,
      });
      const headers = { location: `/webhook/${encodeURIComponent(name)}` };
      return jsonText(text, { status: 201, headers: { ...headers, "cache-control": "no-store" } });
    }
    case "exists":
      return new Problem("conflict", `there is a webhook ${name}`);
    case "too-many":
      return new Problem("conflict", `there are ${outcome.max} webhooks: delete one first`);
    default:
      return result(outcome, name);
  }
}

function result(outcome: WebhookOutcome, name: string): RouteResult {
  switch (outcome.kind) {
    case "done":
      return json(webhookView(outcome.webhook));
    case "missing":
      return missing(name);
    case "busy":
      return new Problem("overloaded", "the webhook takes no messages now; nothing happened");
    case "unknown":
      return new Problem("unknown-outcome", "unknown: it may still happen; look at the webhook");
    default:
      return unreachable(outcome);
  }
}

function missing(name: string): Problem {
  return new Problem("not-found", `there is no webhook ${name}`);
}
