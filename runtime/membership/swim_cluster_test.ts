/**
 * Many machines together, on virtual time. `ORRERY_TESTS=long` runs more seeds for longer.
 */
import assert from "node:assert/strict";
import { SwimCluster, type SwimNode } from "./testing/swim_cluster.ts";

const LONG = Deno.env.get("ORRERY_TESTS") === "long";
const MINUTE_MS = 60_000;

/** Runs `scenario` for some seeds; a failure names its seed. */
function forSeeds(count: number, scenario: (cluster: SwimCluster, seed: number) => void): void {
  for (let seed = 1; seed <= count; seed++) {
    try {
      scenario(new SwimCluster(seed), seed);
    } catch (error) {
      if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}

/** Cuts all links between the first `count` nodes and the rest. */
function split(cluster: SwimCluster, count: number): void {
  const isFirst = (node: SwimNode) => cluster.nodes.indexOf(node) < count;
  cluster.weather.cut = (from, to) => isFirst(from) !== isFirst(to);
}

const heal = (cluster: SwimCluster) => void (cluster.weather.cut = () => false);
const told = (cluster: SwimCluster) =>
  cluster.falseDeaths.map(({ atMs, by, of }) => `${by.boot} buried ${of} at ${atMs}`);

Deno.test("n nodes that join at once know each other after O(log n) periods", () => {
  for (const nodes of LONG ? [3, 10, 50, 100, 200] : [3, 10, 50]) {
    forSeeds(LONG ? 20 : 3, (cluster) => {
      cluster.startMany(nodes, 0);
      const tookMs = cluster.run(MINUTE_MS, () => cluster.converged);
      assert.ok(tookMs <= 500 * Math.ceil(Math.log2(nodes)), `${nodes} nodes: ${tookMs} ms`);
    });
  }
});

Deno.test("what nodes say survives a way through JSON and the decoder", () => {
  const cluster = new SwimCluster(1, { json: true });
  cluster.startMany(20);
  cluster.weather.loss = 0.3;
  cluster.run(20_000);
  assert.ok(cluster.sightings.some(({ to }) => to === "suspect"));
});

Deno.test("messages of a node and second do not grow with the cluster", () => {
  const rates = [10, 50].map((nodes) => {
    const cluster = new SwimCluster(1);
    cluster.startMany(nodes, 2 * MINUTE_MS);
    const before = cluster.messages;
    cluster.run(MINUTE_MS);
    return (cluster.messages - before) / nodes / 60;
  });
  for (const rate of rates) assert.ok(rate < 5, `${rates}`);
});

Deno.test("a crash among 3 nodes is seen by both others within 4 s", () => {
  forSeeds(LONG ? 500 : 40, (cluster, seed) => {
    cluster.startMany(3, 3_000 + seed * 37);
    const victim = cluster.nodes[seed % 3]!;
    cluster.crash(victim);
    const tookMs = cluster.run(MINUTE_MS, () => cluster.seenAs(victim, "dead"));
    assert.ok(tookMs <= 4_000, `${tookMs} ms`);
    assert.deepEqual(told(cluster), []);
  });
});

Deno.test("a leave is seen by all of 50 nodes within 1 s, and nobody takes it for a death", () => {
  forSeeds(LONG ? 50 : 4, (cluster) => {
    const leaver = cluster.startMany(50)[17]!;
    cluster.feed(leaver, { kind: "leave" });
    const tookMs = cluster.run(10_000, () => cluster.seenAs(leaver, "left"));
    assert.ok(tookMs < 1_000, `${tookMs} ms`);
    cluster.run(10_000);
    assert.ok(cluster.seenAs(leaver, "left"));
    assert.ok(!leaver.up);
  });
});

Deno.test("10 % loss, duplicates and delays kill no healthy node", () => {
  for (const nodes of [3, 10, 50]) {
    forSeeds(LONG ? 20 : 1, (cluster) => {
      cluster.startMany(nodes);
      Object.assign(cluster.weather, { loss: 0.1, duplicates: 0.05, delayMs: [0.2, 60] });
      cluster.run((LONG ? 10 : nodes > 10 ? 0.5 : 3) * MINUTE_MS);
      assert.deepEqual(told(cluster), []);
      assert.ok(
        cluster.sightings.some(({ to }) => to === "suspect"),
        "there was something to err in",
      );
    });
  }
});

Deno.test("a node that stands still for 1.5 s every 3 s kills no healthy node", () => {
  for (const nodes of [2, 3, 10, 50]) {
    forSeeds(LONG ? 20 : 1, (cluster, seed) => {
      const slow = cluster.startMany(nodes)[nodes - 1]!;
      const forMs = (LONG ? 10 : nodes > 10 ? 0.5 : 3) * MINUTE_MS;
      for (let atMs = cluster.nowMs + seed * 7; atMs < cluster.nowMs + forMs; atMs += 3_000) {
        cluster.at(atMs, () => cluster.pause(slow, 1_500));
      }
      cluster.run(forMs);
      assert.deepEqual(told(cluster).filter((line) => !line.includes(`buried ${slow.boot}`)), []);
      assert.ok(slow.swim.counts.stalls > 5);
    });
  }
});

Deno.test("a node that nobody can reach loses its own place only", () => {
  forSeeds(LONG ? 20 : 2, (cluster) => {
    const deaf = cluster.startMany(10)[4]!;
    cluster.weather.cut = (_, to) => to === deaf;
    cluster.run(MINUTE_MS);
    assert.ok(cluster.seenAs(deaf, "dead"));
    const wronged = cluster.falseDeaths.filter(({ by, of }) => by !== deaf && of !== deaf.boot);
    assert.deepEqual(wronged, []);
    assert.ok(deaf.swim.aloneForMs(cluster.nowMs) > 0);
  });
});

Deno.test("a node that half of the others cannot reach keeps its place: helpers can", () => {
  forSeeds(LONG ? 20 : 2, (cluster) => {
    const [target, ...others] = cluster.startMany(10);
    cluster.weather.cut = (from, to) => to === target && others.indexOf(from) < 5;
    cluster.run(2 * MINUTE_MS);
    assert.deepEqual(told(cluster), []);
  });
});

Deno.test("nodes that declared each other dead merge again when the partition heals", () => {
  const cases = [[2, 1], [3, 1], [5, 2], [20, 10], [50, 25]] as const;
  for (const [nodes, first] of cases) {
    forSeeds(LONG ? 30 : 2, (cluster) => {
      cluster.startMany(nodes);
      split(cluster, first);
      cluster.run(40_000);
      for (const { boot, swim } of cluster.nodes) {
        const side = Number(/\d+/.exec(boot)![0]) < first ? first : nodes - first;
        assert.equal(swim.others, side - 1, "each side buried the other");
      }
      heal(cluster);
      const deaths = cluster.falseDeaths.length;
      cluster.run(MINUTE_MS, () => cluster.converged);
      assert.ok(cluster.converged);
      assert.equal(cluster.falseDeaths.length, deaths, "the reunion killed nobody");
    });
  }
});

Deno.test("a newcomer that both sides of a healed partition know brings them together at once", () => {
  forSeeds(LONG ? 50 : 5, (cluster) => {
    cluster.startMany(5);
    split(cluster, 2);
    cluster.run(40_000);
    heal(cluster);
    cluster.start("n5x1", { seeds: ["n0x1:1", "n4x1:1"] });
    const tookMs = cluster.run(MINUTE_MS, () => cluster.converged);
    assert.ok(tookMs < 3_000, `${tookMs} ms`);
  });
});

Deno.test("a restarted node takes its place at once, and its old boot is dead for all", () => {
  forSeeds(LONG ? 50 : 4, (cluster) => {
    const nodes = cluster.startMany(10);
    const old = nodes[3]!;
    cluster.crash(old);
    const next = cluster.start("n3x2", { address: old.address, seeds: ["n0x1:1"] });
    const isIn = () => cluster.seenAs(next, "alive") && !cluster.isLiveForAnyone(old);
    assert.equal(old.swim.self.name, next.swim.self.name);
    const tookMs = cluster.run(10_000, isIn);
    assert.ok(tookMs < 1_000, `${tookMs} ms`);
  });
});

Deno.test("a node whose wall clock went back between two starts takes its place when the old one is dead", () => {
  const cluster = new SwimCluster(1);
  cluster.startMany(3);
  const old = cluster.start("x9", { seeds: ["n0x1:1"] });
  cluster.run(2_000);
  cluster.crash(old);
  const next = cluster.start("x4", { seeds: ["n0x1:1"] });
  cluster.run(2_000);
  assert.ok(!cluster.seenAs(next, "alive"), "the others cannot tell yet which is the later one");
  cluster.run(30_000, () => cluster.seenAs(next, "alive"));
  assert.ok(cluster.seenAs(next, "alive") && !cluster.isLiveForAnyone(old));
});

Deno.test("loads reach everybody within seconds", () => {
  const cluster = new SwimCluster(1);
  const nodes = cluster.startMany(50);
  for (const [at, node] of nodes.entries()) {
    cluster.feed(node, { kind: "loaded", load: { running: at, waiting: 0 } });
  }
  cluster.run(5_000);
  for (const { swim } of nodes) {
    for (const { name, load } of swim.members()) assert.equal(`n${load?.running}x`, name);
  }
});

Deno.test("draining is seen by all, and says nothing against the node's life", () => {
  const cluster = new SwimCluster(1);
  const [node] = cluster.startMany(10);
  cluster.feed(node!, { kind: "described", meta: { draining: true } });
  cluster.run(1_000);
  assert.ok(cluster.seenAs(node!, "draining"));
  cluster.run(MINUTE_MS);
  assert.ok(cluster.seenAs(node!, "draining"));
});
