/**
 * OtelSpan: the span within which something happens, for lines of the log to name.
 * @module
 */
import { otelApi } from "../../deps.ts";
import type { SpanIds } from "./ecs.ts";

/** Loads OpenTelemetry's interface; the answer tells the ids of the span under way, undefined outside of all. */
export async function activeSpan(): Promise<() => SpanIds | undefined> {
  const { trace } = await otelApi();
  return () => {
    const span = trace.getActiveSpan()?.spanContext();
    return span && { traceId: span.traceId, spanId: span.spanId };
  };
}
