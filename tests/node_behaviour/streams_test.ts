import assert from "node:assert/strict";
import type { BulkView } from "../support/client.ts";
import { readEvents, type ServerEvent } from "../support/event_source.ts";
import { eventually } from "../support/eventually.ts";
import { nodeSuite } from "../support/suite.ts";

const LINES = 50_000;
const NDJSON = "application/x-ndjson";

function states(events: readonly ServerEvent[]): unknown[] {
  return events.filter(({ event }) => event === "job").map(({ data }) => data.state);
}

function ended(events: readonly ServerEvent[]): boolean {
  return events.some(({ data }) => data.state === "completed");
}

nodeSuite("events", { handlers: ["talkative", "ledger"] }, {
  "of a job tell its whole way, progress included": async ({ client, node }) => {
    const { id } = await client.submit({ name: "talkative", payload: { ms: 350 }, delay: "200ms" });
    const events = await readEvents(`${node().url}/job/${id}/events`, { enough: ended });
    const seen = states(events);
    assert.deepEqual([...new Set(seen)], ["scheduled", "running", "completed"]);
    const progress = events.map(({ data }) => data.progress).filter((one) => one !== null);
    assert.deepEqual([...new Set(progress)], [25, 50, 75]);
    const versions = events.map(({ data }) => Number(data.version));
    assert.deepEqual(versions, [...versions].sort((a, b) => a - b));
  },

  "of a job go on after its last id, over a restart": async ({ client, node, restart }) => {
    const { id } = await client.submit({ name: "ledger", payload: { ms: 2_500 } });
    const path = `/job/${id}/events`;
    const before = await readEvents(node().url + path, {
      enough: (events) => states(events).includes("running"),
    });
    const last = before.at(-1);
    assert.ok(last?.id);
    await restart("SIGKILL");
    const after = await readEvents(node().url + path, { lastEventId: last.id, enough: ended });
    assert.ok(ended(after));
    const versions = after.map(({ data }) => Number(data.version ?? Infinity));
    for (const version of versions) assert.ok(version > Number(last.id), `${version} was seen`);
    const again = await readEvents(node().url + path, { enough: ended });
    assert.deepEqual(states(again), ["completed"]);
  },

  "of a job that were missed are sent on return": async ({ client, node }) => {
    const { id } = await client.submit({ name: "ledger", payload: { ms: 300 } });
    await client.reach(id, "completed");
    const missed = await readEvents(`${node().url}/job/${id}/events`, {
      lastEventId: "1",
      enough: ended,
    });
    assert.deepEqual(states(missed), ["running", "completed"]);
  },

  "of the node resume after an id, and say when they can't": async ({ client, node, restart }) => {
    const url = () => `${node().url}/events`;
    const following = readEvents(url(), { enough: ended });
    const hello = await readEvents(url(), { enough: (events) => events.length > 0 });
    assert.equal(hello[0]?.event, "hello");
    const first = await client.submit({ name: "ledger" });
    await client.reach(first.id, "completed");
    assert.deepEqual(states(await following), ["pending", "running", "completed"]);
    const lastEventId = hello[0]?.id ?? "";
    const resumed = await readEvents(url(), { lastEventId, enough: ended });
    assert.deepEqual(resumed.map(({ data }) => data.jobId), Array(3).fill(first.id));
    await restart("SIGTERM");
    const reset = await readEvents(url(), { lastEventId, enough: (events) => events.length > 0 });
    assert.equal(reset[0]?.event, "reset");
  },

  "end with a bye when the node stops": async ({ node, restart }) => {
    const following = readEvents(`${node().url}/events`, {
      enough: (events) => events.some(({ event }) => event === "bye"),
    });
    await readEvents(`${node().url}/events`, { enough: (events) => events.length > 0 });
    await restart("SIGTERM");
    assert.equal((await following).at(-1)?.event, "bye");
  },

  "progress and log lines of a running job can be read": async ({ client }) => {
    const { id } = await client.submit({ name: "talkative", payload: { ms: 400 } });
    const half = await client.until(id, ({ progress }) => progress === 50, {
      what: "is half done",
    });
    assert.equal(half.state, "running");
    const logs = () =>
      client.request<{ lines: { n: number; text: string }[]; next: number }>(`/job/${id}/logs`);
    const { body } = await logs();
    assert.ok(body.lines.length > 0 && body.lines.length < 6, JSON.stringify(body));
    await client.reach(id, "completed");
    const all = await eventually(async () => {
      const { body } = await logs();
      return body.lines.length === 6 ? body : undefined;
    }, { what: "six lines" });
    assert.match(all.lines[0]?.text ?? "", /^\d{4}-.*Z done so far: \{"percent":25\}$/);
    assert.match(all.lines[1]?.text ?? "", /console at 25$/);
    const rest = await client.request<{ lines: unknown[] }>(`/job/${id}/logs?after=4`);
    assert.equal(rest.body.lines.length, 2);
  },
});

