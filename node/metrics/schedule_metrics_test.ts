import assert from "node:assert/strict";
import { DECISIONS, encodeEntry, LEDGER_STREAM } from "../../actors/schedule/ledger.ts";
import { Exposition } from "../../runtime/telemetry/exposition.ts";
import { readExposition, valueOf } from "../../runtime/telemetry/testing/exposition_reader.ts";
import { ScheduleMetrics } from "./schedule_metrics.ts";

Deno.test("wrote() counts the decisions of schedules' ledgers, and nothing of other journals", async () => {
  const metrics = new ScheduleMetrics();
  const entry = { nominalAtMs: 1, dueAtMs: 2, jobId: null, node: "a", atMs: 3 };
  const textOf = (decision: typeof DECISIONS[number]) => encodeEntry({ ...entry, decision });
  metrics.wrote({ stream: LEDGER_STREAM, texts: [textOf("fired"), textOf("misfired")] });
  metrics.wrote({ stream: LEDGER_STREAM, texts: [textOf("fired")] });
  metrics.wrote({ stream: "log", texts: ["2026-11-24T00:00:00.000Z hello"] });
  const read = readExposition((await new Exposition(metrics.metrics()).render()).text);
  const counted = DECISIONS.map((decision) =>
    valueOf(read, "orrery_schedule_occurrences_total", { decision })
  );
  assert.deepEqual(counted, [2, 0, 1, 0, 0, 0, 0, 0]);
});
