import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { eventually } from "./support/eventually.ts";

const ignore = !await hasRedis();
/** "Within a second or so", on a machine that others load. */
const HEEDED_WITHIN_MS = 3_000;

/** Dates of January 2030 that a node says a daily schedule leaves out; null: it knows no such calendar. */
async function leftOut({ client }: RigNode): Promise<readonly string[] | null> {
  type Next = { readonly next: readonly { readonly local: string; readonly note?: string }[] };
  const { status, body } = await client.send<Next>("/schedule/preview?count=31", {
    json: { cron: "@daily", startAt: "2030-01-01T00:00:00Z", exclude: { calendars: ["de"] } },
  });
  if (status === 400) return null;
  return body.next.filter(({ note }) => note === "excluded").map(({ local }) => local.slice(0, 10));
}

Deno.test("a calendar that is put on one node is heeded by all, and by those that come later", {
  ignore,
}, async () => {
  await using rig = await ClusterRig.start(["a", "b"]);
  await rig.agreed();
  const [a, b] = rig.nodes as [RigNode, RigNode];
  assert.deepEqual([await leftOut(a), await leftOut(b)], [null, null]);
  /** While its shard moves from node to node, the calendar takes no messages. */
  const send = (node: RigNode, method: string, json?: unknown) =>
    eventually(async () => {
      const { status } = await node.client.send("/calendar/de", { method, json });
      assert.ok(status === 200 || status === 503, `${method}: ${status}`);
      return status === 200 || undefined;
    }, { what: `${method} on ${node.name}` });
  const put = (node: RigNode, dates: readonly string[]) => send(node, "PUT", { dates });
  const heeded = async (node: RigNode, dates: readonly string[] | null) => {
    await eventually(async () => {
      return JSON.stringify(await leftOut(node)) === JSON.stringify(dates) || undefined;
    }, { what: `${node.name} to leave out ${dates}`, withinMs: HEEDED_WITHIN_MS });
  };
  await put(a, ["2030-01-01"]);
  await heeded(b, ["2030-01-01"]);
  await put(b, ["2030-01-06", "2030-01-07"]);
  await heeded(a, ["2030-01-06", "2030-01-07"]);
  const c = await rig.add("c");
  assert.deepEqual(await leftOut(c), ["2030-01-06", "2030-01-07"]);
  await send(c, "DELETE");
  for (const node of [a, b, c]) await heeded(node, null);
});