nodeSuite("a stream of jobs without end", {}, {
  [`takes ${LINES} lines, and answers each while more are sent`]: async ({ client, node }) => {
    let answered = 0;
    let sentAtFirstAnswer = 0;
    let sent = 0;
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        // The last half waits for an answer to the first: nothing may hold answers back.
        if (sent === LINES / 2) {
          await eventually(() => answered > 0 || undefined, { what: "an answer meanwhile" });
        }
        const lines = Array.from({ length: 500 }, (_, at) => lineOf(sent + at));
        controller.enqueue(encoder.encode(lines.join("")));
        sent += lines.length;
        if (sent >= LINES) controller.close();
      },
    });
    const beganMs = performance.now();
    const response = await fetch(`${node().url}/jobs`, {
      method: "POST",
      headers: { "content-type": NDJSON, accept: NDJSON },
      body,
    });
    assert.equal(response.status, 202);
    let rest = "";
    let summary: Partial<BulkView> = {};
    const rejected: number[] = [];
    for await (
      const text of (response.body ?? assert.fail()).pipeThrough(new TextDecoderStream())
    ) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const value = JSON.parse(line);
        if (value.accepted !== undefined) summary = value;
        else if (value.id === undefined) rejected.push(value.index);
        if (answered++ === 0) sentAtFirstAnswer = sent;
      }
    }
    const seconds = (performance.now() - beganMs) / 1_000;
    console.log(
      `${LINES} lines in ${seconds.toFixed(1)} s; ${sentAtFirstAnswer} sent at the first answer`,
    );
    assert.deepEqual([summary.accepted, summary.rejected], [LINES - 5, 5]);
    assert.deepEqual(rejected.sort((a, b) => a - b), [0, 10_000, 20_000, 30_000, 40_000]);
    assert.ok(sentAtFirstAnswer < LINES);
    const { states, total } = await client.counts();
    assert.deepEqual([total, states["scheduled"]], [LINES - 5, LINES - 5]);
  },

  "keeps what came before it broke off, and no half of a line": async ({ client, node }) => {
    const abort = new AbortController();
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(encoder.encode(`{"name":"noop","id":"cut-1"}\n{"name":"noop","id":"cu`));
      },
    });
    const request = fetch(`${node().url}/jobs`, {
      method: "POST",
      headers: { "content-type": NDJSON },
      body,
      signal: abort.signal,
    });
    await eventually(async () => (await client.request("/job/cut-1")).status === 200 || undefined, {
      what: "the first line's job, while the second is half sent",
    });
    abort.abort();
    await assert.rejects(request);
    assert.equal((await client.request("/job/cu")).status, 404);
    assert.equal((await client.request("/readyz")).status, 200);
  },
});

/** Every ten thousandth line is no job. */
function lineOf(index: number): string {
  if (index % 10_000 === 0) return `{"name":"noop","priority":99}\n`;
  return `{"name":"noop","payload":${index},"delay":"2h"}\n`;
}
