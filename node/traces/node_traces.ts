/**
 * NodeTraces: the spans of one node: of what it takes in, of the attempts that it hands on and runs, and of their ends.
 *
 * Intuition: both ends of a job's way are ports of the node already; what lies between carries the
 * span's name with the job. So tracing is a few wrappers, and a node without a tracer has none (T1).
 *
 *     POST ─▶ submit ─┬─▶ process                       here
 *                     ├─▶ dispatch ─▶ process           on another node
 *                     └─▶ settle                        when it fails for good, or is cancelled
 *     fire, alert ────┴ as submit, for jobs that schedules and incidents make: traces of their own
 *
 * Names and attributes are those of OpenTelemetry's conventions for messaging: the queue is the destination.
 * @module
 */
import type { CodeSpans } from "../../actors/executor/attempt/spans.ts";
import type {
  AttemptOrder,
  AttemptReports,
  AttemptTrace,
  Executor,
} from "../../actors/executor/port.ts";
import { codeSpans } from "../../actors/executor/worker/spans.ts";
import type { JobState } from "../../actors/job/state.ts";
import { type BeginTrace, type JobTrace, traceparentOf } from "../../actors/trace/job_trace.ts";
import type { Clock } from "../../runtime/clock.ts";
import { systemClock } from "../../runtime/system/system_clock.ts";
import {
  type Attributes,
  nativeTracer,
  type Span,
  type SpanError,
  type Tracer,
} from "../../runtime/telemetry/tracer.ts";
import { AttemptTraces } from "./attempt_traces.ts";
import { type Traceable, tracedServices, traceOf } from "./traced_services.ts";

/** Makes an executor that reports to `reports`; `spans`: what it runs is seen in traces. */
export type MakeExecutor = (reports: AttemptReports, spans?: CodeSpans) => Executor;

/** What most spans tell. */
export interface SpanFacts {
  /** As the conventions name them: `send`, `process`, `settle`. */
  readonly type: "send" | "process" | "settle";
  /** In this program's words; with the destination it is the span's name. */
  readonly operation: string;
  /** The queue; null: it is about several. */
  readonly queue: string | null;
  readonly more: Attributes;
}

/** The spans of a node. */
export class NodeTraces {
  readonly tracer: Tracer;
  readonly clock: Pick<Clock, "wallMs">;
  readonly #node: string;

  /** `node` is this node's name. */
  constructor(
    { tracer, node, clock }: {
      readonly tracer: Tracer;
      readonly node: string;
      readonly clock: Pick<Clock, "wallMs">;
    },
  ) {
    this.tracer = tracer;
    this.clock = clock;
    this.#node = node;
  }

  /** Name and attributes of a span. */
  named({ type, operation, queue, more }: SpanFacts): {
    readonly name: string;
    readonly attributes: Attributes;
  } {
    return {
      name: queue === null ? operation : `${operation} ${queue}`,
      attributes: {
        "messaging.system": "orrery",
        "messaging.operation.type": type,
        "messaging.operation.name": operation,
        ...(queue !== null && { "messaging.destination.name": queue }),
        "orrery.node": this.#node,
        ...more,
      },
    };
  }

  /** `services`, whose jobs and flows are traced from their submission on. */
  services<Services extends Traceable>(services: Services): Services {
    return tracedServices(this, services);
  }

  /** The executor that `make` makes for what reports to `reports`, its attempts traced. */
  attempts(reports: AttemptReports, make: MakeExecutor): Executor {
    const attempts = new AttemptTraces(this);
    return attempts.executor(make(attempts.reports(reports), codeSpans));
  }

  /** See {@link BeginTrace}. */
  readonly beginTrace: BeginTrace = ({ operation, jobId, name, queue, cause }) => {
    const more = { "messaging.message.id": jobId, "orrery.job.name": name };
    const facts = this.named({ type: "send", operation, queue, more });
    const { attributes } = facts;
    const span = this.tracer.begin(facts.name, {
      ...{ kind: "producer", attributes, parent: null, link: cause },
    });
    span.end();
    return traceOf(span);
  };

  /** Begins the span of handing an attempt to the node `to`. */
  dispatch(
    { key, name }: Pick<AttemptOrder, "key" | "name">,
    { parent, queue, to }: AttemptTrace & { readonly to: string },
  ): Span {
    const more = { ...attemptAttributes({ key, name }), "orrery.to": to };
    const facts = this.named({ type: "send", operation: "dispatch", queue, more });
    const { attributes } = facts;
    return this.tracer.begin(facts.name, { kind: "producer", attributes, parent });
  }

  /** A job is over: one that failed or was cancelled says so in its trace. */
  readonly ended = (id: string, { spec, state, counted, error, finishedAtMs }: JobState): void => {
    const parent = traceparentOf(spec);
    if (parent === undefined || state === "completed") return;
    const { name, attributes } = this.named({
      type: "settle",
      operation: "settle",
      queue: spec.queue,
      more: {
        "messaging.message.id": id,
        "orrery.job.name": spec.name,
        "orrery.job.state": state,
        "orrery.job.attempts": counted,
      },
    });
    const beganMs = finishedAtMs ?? undefined;
    const options = { kind: "internal", attributes, parent } as const;
    this.tracer.begin(name, { ...options, ...(beganMs !== undefined && { beganMs }) })
      .end(state === "failed" ? error ?? FAILED : undefined);
  };

  /** What the gateway is given, for the spans of requests, which the platform begins. */
  readonly requests = {
    /** Names the request's span after its route. */
    routed: (method: string, route: string): void => {
      const active = this.tracer.active();
      if (active?.sampled) active.rename(`${method} ${route}`, { "http.route": route });
    },
    /** What jobs keep that are part of the request's span. */
    traceOf: (): JobTrace | undefined => {
      const active = this.tracer.active();
      return active && traceOf(active);
    },
  };
}

/** The traces of the node of that name; undefined unless `setting`, of the variable OTEL_DENO, asks for them. */
export function tracesOf(setting: string | undefined, node: string): NodeTraces | undefined {
  const tracer = nativeTracer(setting);
  return tracer && new NodeTraces({ tracer, node, clock: systemClock });
}

/** What every span of an attempt tells. */
export function attemptAttributes(
  { key, name }: Pick<AttemptOrder, "key" | "name">,
): Attributes {
  return {
    "messaging.message.id": key.jobId,
    "orrery.job.name": name,
    "orrery.job.attempt": key.attempt,
  };
}

const FAILED: SpanError = { name: "JobFailed", message: "the job failed" };
