/**
 * AttemptTraces: a span for each attempt that a node's executor runs, ended with its outcome.
 *
 * Intuition: the executor has one way in, an order, and one way out, its reports. What runs the
 * handler is told the span's name, and has it active for the handler (actors/executor/worker/spans.ts).
 *
 * Invariants: TR1. Every attempt of a traced job that is handed to the executor has one span, ended with its outcome
 * (E1). TR2. Attempts of jobs that are not traced have none.
 * @module
 */
import type {
  AttemptOrder,
  AttemptOutcome,
  AttemptReports,
  Executor,
} from "../../actors/executor/port.ts";
import type { Span, SpanError } from "../../runtime/telemetry/tracer.ts";
import { attemptAttributes, type NodeTraces } from "./node_traces.ts";

/** Spans of the attempts of one executor: `reports` is what it reports to, `executor` wraps it. */
export class AttemptTraces {
  readonly #spans = new Map<string, Span>();

  constructor(private readonly traces: NodeTraces) {}

  /** `reports`, told that an attempt ended after its span did. */
  reports(reports: AttemptReports): AttemptReports {
    return {
      progress: (key, percent) => reports.progress(key, percent),
      log: (key, lines) => reports.log(key, lines),
      step: (key, name, result) => reports.step(key, name, result),
      checkpoint: (key, value) => reports.checkpoint(key, value),
      ended: (key, outcome) => {
        this.#spans.get(key.token)?.end(errorOf(outcome));
        this.#spans.delete(key.token);
        reports.ended(key, outcome);
      },
    };
  }

  /** `executor`, each order of a traced job a consumer span. */
  executor(executor: Executor): Executor {
    return {
      run: (order) => executor.run(this.#traced(order)),
      abort: (token, reason) => executor.abort(token, reason),
      handlers: () => executor.handlers(),
      knows: (name) => executor.knows(name),
      reload: () => executor.reload(),
      close: () => executor.close(),
    };
  }

  /** The order, as part of a span of its own (TR1, TR2). */
  #traced(order: AttemptOrder): AttemptOrder {
    const { trace } = order;
    if (trace === undefined) return order;
    const { name, attributes } = this.traces.named({
      type: "process",
      operation: "process",
      queue: trace.queue,
      more: {
        ...attemptAttributes(order),
        "orrery.job.lag_ms": Math.max(0, this.traces.clock.wallMs() - order.notBeforeMs),
      },
    });
    const span = this.traces.tracer.begin(name, {
      ...{ kind: "consumer", attributes, parent: trace.parent },
    });
    this.#spans.set(order.key.token, span);
    return { ...order, trace: { ...trace, parent: span.traceparent } };
  }
}

function errorOf(outcome: AttemptOutcome): SpanError | undefined {
  if (outcome.kind === "unknown-handler") return UNKNOWN_HANDLER;
  if (outcome.kind === "cancelled") return CANCELLED;
  return "error" in outcome ? outcome.error : undefined;
}

const UNKNOWN_HANDLER = {
  name: "UnknownHandler",
  message: "no handler of that name is loaded",
};
const CANCELLED = { name: "AttemptCancelled", message: "the job was cancelled" };
