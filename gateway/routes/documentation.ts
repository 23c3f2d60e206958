/**
 * Documentation: `/openapi.json` and `/docs`.
 * @module
 */
import { openApiDocument } from "../docs/openapi.ts";
import { docsPage, htmlResponse } from "../docs/pages.ts";
import { jsonText } from "../http/reply.ts";
import type { Operation, Route } from "../http/route.ts";

/** The routes that describe `routes` and themselves. */
export function documentationRoutes(routes: readonly Route[], version: string): Route[] {
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
