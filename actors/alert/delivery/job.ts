/**
 * DeliveryJob: the job that tells a channel something: a job like any other, so what is to be told is durable,
 * retried for hours, and seen by whoever looks at jobs.
 *
 * Invariants: DJ1. Its payload holds no secret: the channel is named, and read from the configuration when
 * it runs. DJ2. Neither its failure nor its lateness is an event.
 * @module
 */
import type { ActorId } from "../../../runtime/ids.ts";
import { type JobSpec, RETENTION_DEFAULT, type RetryPolicy } from "../../job/spec.ts";
import type { Notice } from "../notice.ts";

/** The handler of these jobs, which every node has. */
export const DELIVERY_HANDLER = "orrery.alert";
/** Their queue: it has room of its own on every node, workers or not. */
export const DELIVERY_QUEUE = "orrery.alerts";
/** How long one attempt may take, ms. */
export const DELIVERY_TIMEOUT_MS = 15_000;

/** A receiver that is away is tried again for some eight hours, at least every five minutes. */
const RETRY: RetryPolicy = {
  attempts: 100,
  backoff: "exponential",
  baseMs: 1_000,
  factor: 2,
  maxMs: 300_000,
  jitter: 0.2,
  on: [],
  notOn: [],
};
/** A test is for whoever waits for its outcome. */
const TEST_RETRY: RetryPolicy = { ...RETRY, attempts: 1 };

/** What such a job has to do. */
export interface Delivery {
  readonly channel: string;
  readonly notice: Notice;
}

/** The job that tells `channel` of `notice`; `observer` is told of its end. */
export function deliveryJob(
  { channel, notice }: Delivery,
  { nowMs, observer }: { readonly nowMs: number; readonly observer?: ActorId },
): JobSpec {
  return {
    name: DELIVERY_HANDLER,
    payload: JSON.stringify({ channel, notice } satisfies Delivery),
    queue: DELIVERY_QUEUE,
    priority: 0,
    runAtMs: nowMs,
    retry: notice.test === true ? TEST_RETRY : RETRY,
    timeoutMs: DELIVERY_TIMEOUT_MS,
    sla: { startWithinMs: null, finishWithinMs: null },
    delivery: "at-least-once",
    tags: [`channel=${channel}`],
    retention: RETENTION_DEFAULT,
    concurrencyKey: null,
    traceId: null,
    fingerprint: null,
    ...(observer !== undefined && { observer }),
  };
}
