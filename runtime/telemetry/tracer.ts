/**
 * Tracer: the port through which a node's composition makes spans; cores never see it.
 *
 * Intuition: what runs inside a node is batched and goes on in whatever turn of the event loop comes next, so what
 * was active when something began says little of what it belongs to. So every span but those made while a
 * request is answered names its parent.
 *
 * Invariant: T1. Without a tracer there are no wrappers either: tracing that is off costs nothing.
 * @module
 */
import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type TraceContext,
} from "../../deps.ts";

/** What a span tells beside its name and times. */
export type Attributes = Readonly<Record<string, string | number>>;

/** What a span's error tells. */
export interface SpanError {
  readonly name: string;
  readonly message: string;
}

/** How a span begins. */
export interface SpanOptions {
  /** `producer` asks for work, `consumer` does it, `internal` is neither. */
  readonly kind: "producer" | "consumer" | "internal";
  readonly attributes: Attributes;
  /** W3C traceparent (version 00) of the span it is part of; null: it begins a trace; absent: whatever is active. */
  readonly parent?: string | null;
  /** W3C traceparent of a span of another trace that led to it. */
  readonly link?: string | undefined;
  /** When it began, ms since the epoch; absent: now. */
  readonly beganMs?: number;
}

/** A span that has begun. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** W3C. */
  readonly traceparent: string;
  /** False: nobody will see it, and what follows from it need not be traced. */
  readonly sampled: boolean;
  tell(attributes: Attributes): void;
  /** Ends it, with the status of an error if there was one. */
  end(error?: SpanError): void;
}

/** The span that is active where it is asked for. */
export interface ActiveSpan extends Pick<Span, "traceId" | "spanId" | "traceparent" | "sampled"> {
  /** Names it anew, with further attributes. */
  rename(name: string, attributes: Attributes): void;
}

/** Makes spans. */
export interface Tracer {
  begin(name: string, options: SpanOptions): Span;
  /** The active span; undefined: there is none. */
  active(): ActiveSpan | undefined;
  /** Runs with the span that `traceparent` names active; undefined: with none. */
  within<Result>(traceparent: string | undefined, run: () => Result): Result;
}

const KINDS = {
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;
const SAMPLED = 1;

/** Tells whether `setting`, of the variable OTEL_DENO, asks the platform to export: by `true`, the only value that it takes. */
export function otelIsOn(setting: string | undefined): boolean {
  return setting === "true";
}

/** The tracer of Deno's native exporter; undefined unless `setting` asks for it. */
export function nativeTracer(setting: string | undefined): Tracer | undefined {
  if (!otelIsOn(setting)) return undefined;
  const tracer = trace.getTracer("orrery");
  return {
    begin(name, { kind, attributes, parent, link, beganMs }) {
      const span = tracer.startSpan(name, {
        kind: KINDS[kind],
        attributes,
        ...(link !== undefined && { links: [{ context: spanContextOf(link) }] }),
        ...(beganMs !== undefined && { startTime: beganMs }),
      }, parent === undefined ? context.active() : contextOf(parent ?? undefined));
      return new NativeSpan(span);
    },
    active() {
      const span = trace.getActiveSpan();
      return span && new NativeSpan(span);
    },
    within: (traceparent, run) => context.with(contextOf(traceparent), run),
  };
}

function contextOf(traceparent: string | undefined): TraceContext {
  if (traceparent === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, spanContextOf(traceparent));
}

function spanContextOf(traceparent: string) {
  const [, traceId = "", spanId = "", flags = "0"] = traceparent.split("-");
  return { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
}

class NativeSpan implements Span, ActiveSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;

  constructor(private readonly span: ReturnType<typeof trace.wrapSpanContext>) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
    this.sampled = (traceFlags & SAMPLED) !== 0;
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-${this.sampled ? "01" : "00"}`;
  }

  tell(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  rename(name: string, attributes: Attributes): void {
    this.span.updateName(name).setAttributes(attributes);
  }

  end(error?: SpanError): void {
    if (error !== undefined) {
      this.span.setAttribute("error.type", error.name);
      this.span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    }
    this.span.end();
  }
}
