import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { nodeSuite } from "../support/suite.ts";
import type { ProblemView } from "../support/client.ts";

const JSON_TYPE = { "content-type": "application/json" };

nodeSuite("the API refuses", {}, {
  "what is too large, of another type, or not there": async ({ client }) => {
    const post = (body: BodyInit, headers: HeadersInit) =>
      client.request<ProblemView>("/job", { method: "POST", headers, body });
    const big = JSON.stringify({ name: "noop", payload: "x".repeat(300 * 1024) });
    const cases = [
      [await post(big, JSON_TYPE), 413],
      [await post("x".repeat(600 * 1024), JSON_TYPE), 413],
      [await post("name=noop", { "content-type": "application/x-www-form-urlencoded" }), 415],
      [await post("{", JSON_TYPE), 400],
      [await post(JSON.stringify({ name: "noop", surplus: 1 }), JSON_TYPE), 400],
      [await client.request<ProblemView>("/job/nobody"), 404],
      [await client.request<ProblemView>("/nowhere"), 404],
      [await client.request<ProblemView>("/job", { method: "PUT" }), 405],
    ] as const;
    for (const [{ status, headers, body }, expected] of cases) {
      assert.equal(status, expected, JSON.stringify(body));
      assert.equal(headers.get("content-type"), "application/problem+json");
      assert.equal(body.status, expected);
      assert.ok(body.title && body.detail);
    }
    assert.equal((await client.counts()).total, 0);
  },

  "a host name that is not its own": async ({ node }) => {
    const { port } = new URL(node().url);
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const text = "GET /readyz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    await connection.write(new TextEncoder().encode(text));
    const answer = new Uint8Array(64);
    await connection.read(answer);
    assert.match(new TextDecoder().decode(answer), /^HTTP\/1\.1 421/);
  },
});

nodeSuite("the API", { handlers: ["greet", "talkative"] }, {
  "shows every documented field of a job": async ({ client }) => {
    const { id } = await client.submit({ name: "greet", payload: { to: "Ada" }, tags: ["eu"] });
    const done = await client.reach(id, "completed");
    const fields = [
      ...["id", "name", "queue", "state", "priority", "payload", "result", "error", "progress"],
      ...["checkpoint", "createdAt", "runAt", "startedAt", "finishedAt", "attempt", "maxAttempts"],
      ...["attempts", "sla", "tags", "scheduleId", "shard", "node", "traceId"],
    ];
    for (const field of fields) assert.ok(field in done, field);
    assert.deepEqual(done.result, { greeting: "Hello, Ada!" });
    assert.equal((done.attempts[0] ?? assert.fail()).node, "a");
  },

  "lists by every filter, in pages, in both orders": async ({ client }) => {
    const jobs = Array.from({ length: 23 }, (_, at) => ({
      name: "noop",
      queue: at % 2 === 0 ? "even" : "odd",
      tags: ["listed", `third-${at % 3}`],
      id: `listed-${String(at).padStart(2, "0")}`,
    }));
    await client.bulk(jobs);
    for (const { id } of jobs) await client.reach(id, "completed");
    const ids = async (query: string) => (await client.list(query)).map(({ id }) => id);
    assert.equal((await ids("tag=listed")).length, 23);
    assert.equal((await ids("tag=listed&queue=even")).length, 12);
    assert.equal((await ids("tag=third-1&queue=odd&state=completed&name=noop")).length, 4);
    assert.equal((await ids("tag=listed&state=failed")).length, 0);
    const oldest = await ids("tag=listed&order=oldest");
    assert.deepEqual([...oldest].reverse(), await ids("tag=listed&order=newest"));
    const paged: string[] = [];
    let cursor = "";
    do {
      const next = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await client.request<{ jobs: { id: string }[]; cursor: string | null }>(
        `/jobs?tag=listed&order=oldest&limit=5${next}`,
      );
      assert.ok(body.jobs.length <= 5);
      paged.push(...body.jobs.map(({ id }) => id));
      cursor = body.cursor ?? "";
    } while (cursor !== "");
    assert.deepEqual(paged, oldest);
  },

  "rejects only the bad ones of many": async ({ client }) => {
    const { status, body } = await client.bulk([
      { name: "noop", id: "bulk-a" },
      { name: "" },
      { name: "noop", id: "bulk-a" },
      { name: "noop", runAt: "yesterday" },
      { name: "noop", id: "bulk-b" },
    ]);
    assert.equal(status, 202);
    assert.deepEqual([body.accepted, body.rejected], [2, 3]);
    assert.deepEqual(body.jobs.map(({ index }) => index), [0, 4]);
    assert.deepEqual(body.errors.map(({ index, status }) => [index, status]), [
      [1, 400],
      [2, 409],
      [3, 400],
    ]);
  },

  "tells its health, its cluster, its handlers and its documentation": async ({ client }) => {
    for (const path of ["/healthz", "/readyz", "/cluster", "/handlers", "/openapi.json", "/docs"]) {
      assert.equal((await client.request(path)).status, 200, path);
    }
    const { body } = await client.request<{ nodes: { id: string; shards: number }[] }>("/cluster");
    assert.deepEqual(body.nodes.map(({ id, shards }) => [id, shards]), [["a", 256]]);
  },
});

const short = { retention: { completed: "700ms", failed: "1h" } };

nodeSuite("retention", { handlers: ["talkative"], config: short }, {
  "deletes finished jobs with their logs, and nothing else": async ({ client }) => {
    const talked = await client.submit({ name: "talkative", payload: { ms: 1 }, id: "talked" });
    const kept = await client.submit({ name: "noop", retention: { completed: "1h" } });
    const failed = await client.submit({ name: "fail", retry: { attempts: 1 } });
    const later = await client.submit({ name: "noop", delay: "1h" });
    await client.reach(talked.id, "completed");
    await client.finish(failed.id);
    await eventually(async () => {
      return (await client.request("/job/talked")).status === 404 || undefined;
    }, { what: "the sweep", withinMs: 8_000 });
    assert.equal((await client.request("/job/talked/logs")).status, 404);
    for (
      const [id, state] of [[kept.id, "completed"], [failed.id, "failed"], [later.id, "scheduled"]]
    ) {
      assert.equal((await client.job(id ?? "")).state, state);
    }
    assert.equal((await client.counts()).total, 3);
    assert.equal((await client.list()).length, 3);
    // The id is free again, and its new job has none of the old one's lines.
    assert.equal((await client.post({ name: "noop", id: "talked", delay: "1h" })).status, 202);
    const logs = await client.request<{ lines: unknown[] }>("/job/talked/logs");
    assert.deepEqual(logs.body.lines, []);
  },
});
