/**
 * DashboardRoutes: the dashboard at `/`, and the files that it loads.
 *
 * The page may load from its own origin alone, runs no script that stands in it, and can be framed by
 * nobody. It holds no data: all of that comes through the API, with the API's rules.
 * @module
 */
import { type Context, z } from "../../deps.ts";
import { SCOPES } from "../auth/access.ts";
import { type Asset, type Dashboard, dashboardAssets } from "../dashboard/assets.ts";
import { json } from "../http/reply.ts";
import type { Operation, Route } from "../http/route.ts";

const POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "connect-src"].map((what) => `${what} 'self'`),
  // Text cannot become markup, not even by mistake: there is no way of making it so that is allowed.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
const SAFE = {
  "content-security-policy": POLICY,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};
/** What is the same for all who ask. */
export interface DashboardSettings {
  readonly node: string;
  readonly version: string;
  /** With `{traceId}` in it; null: traces are shown nowhere. */
  readonly traceUrl: string | null;
}

/** With what the caller may do. */
export const settingsAnswer = z.strictObject({
  node: z.string(),
  version: z.string(),
  traceUrl: z.string().nullable(),
  key: z.strictObject({
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    namespaces: z.array(z.string()).nullable(),
  }).meta({ description: "Who asks, and what he may do." }),
}).meta({ id: "DashboardSettings" });

const YEAR_S = 365 * 24 * 3_600;

/** `GET /`: the one of these routes that the documentation names. */
export function dashboardRoute(): Route {
  const { page, tag } = dashboardAssets();
  const answers = { 200: { description: "The page", type: "text/html" } };
  return {
    method: "GET",
    path: "/",
    access: "open",
    operation: operation("dashboard", "The dashboard", answers),
    handle: (context) => pageResponse(context, { page, tag }),
  };
}

/** What the page needs to know of the node and of who asks. */
export function dashboardSettingsRoute(settings: DashboardSettings): Route {
  return {
    method: "GET",
    path: "/dashboard/settings",
    access: "known",
    operation: operation("dashboardSettings", "What the dashboard shows of the node and the key", {
      200: { description: "The settings", schema: settingsAnswer },
    }),
    handle: (_, { principal: { name, scopes, namespaces } }) =>
      json({ ...settings, key: { name, scopes: [...scopes], namespaces } }),
  };
}

/** The files that the page loads. */
export function dashboardFileRoutes(): Route[] {
  return dashboardAssets().files.map((asset) => ({
    method: "GET",
    path: asset.path,
    access: "open",
    operation: operation("dashboardFile", "A file of the dashboard", {}),
    handle: () => fileResponse(asset),
  }));
}

function pageResponse(context: Context, { page, tag }: Pick<Dashboard, "page" | "tag">): Response {
  const headers = { ...SAFE, etag: tag, "cache-control": "no-cache" };
  if (context.req.header("if-none-match") === tag) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(page, {
    headers: { ...headers, "content-type": "text/html; charset=utf-8" },
  });
}

/** Kept for ever: another content has another address (D1). */
function fileResponse({ type, text }: Asset): Response {
  const headers = { ...SAFE, "content-type": type };
  const kept = `public, max-age=${YEAR_S}, immutable`;
  return new Response(text, { headers: { ...headers, "cache-control": kept } });
}

function operation(id: string, summary: string, answers: Operation["answers"]): Operation {
  return { id, tag: "operations", summary, answers };
}
