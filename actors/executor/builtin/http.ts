/**
 * Http: the built-in handler that calls a URL.
 *
 * Intuition: the request says which job, attempt and fence it belongs to, so that a careful receiver can drop
 * repeats and late writers. An answer that was not expected is an error that says whether trying again can help.
 *
 * Not here: addresses (addresses.ts), one exchange (http_request.ts), payloads and redirects (http_rules.ts).
 * @module
 */
import type { Clock } from "../../../runtime/clock.ts";
import { fitJson } from "../attempt/json.ts";
import type { HandlerContext } from "../define.ts";
import type { InlineRun } from "../inline.ts";
import { RESULT_CHARS_MAX } from "../port.ts";
import { isPublicAddress } from "./addresses.ts";
import { type Answer, type Exchange, performExchange } from "./http_request.ts";
import { followRedirect, isRetryableStatus, readHttpPayload, retryAfterMs } from "./http_rules.ts";

const REDIRECTS_MAX = 5;
/** Bytes of the answer's body that are read. */
const BODY_BYTES_MAX = 256 * 1024;
/** Characters of JSON that headers and the rest of the result may take. */
const HEADERS_CHARS_MAX = 32 * 1024;
/** Characters of the body that an error quotes. */
const EXCERPT_CHARS_MAX = 500;

/** An answer whose status was not expected. */
export class HttpStatusError extends Error {
  override readonly name = "HttpStatusError";
  readonly status: number;
  readonly retryable: boolean;
  /** What the receiver asked for, ms. */
  readonly retryAfter: number | undefined;

  constructor(answer: Answer, { expected, nowMs }: { expected: string; nowMs: number }) {
    const excerpt = textOf(answer.body).slice(0, EXCERPT_CHARS_MAX);
    super(`expected ${expected}, got ${answer.status}${excerpt === "" ? "" : `: ${excerpt}`}`);
    this.status = answer.status;
    this.retryable = isRetryableStatus(answer.status);
    this.retryAfter = retryAfterMs(answer.headers["retry-after"], nowMs);
  }
}

/** The handler; `allowPrivate` opens it to the operator's own network. */
export function httpHandler(
  { allowPrivate, clock }: { readonly allowPrivate: boolean; readonly clock: Clock },
): InlineRun {
  const allows = (address: string) => allowPrivate || isPublicAddress(address);
  return async (ctx, payload) => {
    const order = readHttpPayload(payload);
    const exchange = {
      ...order.exchange,
      headers: { ...attemptHeaders(ctx), ...order.exchange.headers },
    };
    const deadline = new AbortController();
    const timer = order.timeoutMs === null ? null : clock.after(order.timeoutMs, () => {
      const message = `no answer within ${order.timeoutMs} ms`;
      deadline.abort(new DOMException(message, "TimeoutError"));
    });
    try {
      const signal = AbortSignal.any([ctx.signal, deadline.signal]);
      const answer = await perform(exchange, { allows, signal });
      if (order.expects(answer.status)) return resultOf(answer);
      throw new HttpStatusError(answer, { expected: order.expected, nowMs: clock.wallMs() });
    } finally {
      timer?.cancel();
    }
  };
}

function attemptHeaders(ctx: HandlerContext): Record<string, string> {
  return {
    "user-agent": "orrery",
    "idempotency-key": headerText(ctx.idempotencyKey),
    "orrery-job-id": headerText(ctx.jobId),
    "orrery-attempt": String(ctx.attempt),
    "orrery-fence": String(ctx.fence),
  };
}

/** Ids hold only characters that headers can carry; this keeps it so if that ever changes. */
function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, "_");
}

/** The exchange and the redirects behind it, each one checked anew. */
async function perform(
  first: Exchange,
  { allows, signal }: { allows: (address: string) => boolean; signal: AbortSignal },
): Promise<Answer> {
  let exchange = first;
  for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
    const answer = await performExchange(exchange, {
      allows,
      signal,
      bodyBytesMax: BODY_BYTES_MAX,
    });
    const next = followRedirect(exchange, {
      status: answer.status,
      location: answer.headers.location,
    });
    if (next === null) return answer;
    exchange = next;
  }
  throw new Error(`more than ${REDIRECTS_MAX} redirects`);
}

function resultOf({ status, headers, body, truncated }: Answer) {
  const kept: Record<string, string> = {};
  let room = HEADERS_CHARS_MAX;
  for (const [name, value] of Object.entries(headers)) {
    room -= JSON.stringify(name).length + JSON.stringify(value).length + 2;
    if (room < 0) break;
    kept[name] = value;
  }
  const text = textOf(body);
  const fitting = fitJson(text, RESULT_CHARS_MAX - HEADERS_CHARS_MAX - 100);
  const cut = truncated || fitting.length < text.length;
  return { status, headers: kept, body: fitting, ...(cut ? { truncated: true } : {}) };
}

function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}
