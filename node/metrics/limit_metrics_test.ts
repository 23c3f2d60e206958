import assert from "node:assert/strict";
import { openQueue } from "../../gateway/jobs/queue_book.ts";
import { Exposition } from "../../runtime/telemetry/exposition.ts";
import { readExposition, valueOf } from "../../runtime/telemetry/testing/exposition_reader.ts";
import { limitMetrics } from "./limit_metrics.ts";

Deno.test("limitMetrics() tells of each queue its limits, what is used of them, and what is held for it", async () => {
  const rate = { limit: 30, perMs: 60_000 };
  const limited = { ...openQueue("mail"), concurrency: 8, rate };
  const metrics = limitMetrics({
    book: { queues: () => ["mail", "free"] },
    queues: { settings: (name) => name === "mail" ? limited : openQueue(name) },
    slots: { takenIn: (lane) => lane === "job/mail" ? 3 : 1 },
    permits: { held: (lane) => lane === "job/mail" ? { queue: 4, keys: 6 } : {} },
  });
  const read = readExposition((await new Exposition(metrics).render()).text);
  const value = (name: string, labels: Record<string, string>) =>
    valueOf(read, `orrery_${name}`, labels);
  const [mail, free] = [{ queue: "mail" }, { queue: "free" }];
  assert.equal(value("queue_concurrency_limit", mail), 8);
  assert.equal(value("queue_rate_limit", mail), 0.5);
  assert.equal(value("slots_taken", mail), 3);
  assert.equal(value("permits_held", { ...mail, of: "queue" }), 4);
  assert.equal(value("permits_held", { ...mail, of: "keys" }), 6);
  assert.equal(value("slots_taken", free), 1);
  for (const name of ["queue_concurrency_limit", "queue_rate_limit"]) {
    assert.ok(Number.isNaN(value(name, free)), "what has no limit is absent");
  }
  assert.ok(Number.isNaN(value("permits_held", { ...free, of: "queue" })));
});
