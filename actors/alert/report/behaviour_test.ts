import assert from "node:assert/strict";
import { actorId, type ShardId } from "../../../runtime/ids.ts";
import { contextOf, NOW_MS } from "../../job/testing/samples.ts";
import { isAlertId } from "../ids.ts";
import { eventOf } from "../testing/samples.ts";
import { draftOfReport, reportBehaviour } from "./behaviour.ts";

Deno.test("a report is due at once, asks to be told until it is, and is over then (RP1)", () => {
  const events = [eventOf(), eventOf()];
  const draft = draftOfReport(events, {
    reporter: actorId("order-7/pay"),
    version: 37,
    nowMs: NOW_MS,
  });
  assert.deepEqual([draft.id, draft.index.wakeAtMs], ["order-7/pay@report-11", NOW_MS]);
  assert.ok(isAlertId(draft.id));
  const report = reportBehaviour.decode({ ...draft, shard: 0 as ShardId, version: 1 });
  const context = contextOf({ nowMs: NOW_MS + 5 });
  for (let times = 0; times < 2; times++) {
    const step = reportBehaviour.receive(report, { kind: "wake" }, context);
    assert.deepEqual([step.state, step.effects], [report, [{ kind: "tell", events }]]);
  }
  const over = reportBehaviour.receive(report, { kind: "told" }, context).state;
  const { wakeAtMs, expireAtMs } = reportBehaviour.encode(over).index;
  assert.deepEqual([wakeAtMs, expireAtMs], [null, NOW_MS + 5]);
  for (const kind of ["wake", "told"] as const) {
    const step = reportBehaviour.receive(over, { kind }, context);
    assert.deepEqual([step.state, step.effects], [over, []]);
  }
});
