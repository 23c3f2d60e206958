/**
 * OtlpCollector: an OTLP/HTTP receiver of traces, which reads as much of the protobuf as tests ask about.
 *
 * It must not run in a process that exports: Deno flushes at its exit and would wait for itself.
 * Source: opentelemetry-proto, trace/v1/trace.proto.
 * @module
 */
import { eventually } from "./eventually.ts";

/** One span as it was received; ids are hex. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentId: string;
  readonly name: string;
  /** When it began, ns since the epoch. */
  readonly beganNs: bigint;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Spans of other traces that led to it: trace id and span id. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** The exporting process's own attributes. */
  readonly resource: Readonly<Record<string, string | number>>;
  /** Code 2 is an error; 0: none was set. */
  readonly status: { readonly code: number; readonly message: string };
}

/** Fields of one message by number: integers as numbers, fixed ones and nested ones as bytes. */
type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

/** The collector. */
export class OtlpCollector implements AsyncDisposable {
  /** What it received, in order. */
  readonly spans: ReceivedSpan[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const bytes = new Uint8Array(await request.arrayBuffer());
        if (new URL(request.url).pathname === "/v1/traces") this.spans.push(...spansIn(bytes));
        return new Response(new Uint8Array(0));
      },
    );
  }

  /** Listens on a free port of this machine. */
  static start(): OtlpCollector {
    return new OtlpCollector();
  }

  /** What starts a node whose spans come here, told apart by `instance`. */
  env(instance: string): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_TRACES_SAMPLER: "parentbased_always_on",
      OTEL_BSP_SCHEDULE_DELAY: "200",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_SERVICE_NAME: "orrery",
      OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${instance}`,
    };
  }

  /** The spans that `wanted` takes, once there are `count`. */
  async until(count: number, wanted: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan[]> {
    return await eventually(() => {
      const found = this.spans.filter(wanted);
      return found.length >= count ? found : undefined;
    }, { what: () => `${count} spans of ${JSON.stringify(this.spans)}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function spansIn(request: Uint8Array): ReceivedSpan[] {
  return messages(fieldsOf(request), 1).flatMap((ofResource) => {
    const resource = messages(ofResource, 1).map((one) => attributesOf(one, 1))[0] ?? {};
    return messages(ofResource, 2)
      .flatMap((ofScope) => messages(ofScope, 2))
      .map((span) => spanOf(span, resource));
  });
}

function spanOf(span: Fields, resource: ReceivedSpan["resource"]): ReceivedSpan {
  const status = messages(span, 15)[0];
  return {
    traceId: bytes(span, 1).toHex(),
    spanId: bytes(span, 2).toHex(),
    parentId: bytes(span, 4).toHex(),
    name: text(span, 5),
    beganNs: viewOf(bytes(span, 7)).getBigUint64(0, true),
    kind: Number(span.get(6)?.[0] ?? 0),
    attributes: attributesOf(span, 9),
    links: messages(span, 13).map((link) => ({
      traceId: bytes(link, 1).toHex(),
      spanId: bytes(link, 2).toHex(),
    })),
    resource,
    status: {
      code: Number(status?.get(3)?.[0] ?? 0),
      message: status === undefined ? "" : text(status, 2),
    },
  };
}

/** The KeyValues at `field`. */
function attributesOf(message: Fields, field: number): Record<string, string | number> {
  return Object.fromEntries(
    messages(message, field).map((pair) => {
      const value = messages(pair, 2)[0] ?? new Map();
      return [text(pair, 1), valueOf(value)];
    }),
  );
}

function valueOf(value: Fields): string | number {
  if (value.has(1)) return text(value, 1);
  const double = value.get(4)?.[0];
  if (double instanceof Uint8Array) return viewOf(double).getFloat64(0, true);
  return Number(value.get(3)?.[0] ?? value.get(2)?.[0] ?? 0);
}

function messages(fields: Fields, field: number): Fields[] {
  return (fields.get(field) ?? []).map((value) => fieldsOf(value as Uint8Array));
}

function bytes(fields: Fields, field: number): Uint8Array {
  return (fields.get(field)?.[0] ?? new Uint8Array(0)) as Uint8Array;
}

function text(fields: Fields, field: number): string {
  return new TextDecoder().decode(bytes(fields, field));
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Splits one protobuf message into its fields. */
function fieldsOf(message: Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = message[at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const take = (count: number) => message.subarray(at, at += count);
  while (at < message.length) {
    const tag = varint();
    const values = fields.get(tag >>> 3) ?? [];
    fields.set(tag >>> 3, values);
    const wire = tag & 7;
    if (wire === 0) values.push(varint());
    else values.push(take(wire === 1 ? 8 : wire === 5 ? 4 : varint()));
  }
  return fields;
}
