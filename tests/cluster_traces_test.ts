import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import type { JobView } from "./support/client.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { OtlpCollector, type ReceivedSpan } from "./support/otlp_collector.ts";
import { spanNamed, treeOf } from "./support/traces.ts";

/** Without a Redis there is no cluster to test; the test command says how to get one. */
const ignore = !await hasRedis();
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CLIENT_SPAN = "b7ad6b7169203331";
/** Jobs that may be tried until one of them has gone the way that is wanted: shards may still move. */
const TRIES = 5;
const AN_HOUR = "1h";

/**
 * Brings about what is wanted for certain: the job is one of c's, by its id, and c has a free slot: so its first
 * attempt is on c. It fails, and is not repeated for an hour. Then c's only slot is taken by another job of c's
 * own, and this one is told to run now: c must give it to b, since a runs nothing.
 */
async function failsOnC(
  { rig, a, c, trace }: {
    readonly rig: ClusterRig;
    readonly a: RigNode;
    readonly c: RigNode;
    readonly trace: string;
  },
): Promise<JobView> {
  const [id, other] = await rig.idsOf(c, { prefix: trace, count: 2 });
  await a.client.request("/job", {
    method: "POST",
    headers: { "content-type": "application/json", traceparent: `00-${trace}-${CLIENT_SPAN}-01` },
    body: JSON.stringify({ id, name: "traced", retry: { attempts: 2, base: AN_HOUR, jitter: 0 } }),
  });
  await a.client.reach(id as string, "retrying");
  await a.client.submit({ id: other, name: "sleep", payload: { ms: 60_000 } });
  await a.client.reach(other as string, "running");
  await a.client.send(`/job/${id}/run`);
  const job = await a.client.finish(id as string);
  await a.client.request(`/job/${other}`, { method: "DELETE" });
  await a.client.finish(other as string);
  return job;
}

Deno.test(
  "a job taken in by a, failed once on c and run by b is one trace of three service instances",
  { ignore },
  async () => {
    await using collector = OtlpCollector.start();
    await using rig = await ClusterRig.start(["a", "b", "c"], {
      handlers: ["traced"],
      envOf: (name) => collector.env(name),
      args: { a: ["--roles", "gateway"], b: ["--slots", "8"], c: ["--slots", "1"] },
    });
    const [a, , c] = rig.nodes as [RigNode, RigNode, RigNode];
    await rig.agreed();
    let [trace, wanted] = ["", undefined as JobView | undefined];
    for (let tries = 0; tries < TRIES && wanted === undefined; tries++) {
      trace = `${tries}${TRACE.slice(1)}`;
      const job = await failsOnC({ rig, a, c, trace });
      if (job.attempts.map(({ node }) => node).join() === "c,b") wanted = job;
    }
    assert.ok(wanted, "no job failed on c and ran on b");
    const outcomes = wanted.attempts.map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ["error", "ok"], JSON.stringify(wanted.attempts));
    const spans = await collector.until(8, ({ traceId }) => traceId === trace);

    assert.deepEqual(treeOf(spans), [
      "POST /job @a",
      "  submit default @a",
      "    process default @c error: too early",
      "    dispatch default @c",
      "      process default @b",
      "        step charge @b",
      "          authorize @b",
      "            GET @b error: " + spanNamed(spans, "GET").status.message,
    ]);
    assert.equal(spanNamed(spans, "POST /job").parentId, CLIENT_SPAN);
    assertAttributes(spans, wanted);
  },
);

/** What the conventions for messaging ask for, and whose spans they are. */
function assertAttributes(spans: readonly ReceivedSpan[], { id }: JobView): void {
  const job = { "messaging.message.id": id, "orrery.job.name": "traced" };
  const messaging = { "messaging.system": "orrery", "messaging.destination.name": "default" };
  const attributesOf = (name: string, node: string) =>
    spans.find((span) => span.name === name && span.attributes["orrery.node"] === node)
      ?.attributes ?? assert.fail(`${name} of ${node}`);
  const submit = attributesOf("submit default", "a");
  const [failed, ran] = ["c", "b"].map((node) => attributesOf("process default", node));
  const sent = attributesOf("dispatch default", "c");
  const has = (attributes: ReceivedSpan["attributes"] | undefined, more: object) => {
    const expected = { ...messaging, ...job, ...more };
    const found = Object.keys(expected).map((key) => [key, attributes?.[key]]);
    assert.deepEqual(Object.fromEntries(found), expected);
  };
  has(submit, { "messaging.operation.type": "send", "messaging.operation.name": "submit" });
  const process = { "messaging.operation.type": "process", "messaging.operation.name": "process" };
  has(failed, { ...process, "orrery.job.attempt": 1, "error.type": "RangeError" });
  has(ran, { ...process, "orrery.job.attempt": 2 });
  has(sent, { "messaging.operation.type": "send", "orrery.job.attempt": 2, "orrery.to": "b" });
  assert.deepEqual(
    spans.filter(({ name }) => /^(submit|dispatch|process)/.test(name))
      .map(({ name, kind }) => `${name.split(" ")[0]} ${kind}`).sort(),
    ["dispatch 4", "process 5", "process 5", "submit 4"],
  );
}
