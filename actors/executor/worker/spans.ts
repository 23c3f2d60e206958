/**
 * Spans of handlers' code, by OpenTelemetry's API, which Deno implements in every worker, whatever it may touch.
 *
 * Intuition: with the attempt's span active, spans that a handler makes by itself and requests that it sends are
 * under it without its doing anything. Steps get spans of their own.
 *
 * Not here: third-party imports go directly, not through `deps.ts`: what a worker imports is its start-up time.
 * Loaded only where the process is traced.
 * @module
 */
import {
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { failureOf } from "../attempt/failure.ts";
import type { CodeSpans } from "../attempt/spans.ts";

const tracer = trace.getTracer("orrery");

/** The spans of this process or worker. */
export const codeSpans: CodeSpans = {
  within: (traceparent, run) => context.with(contextOf(traceparent), run),
  step: (name, run) =>
    tracer.startActiveSpan(
      `step ${name}`,
      { attributes: { "orrery.step": name } },
      (span) => ended(span, run),
    ),
};

/** What `run` gives, the span having ended with it. */
async function ended<Result>(span: Span, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const { name, message } = failureOf(error).error;
    span.setAttribute("error.type", name);
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    throw error;
  } finally {
    span.end();
  }
}

function contextOf(traceparent: string | undefined): Context {
  if (traceparent === undefined) return ROOT_CONTEXT;
  const [, traceId = "", spanId = "", flags = "0"] = traceparent.split("-");
  const parent = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, parent);
}
