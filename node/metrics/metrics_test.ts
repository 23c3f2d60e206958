import assert from "node:assert/strict";
import { Slots } from "../../actors/dispatch/slots.ts";
import type { AttemptOrder } from "../../actors/executor/port.ts";
import { laneOf } from "../../actors/job/codec.ts";
import { start } from "../../actors/job/start.ts";
import { contextOf, jobIn, NOW_MS, specOf } from "../../actors/job/testing/samples.ts";
import { openQueue } from "../../gateway/jobs/queue_book.ts";
import { Fault } from "../../runtime/fault.ts";
import { MemoryStore } from "../../runtime/store/memory.ts";
import { insert, SHARDS } from "../../runtime/store/testing/fixtures.ts";
import { DeadLetters } from "../../runtime/supervision/dead_letters.ts";
import {
  readExposition,
  type ReadMetric,
} from "../../runtime/telemetry/testing/exposition_reader.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { Metrics } from "./metrics.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url);
const PAGE = new URL("../../docs/metrics.md", import.meta.url);

/** Every metric of a node in a cluster, with samples of each. */
async function everything(): Promise<ReadonlyMap<string, ReadMetric>> {
  const clock = new VirtualClock(NOW_MS);
  const metrics = new Metrics({ clock, version: "1", node: "a", queues: ["default"] });
  const slots = new Slots(2);
  const memory = new MemoryStore(clock, { shards: SHARDS });
  const away = new Fault("store.sweep", "unavailable", { message: "away" });
  const store = metrics.store.wrap(
    Object.assign(memory, { sweep: () => Promise.reject(away) }),
  );
  metrics.join({
    config: { shards: SHARDS },
    store,
    slots,
    system: {
      load: () => ({ writes: 0, actors: 0, window: 0, writesPending: 0 }),
      tally: () => ({
        swept: 0,
        shardsMissing: 0,
        moves: { gained: 0, taken: 0, lost: 0, released: 0 },
      }),
      readiness: () => ({ ready: true, reasons: [] }),
      owned: () => [],
      deadLetters: new DeadLetters(),
    },
    dispatcher: { untold: 0 },
    alerts: { raised: new Map() },
    queues: {
      isPaused: () => false,
      settings: (name) => ({
        ...openQueue(name),
        concurrency: 5,
        rate: { limit: 1, perMs: 1_000 },
      }),
    },
    permits: { held: () => ({ queue: 1, keys: 2 }) },
    cluster: {
      members: () => [],
      counts: {
        ...{ misdirected: 0, refused: 0, undecodable: 0 },
        ...{ probes: 0, probesFailed: 0, refuted: 0, stalls: 0 },
      },
      fences: () => [],
    },
  });
  metrics.jobs.submitted(Promise.resolve({ kind: "taken", id: "a" }));
  const { effects } = start(jobIn("pending"), contextOf(), { armAheadMs: 0 });
  for (const effect of effects) if (effect.kind === "changed") metrics.jobs.changed(effect);
  const order = { key: { token: "t" }, name: "noop", notBeforeMs: NOW_MS } as AttemptOrder;
  slots.began("j", { token: "t", lane: laneOf(specOf().queue) });
  metrics.attempts.began(order);
  metrics.attempts.before({ ended: () => {} } as never).ended(order.key, { kind: "cancelled" });
  await store.apply([insert("a")]);
  await store.sweep({ nowMs: 0, limit: 1 }).catch(() => {});
  const read = readExposition((await metrics.render()).text);
  metrics.close();
  return read;
}

/** The labels of a metric's series. */
function labelsOf({ samples }: ReadMetric): string[] {
  const names = samples.flatMap(({ labels }) => Object.keys(labels));
  return [...new Set(names)].filter((name) => name !== "le");
}

/** Metrics and labels that queries of `text` name; recorded series (with colons) are left out. */
function* selectorsOf(text: string): Generator<{ metric: string; labels: string[] }> {
  for (
    const [, metric = "", inside = ""] of text.matchAll(
      /(?<![\w:])((?:orrery|process)_[a-z_]+)(?![\w:])(?:\{([^}]*)\})?/g,
    )
  ) {
    yield {
      metric,
      labels: [...inside.matchAll(/([a-z_]+)(?:=~|!=|=|!~)/g)].map((m) => m[1] ?? ""),
    };
  }
}

const GIVEN_BY_PROMETHEUS = ["instance", "job", "le"];

function assertKnown(text: string, metrics: ReadonlyMap<string, ReadMetric>): number {
  let count = 0;
  for (const { metric: line, labels } of selectorsOf(text)) {
    const base = line.replace(/_(bucket|sum|count)$/, "");
    const metric = metrics.get(line) ?? metrics.get(base);
    assert.ok(metric !== undefined, `${line} is no metric of ours`);
    if (line !== metric.name) assert.equal(metric.type, "histogram", line);
    for (const label of labels) {
      assert.ok([...labelsOf(metric), ...GIVEN_BY_PROMETHEUS].includes(label), `${line}{${label}}`);
    }
    count++;
  }
  return count;
}

Deno.test("metrics are named as Prometheus' conventions say", async () => {
  for (const { name, help, type } of (await everything()).values()) {
    assert.match(name, /^(orrery|process)_[a-z]+(_[a-z]+)*$/);
    assert.equal(name.endsWith("_total"), type === "counter", name);
    assert.match(help, /^[A-Z0-9].*\.$/, name);
    if (type === "histogram") assert.match(name, /_(seconds|writes)$/);
  }
});

Deno.test("every metric has samples in this test, so that its labels are known", async () => {
  for (const { name, samples } of (await everything()).values()) {
    assert.ok(samples.length > 0, name);
  }
});

Deno.test("the rules and the dashboards ask for metrics and labels that there are", async () => {
  const metrics = await everything();
  const rules = await Deno.readTextFile(new URL("prometheus/rules.yml", DEPLOY));
  const queries = rules.split("\n").filter((line) => !/^\s*(summary|description|#)/.test(line));
  assert.ok(assertKnown(queries.join("\n"), metrics) > 20);
  for await (const { name } of Deno.readDir(new URL("grafana/", DEPLOY))) {
    const text = await Deno.readTextFile(new URL(`grafana/${name}`, DEPLOY));
    const found: string[] = [];
    JSON.parse(text, (key, value) => {
      if (key === "expr" || key === "definition") found.push(value);
      return value;
    });
    assert.ok(assertKnown(found.join("\n"), metrics) > 40, name);
  }
});

Deno.test("the overview's panels have numbers of their own, overlap nowhere and fit the page", async () => {
  const text = await Deno.readTextFile(new URL("grafana/overview.json", DEPLOY));
  const { panels } = JSON.parse(text) as {
    panels: {
      id: number;
      title: string;
      gridPos: { x: number; y: number; w: number; h: number };
    }[];
  };
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const cells = new Set<string>();
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    assert.ok(x + w <= 24, title);
    for (let at = 0; at < w * h; at++) {
      const cell = `${x + at % w},${y + Math.floor(at / w)}`;
      assert.ok(!cells.has(cell), title);
      cells.add(cell);
    }
  }
});

Deno.test("docs/metrics.md tells of every metric what it says of itself", async () => {
  const rows = [...(await everything()).values()].map((metric) => {
    const labels = labelsOf(metric).map((label) => `\`${label}\``).join(", ");
    return [`\`${metric.name}\``, metric.type, labels, metric.help];
  });
  const page = await Deno.readTextFile(PAGE);
  const told = page.split("\n").filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  assert.deepEqual(told, rows);
});
