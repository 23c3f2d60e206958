import assert from "node:assert/strict";
import { readExposition } from "../runtime/telemetry/testing/exposition_reader.ts";
import { eventually } from "./support/eventually.ts";
import { Workspace } from "./support/workspace.ts";

const JOBS = 12;

/** A metric as OTLP has it, in JSON: numbers may be text. */
interface OtlpMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: readonly OtlpPoint[] };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[] };
}
interface OtlpPoint {
  readonly attributes: readonly { key: string; value: { stringValue: string } }[];
  readonly asDouble?: number;
  readonly asInt?: string;
  readonly count?: string;
  readonly sum?: number;
  readonly explicitBounds?: readonly number[];
}

/** Takes what is pushed; the latest of each metric by name. */
function collector():
  & { readonly url: string; readonly latest: Map<string, OtlpMetric> }
  & AsyncDisposable {
  const latest = new Map<string, OtlpMetric>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const text = await request.text();
      if (new URL(request.url).pathname === "/v1/metrics") {
        JSON.parse(text, (key, value) => {
          if (key === "metrics") { for (const metric of value) latest.set(metric.name, metric); }
          return value;
        });
      }
      return new Response("{}", { headers: { "content-type": "application/json" } });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    latest,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function pointOf(metric: OtlpMetric | undefined, labels: Readonly<Record<string, string>>) {
  const { dataPoints = [] } = metric?.sum ?? metric?.gauge ?? metric?.histogram ?? {};
  return dataPoints.find(({ attributes }) => {
    const given = Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
    return JSON.stringify(Object.entries(given).sort()) ===
      JSON.stringify(Object.entries(labels).sort());
  });
}

function numberOf(point: OtlpPoint | undefined): number {
  return Number(point?.asDouble ?? point?.asInt ?? NaN);
}

Deno.test("a collector gets by OTLP what Prometheus gets", async () => {
  await using otlp = collector();
  await using workspace = await Workspace.create();
  const { client } = await workspace.serve({
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRIC_EXPORT_INTERVAL: "500",
    },
  });
  const jobs = Array.from({ length: JOBS }, () => ({ name: "noop", queue: "mail" }));
  assert.equal((await client.bulk(jobs)).body.accepted, JOBS);
  const labels = { queue: "mail", name: "noop" };
  const { latest } = otlp;
  await eventually(() => {
    const done = pointOf(latest.get("orrery_jobs"), { queue: "mail", state: "completed" });
    return numberOf(done) === JOBS || undefined;
  }, { what: "an export of the end", everyMs: 100 });

  const created = latest.get("orrery_jobs_created_total");
  assert.equal(created?.sum?.isMonotonic, true);
  assert.equal(numberOf(pointOf(created, { ...labels, origin: "request" })), JOBS);
  assert.equal(latest.get("orrery_jobs")?.gauge?.dataPoints.length, 14);
  const run = await eventually(() => {
    const metric = latest.get("orrery_job_run_seconds");
    const point = pointOf(metric, { ...labels, outcome: "ok" });
    return Number(point?.count) === JOBS ? { metric, point } : undefined;
  }, { what: "an export of the run times", everyMs: 100 });
  assert.equal(run.metric?.unit, "s");
  assert.ok((run.point?.sum ?? 0) > 0);
  assert.deepEqual(run.point?.explicitBounds?.slice(0, 3), [0.001, 0.01, 0.05]);
  assert.equal(latest.get("process_resident_memory_bytes")?.unit, "By");

  const { body } = await client.request<string>("/metrics");
  for (const { name, help, samples } of readExposition(body).values()) {
    if (samples.length === 0) continue;
    await eventually(() => latest.has(name) || undefined, { what: `${name} by OTLP` });
    assert.equal(latest.get(name)?.description, help, name);
  }
});
