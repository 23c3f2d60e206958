import assert from "node:assert/strict";
import type { AttemptOrder, AttemptOutcome, AttemptReports } from "../../actors/executor/port.ts";
import { jobIn, NOW_MS, specOf } from "../../actors/job/testing/samples.ts";
import type { JobService, SubmitOutcome } from "../../gateway/service.ts";
import type { ActiveSpan, SpanError, SpanOptions, Tracer } from "../../runtime/telemetry/tracer.ts";
import { NodeTraces } from "./node_traces.ts";
import type { Traceable } from "./traced_services.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const PARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

/** A span that was begun. */
interface Begun extends SpanOptions {
  readonly name: string;
  ended: SpanError | "well" | null;
}

/** Traces whose spans are written down; `active`: what is active, and whether it is sampled. */
function setup({ active = null as { readonly sampled: boolean } | null } = {}) {
  const spans: Begun[] = [];
  const renamed: string[] = [];
  const ids = { traceId: TRACE_ID, spanId: "0000000000000001" };
  const traceparent = PARENT.replace("b7ad6b7169203331", ids.spanId);
  const tracer: Tracer = {
    begin(name, options) {
      const span: Begun = { name, ...options, ended: null };
      spans.push(span);
      return {
        ...{ ...ids, traceparent, sampled: true },
        tell: () => {},
        end: (error) => span.ended = error ?? "well",
      };
    },
    active: (): ActiveSpan | undefined =>
      active === null
        ? undefined
        : { ...ids, traceparent, ...active, rename: (name) => void renamed.push(name) },
    within: (_traceparent, run) => run(),
  };
  const clock = { wallMs: () => NOW_MS };
  return { traces: new NodeTraces({ tracer, node: "a", clock }), spans, renamed, traceparent };
}

const ORDER: AttemptOrder = {
  key: { jobId: "job-1", attempt: 2, token: "t" },
  name: "noop",
  payload: "null",
  timeoutMs: null,
  notBeforeMs: NOW_MS - 30,
  scheduledForMs: NOW_MS,
  fence: 1,
  checkpoint: "null",
  steps: new Map(),
  exclusive: false,
  trace: { parent: PARENT, queue: "mail" },
};

/** Runs `order` on an executor under `traces`, ending as `outcome`; what the executor was given. */
function attempt(traces: NodeTraces, order: AttemptOrder, outcome: AttemptOutcome): AttemptOrder {
  let given: AttemptOrder | undefined;
  const listener = { ended: () => {} } as Partial<AttemptReports> as AttemptReports;
  const executor = traces.attempts(listener, (reports) =>
    ({
      run(order: AttemptOrder) {
        given = order;
        reports.ended(order.key, outcome);
      },
    }) as Partial<ReturnType<Parameters<NodeTraces["attempts"]>[1]>> as never);
  executor.run(order);
  return given ?? assert.fail("nothing was run");
}

/** Services of which `submit` alone is there. */
function submitting(submit: JobService["submit"]): Traceable {
  return { jobs: { submit }, flows: {}, schedules: {} } as Partial<Traceable> as Traceable;
}

Deno.test("an attempt is a span of its own, and what runs it is told its name (TR1)", () => {
  const { traces, spans, traceparent } = setup();
  const given = attempt(traces, ORDER, { kind: "ok", result: "null" });
  assert.deepEqual(given, { ...ORDER, trace: { parent: traceparent, queue: "mail" } });
  assert.deepEqual(spans, [{
    name: "process mail",
    kind: "consumer",
    parent: PARENT,
    attributes: {
      "messaging.system": "orrery",
      "messaging.operation.type": "process",
      "messaging.operation.name": "process",
      "messaging.destination.name": "mail",
      "messaging.message.id": "job-1",
      "orrery.node": "a",
      "orrery.job.name": "noop",
      "orrery.job.attempt": 2,
      "orrery.job.lag_ms": 30,
    },
    ended: "well",
  }]);
});

