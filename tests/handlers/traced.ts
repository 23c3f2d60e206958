/**
 * Fails its first attempt; then does a step, a span of its own by OpenTelemetry's API, and a request that nobody
 * answers, as a handler that knows nothing of who runs it.
 */
import { trace } from "@opentelemetry/api";
import type { HandlerContext } from "orrery";

const tracer = trace.getTracer("shop");

export default {
  name: "traced",
  permissions: { net: ["127.0.0.1:1"] },
  async run(ctx: HandlerContext) {
    if (ctx.attempt === 1) throw new RangeError("too early");
    await ctx.step("charge", () =>
      tracer.startActiveSpan("authorize", async (span) => {
        await fetch("http://127.0.0.1:1/").catch(() => {});
        span.end();
      }));
  },
};
