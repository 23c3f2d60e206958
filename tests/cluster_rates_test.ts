/** Three real gateways hold a key to one rate, however its requests are spread. */
import assert from "node:assert/strict";
import { hashOfKey } from "../gateway/auth/key_ring.ts";
import { hasRedis } from "../tools/redis.ts";
import { ClusterRig, type ClusterView, type RigNode } from "./support/cluster_rig.ts";
import { eventually } from "./support/eventually.ts";

/** Without a Redis there is no cluster to test; the test command says how to get one. */
const ignore = !await hasRedis();
const NAMES = ["a", "b", "c"];
/** So slow that nothing drips in while a test runs. */
const RATE = { requests: 90, per: "1d" };

const entry = (name: string, more: Record<string, unknown> = {}) => ({
  ...{ name, sha256: hashOfKey(name), scopes: ["read", "write"], ...more },
});
const as = (key: string) => ({ headers: { "x-api-key": key } });

/** Three gateways that know of each other. */
async function start(): Promise<ClusterRig> {
  const keys = [entry("root"), entry("one", { rate: RATE }), entry("all", { rate: RATE })];
  const rig = await ClusterRig.start(NAMES, { config: { security: { keys } } });
  for (const { client } of rig.nodes) {
    await eventually(async () => {
      const { body } = await client.request<ClusterView>("/cluster", as("root"));
      return body.nodes.filter(({ state }) => state === "alive").length === NAMES.length ||
        undefined;
    }, { what: () => "three nodes that see each other", withinMs: 30_000 });
  }
  return rig;
}

/** How many of `count` requests at once come through. */
async function admitted(node: RigNode, key: string, count: number): Promise<number> {
  const answers = await Promise.all(
    Array.from({ length: count }, () => node.client.request("/jobs?limit=1", as(key))),
  );
  for (const { status } of answers) assert.ok(status === 200 || status === 429);
  return answers.filter(({ status }) => status === 200).length;
}

Deno.test(
  "three gateways hold a key to one rate, however its requests are spread",
  { ignore },
  async () => {
    await using rig = await start();
    const [a] = rig.nodes as [RigNode];
    let alone = 0;
    // What others lend comes round by round; a refused caller tries again.
    for (let wave = 0; wave < 10; wave++) alone += await admitted(a, "one", 20);
    assert.ok(alone <= 90 && alone >= 85, `${alone} of 90 through one gateway`);
    let spread = 0;
    for (let wave = 0; wave < 10; wave++) {
      const counts = await Promise.all(rig.nodes.map((node) => admitted(node, "all", 10)));
      spread += counts.reduce((sum, count) => sum + count, 0);
    }
    assert.ok(spread <= 90 && spread >= 85, `${spread} of 90 through three gateways`);
    console.log(`${alone} and ${spread} of 90`);
  },
);
