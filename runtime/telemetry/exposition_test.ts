import assert from "node:assert/strict";
import { Exposition } from "./exposition.ts";
import { HistogramMetric, type NumberMetric, numberMetric } from "./meters.ts";
import { readExposition, valueOf } from "./testing/exposition_reader.ts";

Deno.test("render() writes numbers and distributions in Prometheus' form", async () => {
  const lag = new HistogramMetric({ name: "lag_seconds", help: "Lag.", bounds: [0.1, 1] });
  const series = lag.series({ queue: "mail" });
  for (const value of [0.05, 0.5, 0.5, 3]) series.observe(value);
  const runs = numberMetric("counter", { name: "runs_total", help: "Runs.", read: () => 3 });
  const { contentType, text } = await new Exposition([runs, lag]).render();
  assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(
    text,
    [
      "# HELP runs_total Runs.",
      "# TYPE runs_total counter",
      "runs_total 3",
      "",
      "# HELP lag_seconds Lag.",
      "# TYPE lag_seconds histogram",
      'lag_seconds_bucket{le="0.1",queue="mail"} 1',
      'lag_seconds_bucket{le="1",queue="mail"} 3',
      'lag_seconds_bucket{le="+Inf",queue="mail"} 4',
      'lag_seconds_sum{queue="mail"} 4.05',
      'lag_seconds_count{queue="mail"} 4',
      "",
    ].join("\n"),
  );
});

Deno.test("render() keeps whatever text users gave their queues in one label", async () => {
  const names = ['a"} 1', "back\\slash", "two\nlines", "日本"];
  const samples = names.map((queue, value) => ({ labels: { queue }, value }));
  const metric: NumberMetric = { kind: "gauge", name: "jobs", help: "Jobs.", read: () => samples };
  const { text } = await new Exposition([metric]).render();
  const read = readExposition(text);
  names.forEach((queue, value) => assert.equal(valueOf(read, "jobs", { queue }), value, queue));
});

Deno.test("render() leaves out what cannot be read, and tells the rest (ME3)", async () => {
  const away: NumberMetric = {
    kind: "gauge",
    name: "jobs",
    help: "Jobs.",
    read: () => Promise.reject(new Error("the store is away")),
  };
  const ready = numberMetric("gauge", { name: "ready", help: "Ready.", read: () => 0 });
  const read = readExposition((await new Exposition([away, ready]).render()).text);
  assert.deepEqual(read.get("jobs")?.samples, []);
  assert.equal(valueOf(read, "ready"), 0);
});

Deno.test("render() is done once for all who ask at a time, and anew for who asks later (EX1)", async () => {
  let reads = 0;
  const metric = numberMetric("counter", { name: "a_total", help: "A.", read: () => ++reads });
  const exposition = new Exposition([metric]);
  const [one, two] = await Promise.all([exposition.render(), exposition.render()]);
  assert.equal(one, two);
  assert.notEqual((await exposition.render()).text, one.text);
  assert.equal(reads, 2);
});

Deno.test("render() of very much lets the event loop have its turn (EX2)", async () => {
  const metrics = Array.from({ length: 40 }, (_, at) => {
    const metric = new HistogramMetric({ name: `m${at}_seconds`, help: "M.", bounds: [1, 2, 3] });
    for (let queue = 0; queue < 300; queue++) metric.series({ queue: `${queue}` }).observe(queue);
    return metric;
  });
  const exposition = new Exposition(metrics);
  await exposition.render();
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await exposition.render();
  clearInterval(timer);
  assert.ok(turns > 0);
});
