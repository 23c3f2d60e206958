/**
 * TracedServices: the services behind the API, with a span for everything that makes jobs.
 *
 * Intuition: a submission is answered when it is durable, so its span is the insert's. The jobs that it makes keep
 * the span's name, unless nobody sees it (JT1).
 * @module
 */
import type { JobTrace } from "../../actors/trace/job_trace.ts";
import type { FlowService } from "../../gateway/flows/service.ts";
import type { ScheduleService } from "../../gateway/schedules/service.ts";
import type { JobService } from "../../gateway/service.ts";
import type { Span } from "../../runtime/telemetry/tracer.ts";
import type { NodeTraces, SpanFacts } from "./node_traces.ts";

/** The services that make jobs. */
export interface Traceable {
  readonly jobs: JobService;
  readonly flows: FlowService;
  readonly schedules: ScheduleService;
}

/** `services`, what they make being traced by `traces`. */
export function tracedServices<Services extends Traceable>(
  traces: NodeTraces,
  services: Services,
): Services {
  return {
    ...services,
    jobs: tracedJobs(traces, services.jobs),
    flows: tracedFlows(traces, services.flows),
    schedules: linkedSchedules(traces, services.schedules),
  };
}

function tracedJobs(traces: NodeTraces, jobs: JobService): JobService {
  return {
    submit: (spec, naming) => {
      // Of a batch: the request's own span is that of all its submissions.
      if (spec.parentSpanId !== undefined) return jobs.submit(spec, naming);
      const { queue, name } = spec;
      const more = { "orrery.job.name": name };
      return inSpan(
        traces,
        { type: "send", operation: "submit", queue, more },
        (trace) => jobs.submit({ ...spec, ...trace }, naming),
      );
    },
    get: (id) => jobs.get(id),
    list: (query) => jobs.list(query),
    counts: () => jobs.counts(),
    command: (id, command, edit) => jobs.command(id, command, edit),
    bulk: (request) => jobs.bulk(request),
    logs: (id, query) => jobs.logs(id, query),
    steps: (id) => jobs.steps(id),
    queue: (name) => jobs.queue(name),
    setQueue: (settings) => jobs.setQueue(settings),
    queueUse: (settings) => jobs.queueUse(settings),
    handlers: () => jobs.handlers(),
    feed: jobs.feed,
  };
}

/** Every job of a flow is part of the trace of its submission. */
function tracedFlows(traces: NodeTraces, flows: FlowService): FlowService {
  return {
    create: (plan, naming) =>
      inSpan(
        traces,
        {
          type: "send",
          operation: "submit flow",
          queue: null,
          more: { "messaging.batch.message_count": plan.nodes.length },
        },
        (trace) => flows.create({ ...plan, ...trace }, naming),
      ),
    get: (id) => flows.get(id),
    list: (query) => flows.list(query),
    cancel: (id) => flows.cancel(id),
    retry: (id) => flows.retry(id),
  };
}

/** Every fire of a schedule is a trace of its own, linked to the request that made the schedule what it is. */
function linkedSchedules({ tracer }: NodeTraces, schedules: ScheduleService): ScheduleService {
  const linked: <Spec extends object>(spec: Spec) => Spec = (spec) => {
    const active = tracer.active();
    return active?.sampled ? { ...spec, madeBy: active.traceparent } : spec;
  };
  return {
    create: (spec, id) => schedules.create(linked(spec), id),
    replace: (id, spec) => schedules.replace(id, linked(spec)),
    get: (id) => schedules.get(id),
    list: (query) => schedules.list(query),
    pause: (id, note) => schedules.pause(id, note),
    resume: (id) => schedules.resume(id),
    remove: (id) => schedules.remove(id),
    trigger: (id) => schedules.trigger(id),
    backfill: (id, range) => schedules.backfill(id, range),
    next: (id, options) => schedules.next(id, options),
    preview: (spec, options) => schedules.preview(spec, options),
    occurrences: (id, query) => schedules.occurrences(id, query),
  };
}

/** Does `make` in a span of its own; it is given what the jobs that it makes must keep. */
async function inSpan<Result extends Made>(
  traces: NodeTraces,
  facts: SpanFacts,
  make: (trace: JobTrace | undefined) => Promise<Result>,
): Promise<Result> {
  // Under a span that nobody sees there is none to be seen.
  if (traces.tracer.active()?.sampled === false) return await make(undefined);
  const { name, attributes } = traces.named(facts);
  const span = traces.tracer.begin(name, { kind: "producer", attributes });
  try {
    const result = await make(traceOf(span));
    span.tell({ "messaging.message.id": idOf(result) });
    span.end();
    return result;
  } catch (error) {
    span.end(error instanceof Error ? error : { name: "Error", message: String(error) });
    throw error;
  }
}

/** What services say of what they made, or of what was there. */
type Made =
  | { readonly kind: string; readonly record: { readonly id: string } }
  | { readonly kind: string; readonly id?: string };

function idOf(made: Made): string {
  return "record" in made ? made.record.id : made.id ?? "";
}

/** What jobs keep of a span that they are part of; undefined: nobody sees it (JT1). */
export function traceOf(
  { sampled, traceId, spanId }: Pick<Span, "sampled" | "traceId" | "spanId">,
): JobTrace | undefined {
  return sampled ? { traceId, parentSpanId: spanId } : undefined;
}
