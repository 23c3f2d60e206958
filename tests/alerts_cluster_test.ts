import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { pause } from "./support/eventually.ts";
import { type Received, Receiver } from "./support/receiver.ts";

/** Without a Redis there is no cluster to test; the test command says how to get one. */
const ignore = !await hasRedis();

function start(receiver: Receiver, names: readonly string[], kind: string): Promise<ClusterRig> {
  return ClusterRig.start(names, {
    config: {
      alerts: {
        channels: { ops: { type: "webhook", url: `${receiver.url}/ops`, allowPrivate: true } },
        rules: [{ on: [kind], channels: ["ops"] }],
      },
    },
  });
}

/** `status message` of each notice. */
function told(requests: readonly Received[]): string[] {
  return requests.map(({ body }) => {
    const { status, last } = body["data"] as { status: string; last: { message: string } };
    return `${status}: ${last.message}`;
  });
}

Deno.test(
  "a node that is killed is told once, whoever saw it go, and that it is back",
  { ignore },
  async () => {
    await using receiver = Receiver.start();
    await using rig = await start(receiver, ["a", "b", "c"], "node.lost");
    await rig.agreed();
    const lost = rig.nodes[2] as RigNode;
    await pause(1_500); // Each node has looked once.
    await lost.process.end("SIGKILL");
    assert.deepEqual(told(await receiver.took(1)), ["firing: node c is lost"]);
    await pause(2_000);
    await rig.restart(lost);
    assert.deepEqual(told(await receiver.took(2)), [
      "firing: node c is lost",
      "resolved: node c is there",
    ]);
  },
);

Deno.test(
  "an outage of the store is logged at once, and told when it is over",
  { ignore },
  async () => {
    await using receiver = Receiver.start();
    await using rig = await start(receiver, ["a"], "store.down");
    const { process } = rig.nodes[0] as RigNode;
    await rig.redis.kill();
    await process.line(({ message }) => message === "store fault", {
      what: "a line about the store",
    });
    await pause(4_000);
    await rig.redis.restart();
    const [first, second] = told(await receiver.took(2));
    assert.match(first ?? "", /^firing: the store was out of reach of node a for \d s$/);
    assert.equal(second, "resolved: the store is back");
  },
);
