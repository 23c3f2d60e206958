import assert from "node:assert/strict";
import { keptEventId, webhookActorId } from "../../actors/webhook/ids.ts";
import { newsSample } from "../../actors/webhook/testing/samples.ts";
import type { WebhookMessage } from "../../actors/webhook/feed/messages.ts";
import { setup } from "../testing/setup.ts";
import { MADE_SECRET } from "../testing/webhooks.ts";
import { WebhookBook } from "./webhook_book.ts";
import { webhookAnswer, webhookCreatedAnswer } from "./webhook_view.ts";

const BODY = { id: "in", url: "https://example.com/in" };

Deno.test("POST /webhook makes one, shows its secret that once, and refuses a second of its name", async () => {
  const { ask } = setup();
  const { status, json, headers } = await ask("POST /webhook", { body: BODY });
  assert.deepEqual([status, headers.get("location")], [201, "/webhook/in"]);
  assert.equal(webhookCreatedAnswer.safeParse(json).error, undefined);
  assert.deepEqual([json["signingSecret"], json["secret"], json["status"]], [
    MADE_SECRET,
    "stored",
    "active",
  ]);
  const shown = await ask("GET /webhook/in");
  assert.equal(webhookAnswer.safeParse(shown.json).error, undefined);
  const listed = await ask("GET /webhooks");
  assert.ok(!shown.text.includes("whsec_") && !listed.text.includes("whsec_"));
  assert.equal((await ask("POST /webhook", { body: BODY })).status, 409);
});

Deno.test("a secret that was given is in no answer; one in the environment is named by its place", async () => {
  const { ask } = setup();
  const secret = "a-secret-of-its-own-that-is-long";
  const made = await ask("POST /webhook", { body: { ...BODY, secret } });
  assert.deepEqual([made.status, made.json["signingSecret"]], [201, null]);
  assert.ok(!made.text.includes(secret));
  const { id: _, ...settings } = BODY;
  const put = await ask("PUT /webhook/in", {
    body: { ...settings, secretEnv: "ORRERY_WEBHOOK_IN" },
  });
  assert.deepEqual([put.status, put.json["secret"]], [200, "env:ORRERY_WEBHOOK_IN"]);
  const kept = await ask("PUT /webhook/in", { body: settings });
  assert.equal(kept.json["secret"], "env:ORRERY_WEBHOOK_IN");
});

Deno.test("what may not be sent to, or signed with, is refused with its path", async () => {
  const { ask } = setup({ webhooks: { allowHttp: false, secretFiles: false } });
  const wrong: [Record<string, unknown>, string][] = [
    [{ url: "http://example.com/" }, "url"],
    [{ url: "ftp://example.com/" }, "url"],
    [{ url: "https://user:pw@example.com/" }, "url"],
    [{ secret: "short" }, "secret"],
    [{ secret: "whsec_%%%" }, "secret"],
    [{ secretEnv: "ORRERY_STORE" }, "secretEnv"],
    [{ secretFile: "in" }, "secretFile"],
    [{ secretFile: "../key" }, "secretFile"],
    [{ secret: MADE_SECRET, secretEnv: "ORRERY_WEBHOOK_A" }, "secret"],
    [{ batch: 0 }, "batch"],
    [{ states: ["done"] }, "states[0]"],
    [{ id: "orrery.in" }, "id"],
  ];
  for (const [part, path] of wrong) {
    const { status, json } = await ask("POST /webhook", { body: { ...BODY, ...part } });
    const errors = json["errors"] as { path: string }[];
    assert.deepEqual([status, errors?.[0]?.path], [400, path], JSON.stringify(part));
  }
  for (const url of ["http://127.0.0.1:9/a", "http://localhost/", "http://[::1]/"]) {
    const id = `w${url.length}`;
    assert.equal((await ask("POST /webhook", { body: { id, url } })).status, 201, url);
  }
});

Deno.test("a webhook is paused, resumed, tested, deleted, and made again", async () => {
  const { ask } = setup();
  await ask("POST /webhook", { body: BODY });
  const status = async (request: string) => (await ask(request)).json["status"];
  assert.equal(await status("POST /webhook/in/pause"), "paused");
  assert.equal(await status("POST /webhook/in/resume"), "active");
  assert.deepEqual((await ask("POST /webhook/in/test")).json, { delivered: true, error: null });
  const { id: _, ...settings } = BODY;
  await ask("PUT /webhook/in", { body: { ...settings, url: "https://example.com/bad" } });
  assert.deepEqual((await ask("POST /webhook/in/test")).json, {
    delivered: false,
    error: "answered 500",
  });
  assert.equal((await ask("DELETE /webhook/in")).status, 200);
  for (const request of ["GET /webhook/in", "DELETE /webhook/in", "POST /webhook/in/test"]) {
    assert.equal((await ask(request)).status, 404, request);
  }
  assert.deepEqual((await ask("GET /webhooks")).json, { webhooks: [] });
  assert.equal((await ask("POST /webhook", { body: BODY })).status, 201);
});

Deno.test("a replay goes on with a number, or with the first event that came at a moment", async () => {
  const { ask, webhookSystem: system, clock } = setup();
  await ask("POST /webhook", { body: BODY });
  const id = webhookActorId("in");
  const tell = (message: WebhookMessage) =>
    system.ref<WebhookMessage, unknown>("webhook", id).ask(message);
  for (let at = 0; at < 5; at++) {
    system.nowMs = clock.wallMs() + at * 1_000;
    await tell({ kind: "news", events: [newsSample(`job-${at}`)] });
  }
  await tell({ kind: "sent", turn: 0, done: [1, 2, 3, 4, 5], expired: 0, failure: null });
  const waiting = async (body: unknown) =>
    (await ask("POST /webhook/in/replay", { body })).json["waiting"];
  assert.equal(await waiting({ sequence: 4 }), 2);
  assert.equal(await waiting({ from: new Date(clock.wallMs() + 1_500).toISOString() }), 3);
  system.remove(keptEventId(id, 1));
  assert.equal(await waiting({ from: "1999-01-01T00:00:00Z" }), 4);
  assert.equal(await waiting({ sequence: 99 }), 0);
  const both = { sequence: 1, from: "1999-01-01T00:00:00Z" };
  assert.equal((await ask("POST /webhook/in/replay", { body: both })).status, 400);
});

Deno.test("a webhook that is busy, or does not answer, is told as such", async () => {
  const { ask, webhookSystem } = setup();
  await ask("POST /webhook", { body: BODY });
  webhookSystem.troubles.push("busy", "deadline");
  assert.equal((await ask("POST /webhook/in/pause")).status, 503);
  assert.equal((await ask("POST /webhook/in/pause")).status, 504);
});

Deno.test("the book knows what is stored, takes no older news, and forgets what was deleted and swept (WB1)", async () => {
  const { ask, webhookSystem: system } = setup();
  await ask("POST /webhook", { body: { ...BODY, queues: ["mail*"] } });
  const book = new WebhookBook();
  assert.ok(book.isEmpty);
  await book.load(system);
  assert.deepEqual(book.wanting(newsSample()), ["in"]);
  const news = newsSample();
  assert.deepEqual(book.wanting({ ...news, job: { ...news.job, queue: "web" } }), []);
  const old = await system.read(webhookActorId("in"));
  await ask("DELETE /webhook/in");
  await book.load(system);
  assert.ok(book.isEmpty);
  book.apply(old!);
  assert.ok(book.isEmpty);
  system.remove(webhookActorId("in"));
  await book.load(system);
  assert.deepEqual(book.list(), []);
});
