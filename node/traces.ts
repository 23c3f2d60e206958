/**
 * Traces: wraps the service that takes jobs in and the executor that runs attempts, so that they make spans.
 *
 * Intuition: both ends of a job's way are ports of the node already; what lies between carries the
 * span's name with the job. So tracing is two wrappers, and a node without a tracer has neither (T1).
 *
 * Invariant: TR1. Every attempt that is handed to the executor has one span, ended with its outcome (E1).
 * @module
 */
import type { AttemptOrder, AttemptReports, Executor } from "../actors/executor/port.ts";
import type { JobService } from "../gateway/service.ts";
import type { Span, Tracer } from "../runtime/telemetry/tracer.ts";

const SYSTEM = { "messaging.system": "orrery" };

/** Who makes the spans, and what node they tell; undefined: there are none. */
export type Tracing = { readonly tracer: Tracer; readonly node: string } | undefined;

/** Makes an executor that reports to `reports`. */
export type MakeExecutor = (reports: AttemptReports) => Executor;

/** `services`, whose jobs are traced from their submission on. */
export function tracedServices<Services extends { readonly jobs: JobService }>(
  tracing: Tracing,
  services: Services,
): Services {
  return tracing === undefined
    ? services
    : { ...services, jobs: tracedJobs(services.jobs, tracing) };
}

/** The executor that `make` makes for what reports to `reports`, its attempts traced (TR1). */
export function tracedAttempts(
  tracing: Tracing,
  reports: AttemptReports,
  make: MakeExecutor,
): Executor {
  if (tracing === undefined) return make(reports);
  const spans = new AttemptSpans(tracing);
  return spans.executor(make(spans.reports(reports)));
}

/** `jobs`, each submission a producer span; jobs of spans that nobody samples carry no span. */
function tracedJobs(
  jobs: JobService,
  { tracer, node }: NonNullable<Tracing>,
): JobService {
  const submit: JobService["submit"] = async (spec, naming) => {
    const span = tracer.produce("orrery.job submit", {
      ...SYSTEM,
      "messaging.operation.type": "send",
      "messaging.operation.name": "submit",
      "messaging.destination.name": spec.queue,
      "orrery.job.name": spec.name,
      "orrery.node": node,
    });
    const { traceId, spanId: parentSpanId } = span;
    try {
      const outcome = await jobs.submit(
        span.sampled ? { ...spec, traceId, parentSpanId } : spec,
        naming,
      );
      span.end();
      return outcome;
    } catch (error) {
      span.end(error instanceof Error ? error : { name: "Error", message: String(error) });
      throw error;
    }
  };
  return {
    submit,
    get: (id) => jobs.get(id),
    list: (query) => jobs.list(query),
    counts: () => jobs.counts(),
    command: (id, command, edit) => jobs.command(id, command, edit),
    bulk: (request) => jobs.bulk(request),
    logs: (id, query) => jobs.logs(id, query),
    queue: (name) => jobs.queue(name),
    setQueue: (settings) => jobs.setQueue(settings),
    queueUse: (settings) => jobs.queueUse(settings),
    handlers: () => jobs.handlers(),
    feed: jobs.feed,
  };
}

/** Spans of the attempts of one executor: `reports` is what it reports to, `executor` wraps it. */
class AttemptSpans {
  readonly #spans = new Map<string, Span>();

  constructor(private readonly parts: NonNullable<Tracing>) {}

  /** `reports`, told that an attempt ended after its span did. */
  reports(reports: AttemptReports): AttemptReports {
    return {
      progress: (key, percent) => reports.progress(key, percent),
      log: (key, lines) => reports.log(key, lines),
      step: (key, name, result) => reports.step(key, name, result),
      checkpoint: (key, value) => reports.checkpoint(key, value),
      ended: (key, outcome) => {
        const error = "error" in outcome ? outcome.error : undefined;
        this.#spans.get(key.token)?.end(
          outcome.kind === "unknown-handler"
            ? { name: "UnknownHandler", message: "no handler of that name is loaded" }
            : error,
        );
        this.#spans.delete(key.token);
        reports.ended(key, outcome);
      },
    };
  }

  /** `executor`, each order of a traced job a consumer span. */
  executor(executor: Executor): Executor {
    return {
      run: (order) => {
        this.#begin(order);
        executor.run(order);
      },
      abort: (token, reason) => executor.abort(token, reason),
      handlers: () => executor.handlers(),
      knows: (name) => executor.knows(name),
      reload: () => executor.reload(),
      close: () => executor.close(),
    };
  }

  #begin({ key, name, traceparent }: AttemptOrder): void {
    if (traceparent === undefined) return;
    const span = this.parts.tracer.consume("orrery.job attempt", traceparent, {
      ...SYSTEM,
      "messaging.operation.type": "process",
      "messaging.operation.name": "attempt",
      "messaging.message.id": key.jobId,
      "orrery.job.name": name,
      "orrery.job.attempt": key.attempt,
      "orrery.node": this.parts.node,
    });
    this.#spans.set(key.token, span);
  }
}
