/**
 * Tracer: the port through which a node's composition makes spans; cores never see it.
 *
 * Intuition: a job outlives every process that works for it, so no span is open from its submission
 * to its end. What ties its spans together is a W3C traceparent that the job keeps.
 *
 * Invariant: T1. Without a tracer there are no wrappers either: tracing that is off costs nothing.
 * @module
 */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "../../deps.ts";

/** What a span tells beside its name and times. */
export type Attributes = Readonly<Record<string, string | number>>;

/** A span that has begun. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** False: nobody will see it, and what follows from it need not be traced. */
  readonly sampled: boolean;
  /** Ends it, with the status of an error if there was one. */
  end(error?: { readonly name: string; readonly message: string }): void;
}

/** Makes spans. */
export interface Tracer {
  /** A span that asks for work, under the span of whatever runs now. */
  produce(name: string, attributes: Attributes): Span;
  /** A span that does work, under the one that `traceparent` (version 00) names. */
  consume(name: string, traceparent: string, attributes: Attributes): Span;
}

/** The tracer of Deno's native exporter; undefined unless the process was started with `OTEL_DENO=true`, the only value Deno takes. */
export function nativeTracer(setting: string | undefined): Tracer | undefined {
  if (setting !== "true") return undefined;
  const tracer = trace.getTracer("orrery");
  return {
    produce: (name, attributes) =>
      spanOf(tracer.startSpan(name, { kind: SpanKind.PRODUCER, attributes })),
    consume: (name, traceparent, attributes) => {
      const [, traceId = "", spanId = "", flags = "0"] = traceparent.split("-");
      const parent = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
      const context = trace.setSpanContext(ROOT_CONTEXT, parent);
      return spanOf(tracer.startSpan(name, { kind: SpanKind.CONSUMER, attributes }, context));
    },
  };
}

function spanOf(span: ReturnType<ReturnType<typeof trace.getTracer>["startSpan"]>): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceId,
    spanId,
    sampled: (traceFlags & 1) === 1,
    end: (error) => {
      if (error !== undefined) {
        span.setAttribute("error.type", error.name);
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      }
      span.end();
    },
  };
}
