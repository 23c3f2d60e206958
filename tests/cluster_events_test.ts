import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import type { JobView } from "./support/client.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { readEvents, type ServerEvent } from "./support/event_source.ts";

const NAMES = ["a", "b", "c"];
/** Without a Redis there is no cluster to test; the test command says how to get one. */
const ignore = !await hasRedis();
/** From a node's death to the end of what it ran, which begins anew elsewhere. */
const TAKEOVER_MS = 30_000;

function states(events: readonly ServerEvent[]): string[] {
  return events.filter(({ event }) => event === "job").map(({ data }) => String(data.state));
}

/** One event's kind, or its job's state and version. */
function told(events: readonly ServerEvent[]): string[] {
  return events.map(({ event, data }) => event === "job" ? `${data.state}:${data.version}` : event);
}

const isOver = (events: readonly ServerEvent[]) => states(events).includes("completed");

function assertGrowing(events: readonly ServerEvent[]): void {
  const versions = events.filter(({ event }) => event === "job").map(({ id }) => Number(id));
  assert.deepEqual(versions, [...new Set(versions)].sort((one, other) => one - other));
}

/** A job that `owner` owns, submitted through `by`. */
async function jobOwnedBy(
  rig: ClusterRig,
  { owner, by, job }: { readonly owner: RigNode; readonly by: RigNode; readonly job: unknown },
): Promise<JobView> {
  const { shards } = await rig.view(by);
  const owned = new Set(shards.filter((one) => one.owner === owner.name).map(({ shard }) => shard));
  for (let tries = 0; tries < 200; tries++) {
    const view = await by.client.submit(job) as JobView & { readonly shard: number };
    if (owned.has(view.shard)) return view;
    await by.client.request(`/job/${view.id}`, { method: "DELETE" });
  }
  return assert.fail(`${owner.name} owns none of 200 jobs`);
}

function follow(
  node: RigNode,
  { id, ...options }: {
    readonly id: string;
    readonly enough: (events: readonly ServerEvent[]) => boolean;
    readonly lastEventId?: string;
    readonly withinMs?: number;
  },
): Promise<ServerEvent[]> {
  return readEvents(`${node.process.url}/job/${id}/events`, options);
}

Deno.test(
  "a job's events are told on every node, also when its owner is killed meanwhile",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES);
    await rig.agreed();
    const [a, b, c] = rig.nodes as [RigNode, RigNode, RigNode];
    const job = { name: "sleep", payload: { ms: 3_000 } };
    const { id } = await jobOwnedBy(rig, { owner: a, by: b, job });
    const following = follow(c, { id, enough: isOver, withinMs: TAKEOVER_MS });
    await follow(c, { id, enough: (events) => states(events).includes("running") });
    await a.process.end("SIGKILL");
    const events = await following;
    console.log(`on c, while a was killed: ${told(events).join(" ")}`);
    assertGrowing(events);
    assert.equal(states(events).at(-1), "completed");
    assert.ok(states(events).filter((state) => state === "running").length >= 2, "it ran again");
    const finished = await c.client.job(id);
    assert.deepEqual(finished.attempts.map(({ outcome }) => outcome), ["lost", "ok"]);
  },
);

Deno.test(
  "a job's events go on without a gap when it moves, and are resumed on another node",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES);
    await rig.agreed();
    const [a, b, c] = rig.nodes as [RigNode, RigNode, RigNode];
    const job = { name: "sleep", payload: { ms: 200 }, delay: "5s" };
    const { id } = await jobOwnedBy(rig, { owner: a, by: b, job });
    const following = follow(c, { id, enough: isOver, withinMs: TAKEOVER_MS });
    await follow(c, { id, enough: (events) => events.length > 0 });
    const { code } = await a.process.end("SIGTERM");
    assert.equal(code, 0);
    const events = await following;
    console.log(`on c, while a was drained: ${told(events).join(" ")}`);
    assert.deepEqual(told(events), ["scheduled:1", "running:2", "completed:3"]);
    const owner = (await c.client.job(id)).attempts[0]?.node;
    const other = owner === "b" ? c : b;
    const resumed = await follow(other, { id, enough: isOver, lastEventId: "1" });
    assert.deepEqual(told(resumed), ["running:2", "completed:3"]);
  },
);

Deno.test(
  "GET /events on one node tells the changes of all, each job's in order",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(NAMES);
    await rig.agreed();
    const c = rig.nodes[2] as RigNode;
    const jobs = 60;
    const done = (events: readonly ServerEvent[]) =>
      states(events).filter((state) => state === "completed").length === jobs;
    const url = `${c.process.url}/events`;
    const following = readEvents(url, { enough: done, withinMs: 20_000 });
    const hello = await readEvents(url, { enough: (events) => events.length > 0 });
    assert.equal(hello[0]?.event, "hello");
    const ids = new Set<string>();
    for (let at = 0; at < jobs; at++) {
      const by = rig.nodes[at % NAMES.length] as RigNode;
      ids.add((await by.client.submit({ name: "echo", payload: at })).id);
    }
    const events = await following;
    for (const id of ids) {
      const way = states(events.filter(({ data }) => data.jobId === id));
      assert.deepEqual(way, ["pending", "running", "completed"], id);
    }
    assert.ok(events.every(({ event }) => event !== "reset"));
    const again = await readEvents(url, { lastEventId: hello[0]?.id ?? "", enough: done });
    assert.deepEqual(again.map(({ id }) => id), events.slice(1).map(({ id }) => id));
  },
);

Deno.test(
  "GET /events tells of a node that joins from its first event on, and resets when one dies",
  { ignore },
  async () => {
    await using rig = await ClusterRig.start(["a", "b"]);
    await rig.agreed();
    const [a, b] = rig.nodes as [RigNode, RigNode];
    const url = `${a.process.url}/events`;
    const wayOf = (events: readonly ServerEvent[], id: string) =>
      states(events.filter(({ data }) => data.jobId === id));
    const joined = "taken-in-by-c";
    const coming = readEvents(url, {
      enough: (events) => wayOf(events, joined).includes("completed"),
      withinMs: 60_000,
    });
    const c = await rig.add("c");
    await c.client.submit({ name: "echo", id: joined });
    const first = await coming;
    assert.deepEqual(wayOf(first, joined), ["pending", "running", "completed"]);
    assert.ok(!told(first).includes("reset"), "a node that comes is no gap");
    await rig.agreed();
    await b.process.end("SIGKILL");
    await rig.agreed([a, c]);
    const { id } = await c.client.submit({ name: "echo" });
    const second = await readEvents(url, {
      lastEventId: first.at(-1)?.id ?? "",
      enough: (events) => wayOf(events, id).includes("completed") && told(events).includes("reset"),
      withinMs: 60_000,
    });
    assert.deepEqual(wayOf(second, id), ["pending", "running", "completed"]);
    assert.ok(told(second).includes("reset"), "a node that dies is a gap");
  },
);