Deno.test("an attempt's span ends as it did", () => {
  const error = { name: "RangeError", message: "too early" };
  const outcomes: readonly [AttemptOutcome, string][] = [
    [{ kind: "error", error, retryable: true }, "RangeError"],
    [{ kind: "timeout", error: { ...error, name: "TimeoutError" } }, "TimeoutError"],
    [{ kind: "lost", error: { ...error, name: "AttemptLost" } }, "AttemptLost"],
    [{ kind: "cancelled" }, "AttemptCancelled"],
    [{ kind: "unknown-handler" }, "UnknownHandler"],
  ];
  for (const [outcome, name] of outcomes) {
    const { traces, spans } = setup();
    attempt(traces, ORDER, outcome);
    const [span] = spans;
    assert.equal(typeof span?.ended === "object" && span.ended?.name, name);
  }
});

Deno.test("an attempt of a job that is not traced is run as it is (TR2)", () => {
  const { traces, spans } = setup();
  const { trace: _, ...untraced } = ORDER;
  assert.equal(attempt(traces, untraced, { kind: "ok", result: "null" }), untraced);
  assert.deepEqual(spans, []);
});

Deno.test("a submission that fails is an error, and still fails", async () => {
  const { traces, spans } = setup();
  const { jobs } = traces.services(submitting(() => Promise.reject(new TypeError("no store"))));
  await assert.rejects(jobs.submit(specOf(), { kind: "generated" }), TypeError);
  assert.deepEqual(spans.map(({ name, ended }) => [name, (ended as Error).message]), [
    ["submit default", "no store"],
  ]);
});

Deno.test("what is submitted under a span that nobody sees has none", async () => {
  const { traces, spans } = setup({ active: { sampled: false } });
  const spec = specOf();
  const given: unknown[] = [];
  const { jobs } = traces.services(submitting((one) => {
    given.push(one);
    return Promise.resolve({ kind: "taken", id: "job-1" } as SubmitOutcome);
  }));
  await jobs.submit(spec, { kind: "generated" });
  assert.deepEqual([given, spans], [[spec], []]);
});

Deno.test("what is part of a span already gets none of its own", async () => {
  const { traces, spans } = setup({ active: { sampled: true } });
  const trace = traces.requests.traceOf();
  assert.deepEqual(trace, { traceId: TRACE_ID, parentSpanId: "0000000000000001" });
  assert.equal(setup({ active: { sampled: false } }).traces.requests.traceOf(), undefined);
  const taken = { kind: "taken", id: "job-1" } as SubmitOutcome;
  const { jobs } = traces.services(submitting(() => Promise.resolve(taken)));
  await jobs.submit(specOf(trace), { kind: "generated" });
  assert.deepEqual(spans, []);
});

Deno.test("a job that fails for good or is cancelled ends its trace; one that completes says nothing", () => {
  const { traces, spans } = setup();
  const spec = specOf({ traceId: TRACE_ID, parentSpanId: "b7ad6b7169203331" });
  const error = { name: "RangeError", message: "too early" };
  traces.ended("job-1", jobIn("completed", { spec }));
  traces.ended("job-1", jobIn("failed"));
  traces.ended("job-1", jobIn("failed", { spec, error }));
  traces.ended("job-1", jobIn("cancelled", { spec }));
  assert.deepEqual(
    spans.map(({ name, parent, attributes, ended }) => [
      ...[name, parent, attributes["orrery.job.state"]],
      ended === "well" ? ended : ended?.name,
    ]),
    [
      ["settle default", PARENT, "failed", "RangeError"],
      ["settle default", PARENT, "cancelled", "well"],
    ],
  );
});

Deno.test("requests are told by the active span", () => {
  const { traces, renamed } = setup({ active: { sampled: true } });
  traces.requests.routed("POST", "/job/{id}/run");
  assert.deepEqual(renamed, ["POST /job/{id}/run"]);
});
