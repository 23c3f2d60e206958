import assert from "node:assert/strict";
import { actorId, type ShardId } from "../../runtime/ids.ts";
import { CARRIED_INSERTS_MAX } from "../../runtime/limits.ts";
import { contextOf, NOW_MS } from "../job/testing/samples.ts";
import { scheduleBehaviour } from "../schedule/behaviour.ts";
import { draftOfSchedule } from "../schedule/codec.ts";
import type { ScheduleSpec } from "../schedule/spec.ts";
import type { ScheduleState } from "../schedule/state.ts";
import { everyMinute, ID, MINUTE_MS, specOf } from "../schedule/testing/samples.ts";
import { Timetable } from "../schedule/timetable.ts";
import { draftOfReport, reportBehaviour } from "./report/behaviour.ts";
import { missedEvent } from "./schedule_events.ts";

/** What a schedule brings about when it is woken `minutes` after its creation, with nobody there in between. */
function wakeAfter(minutes: number, spec: ScheduleSpec, waiting: ScheduleState["waiting"] = []) {
  const behaviour = scheduleBehaviour(
    ({ jitterMs }, { id, anchorMs }) => new Timetable(everyMinute(anchorMs), { id, jitterMs }),
    {
      reportMissed: (fires, context) => {
        const { id: reporter, nextVersion: version, nowMs } = context;
        return [draftOfReport([missedEvent(fires, context)], { reporter, version, nowMs })];
      },
    },
  );
  const draft = draftOfSchedule(spec, { id: ID, nowMs: NOW_MS });
  const begun = behaviour.decode({ ...draft, shard: 0 as ShardId, version: 1 });
  const state = { ...begun, waiting };
  const context = contextOf({ id: draft.id, nowMs: NOW_MS + minutes * MINUTE_MS });
  return behaviour.receive(state, { kind: "wake" }, context).carries?.inserts ?? [];
}

Deno.test("fires that were missed are reported once, with the decision about them", () => {
  const misfire = { policy: "catch-up", windowMs: null, max: 2 } as const;
  const inserts = wakeAfter(5.5, specOf({ overlap: "allow", misfire }));
  assert.deepEqual(inserts.map(({ kind }) => kind), ["report", "job", "job"]);
  const report = reportBehaviour.decode({ ...inserts[0]!, shard: 0 as ShardId, version: 1 });
  const [event] = report.events;
  assert.equal(inserts[0]?.id, actorId("nightly@schedule@report-2"));
  assert.deepEqual([event?.kind, event?.subject, event?.labels], [
    "schedule.missed",
    "nightly",
    { schedule: "nightly", queue: "default", name: "noop" },
  ]);
  const latest = new Date(NOW_MS + 5 * MINUTE_MS).toISOString();
  assert.equal(event?.message, `5 fires were missed, the latest at ${latest}; 2 made up for`);
});

Deno.test("a step that is full of waiting fires has room for the report of missed ones (H4)", () => {
  const waiting = Array.from({ length: 300 }, (_, n) => ({ nominalAtMs: n, dueAtMs: n }));
  const inserts = wakeAfter(5.5, specOf({ overlap: "allow" }), waiting);
  assert.ok(inserts.length <= CARRIED_INSERTS_MAX, `${inserts.length} inserts`);
  assert.equal(inserts.filter(({ kind }) => kind === "report").length, 1);
});

Deno.test("fires in time report nothing", () => {
  assert.deepEqual(wakeAfter(1, specOf()).map(({ kind }) => kind), ["job"]);
});

Deno.test("jobs of fires bring their deadlines, and a step keeps to its bound (DL2, H4)", () => {
  const sla = { startWithinMs: null, finishWithinMs: null, succeedWithinMs: 60_000 };
  const { job, ...plain } = specOf();
  const spec: ScheduleSpec = {
    ...plain,
    job: { ...job, sla },
    overlap: "allow",
    misfire: { policy: "catch-up", windowMs: null, max: 500 },
  };
  const inserts = wakeAfter(500.5, spec);
  assert.deepEqual(inserts.slice(0, 3).map(({ kind }) => kind), ["report", "deadline", "job"]);
  assert.equal(inserts.length, CARRIED_INSERTS_MAX - 1);
});
