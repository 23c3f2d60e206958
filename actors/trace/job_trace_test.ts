import assert from "node:assert/strict";
import type { Behaviour, ReducerContext } from "../../runtime/actor/behaviour.ts";
import type { ShardId } from "../../runtime/ids.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import { subjectOf } from "../alert/ids.ts";
import { incidentBehaviour } from "../alert/incident/behaviour.ts";
import { draftOfIncident } from "../alert/incident/codec.ts";
import { eventsOf } from "../alert/job_events.ts";
import { eventOf, ruleOf } from "../alert/testing/samples.ts";
import { decodeFlow, draftOfFlow, readFlowJob } from "../flow/codec.ts";
import { jobPlan, planOf } from "../flow/testing/samples.ts";
import { decodeJob } from "../job/codec.ts";
import type { JobSpec } from "../job/spec.ts";
import { start } from "../job/start.ts";
import { contextOf, jobIn, NOW_MS, specOf } from "../job/testing/samples.ts";
import { scheduleBehaviour } from "../schedule/behaviour.ts";
import { draftOfSchedule } from "../schedule/codec.ts";
import { everyMinute, MINUTE_MS, specOf as scheduleOf } from "../schedule/testing/samples.ts";
import { Timetable } from "../schedule/timetable.ts";
import { type BeginTrace, type Origin, traceparentOf } from "./job_trace.ts";

const TRACE = { traceId: "0af7651916cd43dd8448eb211c80319c", parentSpanId: "b7ad6b7169203331" };
const PARENT = `00-${TRACE.traceId}-${TRACE.parentSpanId}-01`;
const CAUSE = PARENT.replace("0af", "1af");

/** What a message to an actor made of `draft` makes, and for what traces were begun. */
function made<State, Message>(
  behaviour: (beginTrace: BeginTrace) => Behaviour<State, Message, unknown, unknown>,
  { draft, message, context }: {
    readonly draft: Omit<Draft, "shard">;
    readonly message: Message;
    readonly context: Partial<ReducerContext>;
  },
) {
  const origins: Origin[] = [];
  const begun = behaviour((origin) => {
    origins.push(origin);
    return TRACE;
  });
  const state = begun.decode({ ...draft, shard: 0 as ShardId, version: 1 });
  const step = begun.receive(state, message, contextOf({ id: draft.id, ...context }));
  const jobs = (step.carries?.inserts ?? []).map((one) =>
    decodeJob({ ...one, shard: 0 as ShardId, version: 1 }).spec
  );
  return { jobs, origins };
}

const traceOf = ({ traceId, parentSpanId }: JobSpec) => ({ traceId, parentSpanId });

Deno.test("traceparentOf() names the span of a job's submission, if it is traced (JT1)", () => {
  assert.equal(traceparentOf(specOf(TRACE)), PARENT);
  assert.equal(traceparentOf(specOf({ traceId: TRACE.traceId })), undefined);
});

Deno.test("an attempt of a traced job is ordered as part of its trace, under its queue's name", () => {
  const job = jobIn("pending", { spec: specOf({ ...TRACE, queue: "mail" }) });
  const [run] = start(job, contextOf(), { armAheadMs: 0 }).effects;
  assert.deepEqual(run?.kind === "run" && run.order.trace, { parent: PARENT, queue: "mail" });
});

Deno.test("every job of a flow keeps the span of its submission", () => {
  const plan = { ...planOf({ a: [], b: ["a"] }, { callback: jobPlan() }), ...TRACE };
  const draft = draftOfFlow(plan, { id: "f", nowMs: NOW_MS });
  const { spec } = decodeFlow({ ...draft, shard: 0 as ShardId, version: 1 });
  const jobs = [...spec.nodes.map(({ job }) => job), spec.callback!];
  for (const job of jobs) {
    assert.deepEqual(traceOf(readFlowJob(job, { createdAtMs: NOW_MS, nowMs: NOW_MS })), TRACE);
  }
});

Deno.test("a fire begins a trace, linked to what made the schedule, and its job keeps it", () => {
  const draft = draftOfSchedule(scheduleOf({ madeBy: CAUSE }), { id: "nightly", nowMs: NOW_MS });
  const context = { nowMs: NOW_MS + MINUTE_MS };
  const { jobs, origins } = made(
    (beginTrace) =>
      scheduleBehaviour(
        ({ jitterMs }, { id, anchorMs }) => new Timetable(everyMinute(anchorMs), { id, jitterMs }),
        { beginTrace },
      ),
    { draft, message: { kind: "wake" }, context },
  );
  assert.deepEqual(jobs.map(traceOf), [TRACE]);
  const [{ jobId, ...origin }] = origins as [Origin];
  assert.match(jobId, /^nightly/);
  assert.deepEqual(origin, { operation: "fire", name: "noop", queue: "default", cause: CAUSE });
});

Deno.test("what tells a channel begins a trace, linked to the job that the event was about", () => {
  const before = jobIn("running", { spec: specOf(TRACE) });
  const after = { ...before, state: "failed", running: null } as const;
  const [event] = eventsOf({ before, after, context: contextOf() });
  assert.equal(event?.trace, PARENT);
  const rule = ruleOf({ gatherMs: 0 });
  const { jobs, origins } = made(
    (beginTrace) => incidentBehaviour(() => rule, beginTrace),
    {
      draft: draftOfIncident(subjectOf(rule, eventOf()), NOW_MS),
      message: { kind: "events", events: [event!] },
      context: { nowMs: NOW_MS },
    },
  );
  assert.deepEqual(jobs.map(traceOf), [TRACE]);
  assert.deepEqual(origins.map(({ operation, cause }) => [operation, cause]), [["alert", PARENT]]);
});
