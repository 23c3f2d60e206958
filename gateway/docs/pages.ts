/**
 * Pages: the documentation and the status page: HTML without scripts or outside assets.
 *
 * Intuition: the documentation is rendered here, from the OpenAPI document, so the page needs no
 * script and its policy can forbid everything but its own style.
 * @module
 */
import { createHash } from "node:crypto";
import { page } from "../http/reply.ts";
import { PROBLEM_KINDS } from "../http/problem.ts";
import { escapeHtml } from "./html.ts";
import type { Json, OpenApiDocument } from "./openapi.ts";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid #8884; border-radius: 4px; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.25rem 1rem 0.25rem 0; }
section { border-top: 1px solid #8886; padding-top: 0.5rem; margin-top: 1.5rem; }
h2 code { font-size: 1rem; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
`;
const STYLE_HASH = `sha256-${createHash("sha256").update(STYLE).digest("base64")}`;

/** The documentation page. */
export function docsPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation }))
  );
  const index = operations.map(({ path, method, operation }) =>
    `<tr><td><a href="#${text(operation.operationId)}"><code>${method.toUpperCase()} ` +
    `${escapeHtml(path)}</code></a></td><td>${text(operation.summary)}</td></tr>`
  );
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) =>
    `<section id="schema-${escapeHtml(name)}"><h2>${escapeHtml(name)}</h2>${code(schema)}</section>`
  );
  const problems = Object.entries(PROBLEM_KINDS).map(([kind, [status, title]]) =>
    `<tr><td>${status}</td><td><code>urn:orrery:problem:${kind}</code></td><td>${title}</td></tr>`
  );
  const info = document.info as Json;
  return shell(
    "Orrery API",
    `<h1>Orrery API</h1><p>${text(info.description)}</p>
<p>Version ${text(info.version)} · <a href="/openapi.json">openapi.json</a></p>
<table>${index.join("\n")}</table>
${operations.map(operationSection).join("\n")}
<section id="problems"><h2>Problems</h2><table>${problems.join("\n")}</table></section>
${schemas.join("\n")}`,
  );
}

/** What a person who opens the node's address sees. */
export function statusPage(
  status: {
    node: string;
    ready: boolean;
    reasons: readonly string[];
    running: number;
    slots: number;
  },
): string {
  const state = status.ready ? "ready" : `not ready: ${status.reasons.join("; ")}`;
  return shell(
    "Orrery",
    `<h1>Orrery</h1><p>Node <code>${escapeHtml(status.node)}</code> is ${escapeHtml(state)}.
It runs ${status.running} of ${status.slots} attempts.</p>
<p><a href="/docs">API documentation</a> · <a href="/jobs">jobs</a> ·
<a href="/jobs/counts">counts</a> · <a href="/handlers">handlers</a> · <a href="/cluster">cluster</a></p>`,
  );
}

/** A page's response, with the policy that fits it. */
export function htmlResponse(html: string): Response {
  return page(html, STYLE_HASH);
}

/** The frame of every page: one style, nothing loaded. */
function shell(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body>${body}</body></html>
`;
}

/** One operation: what it takes and what it answers. */
function operationSection(
  { path, method, operation }: { path: string; method: string; operation: Json },
): string {
  const parameters = (operation.parameters as Json[]).map((parameter) => {
    const { description } = parameter.schema as Json;
    const about = parameter.description ?? description ?? "";
    return `<tr><td><code>${text(parameter.name)}</code></td><td>${text(parameter.in)}</td>` +
      `<td>${text(about)}</td></tr>`;
  });
  const body = operation.requestBody as { content: Record<string, Json> } | undefined;
  const bodies = Object.entries(body?.content ?? {}).map(([type, { schema }]) =>
    `<p>Body: <code>${escapeHtml(type)}</code> ${schemaText(schema as Json)}</p>`
  );
  const answers = Object.entries(operation.responses as Record<string, Json>).map(
    ([status, answer]) => `<tr><td>${status}</td><td>${text(answer.description)}</td></tr>`,
  );
  return `<section id="${text(operation.operationId)}">
<h2><code><span class="method">${method.toUpperCase()}</span>${escapeHtml(path)}</code></h2>
<p>${text(operation.summary)}. ${text(operation.description)} ${scopeText(operation)}</p>
${parameters.length > 0 ? `<table>${parameters.join("")}</table>` : ""}${bodies.join("")}
<table>${answers.join("")}</table></section>`;
}

/** What a key needs for it. */
function scopeText({ security }: Json): string {
  const [first] = security as { readonly bearer: readonly string[] }[];
  const scope = first?.bearer[0];
  return scope === undefined ? "Open to all." : `Scope: <code>${text(scope)}</code>.`;
}

/** A link for a named schema, the schema itself for others. */
function schemaText(schema: Json): string {
  if (typeof schema.$ref !== "string") return code(schema);
  const name = escapeHtml(schema.$ref.split("/").at(-1) ?? "");
  return `<a href="#schema-${name}">${name}</a>`;
}

function code(value: unknown): string {
  return `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
}

function text(value: unknown): string {
  return escapeHtml(value === undefined ? "" : String(value));
}
