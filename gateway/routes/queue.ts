/**
 * Queue: `GET|PUT /queue/{name}`.
 *
 * Intuition: a PUT changes what it names and leaves the rest, so that pausing a queue does not need
 * to know its concurrency. Two PUTs at once may each miss the other's change of another field: the last
 * one wins, as with any PUT.
 * @module
 */
import { type Rate, UNLIMITED } from "../../actors/limiter/limits.ts";
import { type Context, z } from "../../deps.ts";
import { type BodyReader, JSON_TYPES } from "../http/body.ts";
import { invalid, Problem } from "../http/problem.ts";
import { json } from "../http/reply.ts";
import { pathParam, type Route, type RouteResult } from "../http/route.ts";
import { queueAnswer } from "../schemas/answers.ts";
import { simpleName, usersName } from "../schemas/fields.ts";
import { queueSettingsSchema, RATE_SPANS } from "../schemas/queue_settings.ts";
import { check } from "../schemas/validate.ts";
import type { JobService, QueueSettings } from "../service.ts";

/** What the routes need. */
export interface QueueDeps {
  readonly bodies: BodyReader;
  readonly bodyBytesMax: number;
}

const params = z.strictObject({ name: simpleName });

/** `GET|PUT /queue/{name}`. A queue that nobody has set or used has the default settings. */
export function queueRoutes(deps: QueueDeps): Route[] {
  return [
    {
      method: "GET",
      path: "/queue/{name}",
      access: { scope: "read", over: "queues" },
      operation: {
        id: "getQueue",
        tag: "queues",
        summary: "Get a queue's settings, and what of its limits is in use",
        params,
        answers: { 200: { description: "The settings", schema: queueAnswer } },
      },
      handle: async (context, { jobs }) => {
        const name = pathParam(context, "name", simpleName);
        if (!name.ok) return name.problem;
        return await view(jobs, await jobs.queue(name.value));
      },
    },
    {
      method: "PUT",
      path: "/queue/{name}",
      access: { scope: "admin", over: "queues" },
      operation: {
        id: "setQueue",
        tag: "queues",
        summary: "Pause a queue, or set its limits: they hold for all nodes together",
        params,
        body: { schema: queueSettingsSchema, types: JSON_TYPES },
        answers: { 200: { description: "The settings as they are now", schema: queueAnswer } },
      },
      handle: (context, { jobs }) => put({ ...deps, jobs }, context),
    },
  ];
}

async function put(
  { jobs, bodies, bodyBytesMax }: QueueDeps & { readonly jobs: JobService },
  context: Context,
): Promise<RouteResult> {
  const name = pathParam(context, "name", usersName);
  if (!name.ok) return name.problem;
  const body = await bodies.typedJson(context.req.raw, { bytesMax: bodyBytesMax });
  if (body instanceof Problem) return body;
  const asked = check(queueSettingsSchema, body.value);
  if (!asked.ok) return invalid(asked.errors);
  const now = await jobs.queue(name.value);
  return await view(jobs, await jobs.setQueue(changed(now, asked.value)));
}

/** `now` with what was asked for in its place. */
function changed(now: QueueSettings, asked: z.output<typeof queueSettingsSchema>): QueueSettings {
  const { paused = now.paused, concurrency = now.concurrency, rate = now.rate, perKey } = asked;
  const keys = perKey === null ? UNLIMITED : {
    concurrency: perKey?.concurrency === undefined ? now.perKey.concurrency : perKey.concurrency,
    rate: perKey?.rate === undefined ? now.perKey.rate : perKey.rate,
  };
  return { name: now.name, paused, concurrency, rate, perKey: keys };
}

async function view(jobs: JobService, settings: QueueSettings): Promise<Response> {
  const { name, paused, concurrency, rate, perKey } = settings;
  const inUse = await jobs.queueUse(settings);
  return json({
    ...{ name, paused, concurrency, rate: rateView(rate) },
    perKey: { concurrency: perKey.concurrency, rate: rateView(perKey.rate) },
    inUse,
  });
}

function rateView(rate: Rate | null) {
  if (rate === null) return null;
  const { limit, perMs } = rate;
  const named = Object.entries(RATE_SPANS).find(([, ms]) => ms === perMs);
  return { limit, per: named?.[0] ?? perMs };
}
