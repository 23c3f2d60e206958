import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setup } from "../testing/setup.ts";

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string }>>;
  components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
}

async function document(): Promise<Document> {
  const { ask } = setup();
  return (await ask("GET /openapi.json")).json as unknown as Document;
}

Deno.test("GET /openapi.json names every operation once", async () => {
  const { openapi, paths } = await document();
  assert.equal(openapi, "3.1.0");
  const ids = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId)
  );
  assert.equal(new Set(ids).size, ids.length);
  for (const path of ["/schedule", "/schedules", "/schedule/{id}/next", "/schedule/preview"]) {
    assert.ok(path in paths, path);
  }
  for (
    const path of [
      "/job",
      "/jobs",
      "/job/{id}/events",
      "/queue/{name}",
      "/cluster",
      "/docs",
      "/flow/{id}",
    ]
  ) {
    assert.ok(path in paths, path);
  }
});

Deno.test("GET /openapi.json has a component for every reference", async () => {
  const whole = await document();
  const text = JSON.stringify(whole);
  const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((found) => found[1]);
  assert.ok(names.length > 10);
  for (const name of names) assert.ok(name !== undefined && name in whole.components.schemas, name);
  assert.doesNotMatch(text, /\$defs/);
});

Deno.test("GET /openapi.json describes requests as they are sent", async () => {
  const { components } = await document();
  const job = components.schemas.JobRequest;
  assert.ok(job?.properties !== undefined);
  assert.deepEqual(Object.keys(job.properties).sort(), [
    ...["concurrencyKey", "debounce", "delay", "delivery", "id", "name", "payload", "priority"],
    ...["queue", "retention", "retry", "runAt", "schedule", "sla", "tags", "throttle", "timeout"],
    "unique",
  ]);
  assert.match(JSON.stringify(job), /"additionalProperties":false/);
});

Deno.test("GET /docs needs no script and nothing from outside", async () => {
  const { ask } = setup();
  const { text, headers } = await ask("GET /docs");
  const policy = headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  assert.ok(policy.includes(`'sha256-${hash}'`), "the policy allows the page's style");
  assert.doesNotMatch(text, /<script|https?:\/\/|src=|style="/);
});

Deno.test("GET /docs links to anchors that exist", async () => {
  const { ask } = setup();
  const { text } = await ask("GET /docs");
  const anchors = [...text.matchAll(/href="#([^"]+)"/g)].map((found) => found[1]);
  assert.ok(anchors.length > 20);
  for (const anchor of anchors) assert.ok(text.includes(`id="${anchor}"`), anchor);
});
