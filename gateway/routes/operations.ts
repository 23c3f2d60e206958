/**
 * Operations: health, readiness, the cluster as this node sees it, and the loaded handlers.
 *
 * Intuition: alive means that the process answers, and is what a supervisor restarts on; ready means
 * that it can do its work, and is what a load balancer routes on. A store that is away makes
 * a node unready, not dead.
 * @module
 */
import { z } from "../../deps.ts";
import { Problem } from "../http/problem.ts";
import { json } from "../http/reply.ts";
import type { Route, RouteResult } from "../http/route.ts";
import { clusterAnswer, handlersAnswer } from "../schemas/answers.ts";
import type { JobService, NodeService } from "../service.ts";

const nodeParams = z.strictObject({ id: z.string() });

/** `/healthz`, `/readyz`: all that a node without an API answers. */
export function healthRoutes(node: NodeService): Route[] {
  return [
    {
      method: "GET",
      path: "/healthz",
      access: "open",
      operation: {
        id: "health",
        tag: "operations",
        summary: "Is the process alive?",
        answers: { 200: { description: "It is" } },
      },
      handle: () => json({ status: "alive", node: node.node }),
    },
    {
      method: "GET",
      path: "/readyz",
      access: "open",
      operation: {
        id: "readiness",
        tag: "operations",
        summary: "Can the node do its work?",
        answers: {
          200: { description: "It can" },
          503: { description: "It cannot; `reasons` says why" },
        },
      },
      handle: () => readiness(node),
    },
  ];
}

/** {@link healthRoutes}, `/cluster`, `/cluster/node/{id}/drain`, `/handlers`. */
export function operationRoutes(node: NodeService): Route[] {
  return [
    ...healthRoutes(node),
    {
      method: "GET",
      path: "/handlers",
      access: { scope: "read", over: "queues" },
      operation: {
        id: "listHandlers",
        tag: "operations",
        summary: "The handlers that are loaded on this node",
        answers: { 200: { description: "The handlers", schema: handlersAnswer } },
      },
      handle: (_, { jobs }) => handlers(jobs),
    },
    ...clusterRoutes(node),
  ];
}

function clusterRoutes(node: NodeService): Route[] {
  return [
    {
      method: "GET",
      path: "/cluster",
      access: { scope: "read", over: "cluster" },
      operation: {
        id: "cluster",
        tag: "operations",
        summary: "The nodes and the owners of the shards",
        answers: { 200: { description: "As this node sees it", schema: clusterAnswer } },
      },
      handle: () => cluster(node),
    },
    {
      method: "POST",
      path: "/cluster/node/{id}/drain",
      access: { scope: "admin", over: "cluster" },
      operation: {
        id: "drainNode",
        tag: "operations",
        summary: "Let a node finish its work and leave",
        params: nodeParams,
        answers: { 202: { description: "The drain has begun" } },
      },
      handle: (context) => drain(node, context.req.param("id") ?? ""),
    },
  ];
}

/** Not ready is a problem document too: whoever reads only the status needs no more. */
function readiness(node: NodeService): RouteResult {
  const { ready, reasons } = node.readiness();
  if (ready) return json({ ready, reasons });
  return new Problem("not-ready", reasons.join("; "), { members: { ready, reasons } });
}

function handlers(jobs: JobService): Response {
  const list = jobs.handlers().map(({ name, kind, isolation, timeoutMs, file }) => ({
    name,
    kind,
    isolation,
    timeout: timeoutMs,
    file,
  }));
  return json({ handlers: list });
}

async function cluster(node: NodeService): Promise<Response> {
  const [nodes, shards] = await Promise.all([node.nodes(), node.shards()]);
  return json({
    nodes,
    shards: shards.map(({ shard, owner, epoch }) => ({ shard, owner, epoch })),
  });
}

async function drain(node: NodeService, id: string): Promise<RouteResult> {
  if (await node.drain(id)) return json({ id, state: "draining" }, 202);
  return new Problem("not-found", "there is no node of this name in the cluster");
}
