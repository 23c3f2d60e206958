/**
 * Documentation: `/openapi.json`, `/docs` and the status page at `/`.
 * @module
 */
import { openApiDocument } from "../docs/openapi.ts";
import { docsPage, htmlResponse, statusPage } from "../docs/pages.ts";
import { jsonText } from "../http/reply.ts";
import type { Operation, Route } from "../http/route.ts";
import type { NodeService } from "../service.ts";

/** The routes that describe `routes` and themselves. */
export function documentationRoutes(
  routes: readonly Route[],
  { node, version }: { node: NodeService; version: string },
): Route[] {
  const own: Route[] = [
    {
      method: "GET",
      path: "/openapi.json",
      access: "open",
      operation: operation("openApi", { summary: "This document" }),
      handle: () => jsonText(documentText),
    },
    {
      method: "GET",
      path: "/docs",
      access: "open",
      operation: operation("docs", { summary: "This document for people", type: "text/html" }),
      handle: () => htmlResponse(docs),
    },
    {
      method: "GET",
      path: "/",
      access: { scope: "read", over: "queues" },
      operation: operation("status", {
        summary: "The node's status for people",
        type: "text/html",
      }),
      handle: () =>
        htmlResponse(statusPage({ node: node.node, ...node.readiness(), ...node.load() })),
    },
  ];
  const document = openApiDocument([...routes, ...own], version);
  const documentText = JSON.stringify(document);
  const docs = docsPage(document);
  return own;
}

function operation(
  id: string,
  { summary, type = "application/json" }: { summary: string; type?: string },
): Operation {
  return { id, tag: "operations", summary, answers: { 200: { description: "The page", type } } };
}
