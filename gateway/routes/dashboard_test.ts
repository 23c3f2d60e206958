import assert from "node:assert/strict";
import { setup } from "../testing/setup.ts";
import { settingsAnswer } from "./dashboard.ts";

Deno.test("GET / is a page without scripts, styles or addresses of others in it, under a strict policy", async () => {
  const { ask } = setup();
  const { status, text, headers } = await ask("GET /");
  assert.equal(status, 200);
  const policy = headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'; script-src 'self'/);
  assert.match(policy, /require-trusted-types-for 'script'; trusted-types 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  assert.doesNotMatch(text, /https?:\/\/|<style|style="| on\w+="|<script(?![^>]*src=)/);
});

Deno.test("GET / is asked for anew each time, and sent only when it is another", async () => {
  const { ask } = setup();
  const { headers } = await ask("GET /");
  assert.equal(headers.get("cache-control"), "no-cache");
  const tag = headers.get("etag") ?? "";
  const again = await ask("GET /", { headers: { "if-none-match": tag } });
  assert.deepEqual([again.status, again.text], [304, ""]);
});

Deno.test("GET /dashboard/… has every file that the page and its modules load, for ever", async () => {
  const { ask } = setup();
  const { text } = await ask("GET /");
  const wanted = [...text.matchAll(/(?:src|href)="(\/dashboard\/[^"]+)"/g)].map((found) =>
    found[1]
  );
  const seen = new Set<string>();
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const file = await ask(`GET ${path}`);
    assert.equal(file.status, 200, path);
    assert.match(file.headers.get("cache-control") ?? "", /immutable/);
    assert.equal(file.headers.get("x-content-type-options"), "nosniff");
    for (const [, specifier = ""] of file.text.matchAll(/from "([^"]+)"/g)) {
      wanted.push(new URL(specifier, `http://a${path}`).pathname);
    }
  }
  assert.ok(seen.size > 10, `${seen.size} files`);
});

Deno.test("GET /dashboard/… knows no file of another version, and none that browsers don't need", async () => {
  const { ask } = setup();
  const { text } = await ask("GET /");
  const base = /\/dashboard\/[0-9a-f]+/.exec(text)?.[0] ?? "";
  for (const path of ["/dashboard/0000/app.js", `${base}/assets.ts`, `${base}/../api.ts`]) {
    assert.equal((await ask(`GET ${path}`)).status, 404, path);
  }
});

Deno.test("GET /dashboard/settings tells of the node, of where traces are, and of what the caller may", async () => {
  const traceUrl = "https://jaeger.example/trace/{traceId}";
  const { ask } = setup({ traceUrl, version: "1.2.3" });
  const settings = settingsAnswer.parse((await ask("GET /dashboard/settings")).json);
  assert.deepEqual([settings.version, settings.traceUrl], ["1.2.3", traceUrl]);
  const key = { name: "anyone", scopes: ["read", "write", "admin"], namespaces: null };
  assert.deepEqual(settings.key, key);
});
