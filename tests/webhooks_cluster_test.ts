import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { eventually, pause } from "./support/eventually.ts";
import { type Received, Receiver } from "./support/receiver.ts";

/** Without a Redis there is no cluster to test; the test command says how to get one. */
const ignore = !await hasRedis();

/** Other nodes hear of a webhook within this, ms. */
const KNOWN_MS = 2_500;

/** The states of each job, without repeats of one event. */
function stories(requests: readonly Received[]): ReadonlyMap<string, string[]> {
  const seen = new Set<string>();
  const stories = new Map<string, string[]>();
  for (const { text } of requests) {
    for (const { id, subject, type } of JSON.parse(text) as Record<string, string>[]) {
      if (id === undefined || subject === undefined || seen.has(id)) continue;
      seen.add(id);
      stories.set(subject, [...stories.get(subject) ?? [], type?.split(".").at(-1) ?? ""]);
    }
  }
  return stories;
}

Deno.test(
  "a receiver hears of every job of all nodes, in order, though one of them is killed",
  { ignore },
  async () => {
    await using receiver = Receiver.start();
    await using rig = await ClusterRig.start(["a", "b", "c"], {
      config: { webhooks: { allowPrivate: true } },
    });
    await rig.agreed();
    const client = rig.anyone;
    const made = await client.send("/webhook", {
      json: { id: "in", url: `${receiver.url}/in`, batch: 50 },
    });
    assert.equal(made.status, 201);
    await pause(KNOWN_MS);
    const ids = Array.from({ length: 600 }, (_, at) => `job-${at}`);
    await client.bulk(ids.map((id) => ({ id, name: "noop" })));
    await receiver.took(2);
    await (rig.nodes[2] as RigNode).process.end("SIGKILL");
    await eventually(() => {
      const told = stories(receiver.requests);
      return ids.every((id) => told.get(id)?.at(-1) === "completed") ? true : undefined;
    }, { what: "every job's end", withinMs: 30_000 });
    for (const story of stories(receiver.requests).values()) {
      assert.match(story.join(" "), /^running( pending running)* completed$/);
    }
  },
);
