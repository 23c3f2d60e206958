import assert from "node:assert/strict";
import { Slots } from "../../actors/dispatch/slots.ts";
import { actorId, type BootId, type NodeName, type ShardId } from "../../runtime/ids.ts";
import type { MemberView } from "../../runtime/membership/swim_events.ts";
import { DeadLetters } from "../../runtime/supervision/dead_letters.ts";
import { Exposition } from "../../runtime/telemetry/exposition.ts";
import { readExposition, valueOf } from "../../runtime/telemetry/testing/exposition_reader.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { LOOP_LOOK_MS } from "./limits.ts";
import { nodeMetrics, type ReadParts } from "./node_metrics.ts";
import { ProcessMetrics } from "./process_metrics.ts";

const OWNED = [0, 1] as ShardId[];
const SYSTEM: ReadParts["system"] = {
  load: () => ({ writes: 10, actors: 3, window: 4, writesPending: 5 }),
  tally: () => ({
    swept: 6,
    shardsMissing: 1,
    moves: { gained: 9, taken: 2, lost: 7, released: 6 },
  }),
  readiness: () => ({ ready: false, reasons: ["draining"] }),
  owned: () => OWNED,
  deadLetters: new DeadLetters(),
};

function partsOf(more: Partial<ReadParts> = {}): ReadParts {
  const slots = new Slots(4);
  slots.reserve({ id: actorId("a"), wakeAtMs: 0, lane: "job/default", rank: 0 });
  slots.began("b", { token: "t", lane: "job/default" });
  return {
    system: SYSTEM,
    slots,
    dispatcher: { untold: 2 },
    alerts: { raised: new Map([["job.failed", 5]]) },
    cluster: undefined,
    shards: 8,
    ...more,
  };
}

async function read(parts: ReadParts) {
  const metrics = readExposition((await new Exposition(nodeMetrics(parts)).render()).text);
  return (name: string, labels = {}) => valueOf(metrics, name, labels);
}

Deno.test("nodeMetrics() of a node that is alone tells its work and its shards", async () => {
  const value = await read(partsOf());
  assert.deepEqual(
    ["ready", "draining", "slots", "slots_running", "slots_reserved", "ends_untold", "actors"]
      .map((name) => value(`orrery_${name}`)),
    [0, 1, 4, 1, 1, 2, 3],
  );
  assert.deepEqual(
    ["shards", "shards_owned", "shards_missing", "shards_ownerless", "shards_gained_total"]
      .map((name) => value(`orrery_${name}`)),
    [8, 2, 1, 6, 9],
  );
  assert.equal(value("orrery_shards_lost_total"), 7);
  assert.equal(value("orrery_shard_handoffs_total"), 6);
  assert.equal(value("orrery_shard_takeovers_total"), 2);
  assert.equal(value("orrery_alerts_raised_total", { kind: "job.failed" }), 5);
  assert.equal(value("orrery_alerts_raised_total", { kind: "node.lost" }), 0);
  assert.ok(Number.isNaN(value("orrery_members", { state: "alive" })), "it has no members");
});

Deno.test("nodeMetrics() in a cluster counts members by state, and shards that nobody owns", async () => {
  const states: MemberView["state"][] = ["alive", "alive", "suspect", "dead"];
  const owner = { node: "b" as NodeName, boot: "b1" as BootId };
  const value = await read(partsOf({
    cluster: {
      members: () => states.map((state) => ({ state }) as MemberView),
      counts: {
        ...{ misdirected: 1, refused: 2, undecodable: 3 },
        ...{ probes: 4, probesFailed: 5, refuted: 6, stalls: 7 },
      },
      fences: () => [
        { shard: 0 as ShardId, epoch: 1, owner },
        { shard: 1 as ShardId, epoch: 1, owner: null },
      ],
    },
  }));
  const members = ["alive", "suspect", "draining", "left", "dead"]
    .map((state) => value("orrery_members", { state }));
  assert.deepEqual(members, [2, 1, 0, 0, 1]);
  assert.equal(value("orrery_shards_ownerless"), 7, "what was never owned counts");
  assert.equal(value("orrery_probes_failed_total"), 5);
  assert.equal(value("orrery_gossip_dropped_total", { reason: "undecodable" }), 3);
});

Deno.test("ProcessMetrics tells of the process, and how late the event loop was until it is closed", async () => {
  const clock = new VirtualClock(5_000);
  const process = new ProcessMetrics(clock, { version: "9.9.9", node: "a" });
  await clock.pass(2 * LOOP_LOOK_MS);
  process.close();
  await clock.pass(2 * LOOP_LOOK_MS);
  const text = (await new Exposition(process.metrics()).render()).text;
  const metrics = readExposition(text);
  assert.equal(valueOf(metrics, "orrery_event_loop_lag_seconds_count"), 2);
  assert.equal(valueOf(metrics, "process_start_time_seconds"), 5);
  assert.ok(valueOf(metrics, "process_resident_memory_bytes") > 1e6);
  assert.ok(valueOf(metrics, "process_cpu_seconds_total") > 0);
  const [info] = metrics.get("orrery_build_info")?.samples ?? [];
  assert.deepEqual(info?.labels, { version: "9.9.9", node: "a", deno: Deno.version.deno });
});
