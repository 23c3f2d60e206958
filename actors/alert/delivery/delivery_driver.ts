/**
 * DeliveryDriver: tells a channel what a delivery job says: the handler `orrery.alert`.
 *
 * Intuition: everything that is said is made by the channel's pure part; here it is signed, sent and judged. What may
 * pass is an error that is tried again, for hours: a receiver that is away, a secret that is not there yet,
 * even a door that is closed to us. Only what no repetition mends is the end.
 *
 * Invariants: DD1. No redirect is followed, and no private address reached unless the channel allows it.
 * SC1 (secrets_driver.ts). @module
 */
import type { Clock } from "../../../runtime/clock.ts";
import { isPublicAddress } from "../../executor/builtin/addresses.ts";
import {
  AddressRefusedError,
  type Answer,
  performExchange,
} from "../../executor/builtin/http_request.ts";
import { retryAfterMs } from "../../executor/builtin/http_rules.ts";
import type { HandlerContext } from "../../executor/define.ts";
import type { AlertChannel, EmailChannel, WebhookChannel } from "../channel.ts";
import { alertmanagerMessage } from "../channels/alertmanager.ts";
import { mailMessage } from "../channels/email.ts";
import type { DeliveryFacts, HttpMessage } from "../channels/http_message.ts";
import { pagerDutyMessage } from "../channels/pagerduty.ts";
import { slackMessage } from "../channels/slack.ts";
import { webhookMessage } from "../channels/webhook.ts";
import type { Notice } from "../notice.ts";
import type { Delivery } from "./job.ts";
import { Secrets, type SecretStore } from "./secrets_driver.ts";
import { standardHeaders } from "./signature_driver.ts";
import { sendMail } from "./smtp_driver.ts";

/** Bytes of an answer that are read, and characters of it that an error quotes. */
const ANSWER_BYTES_MAX = 16 * 1024;
const EXCERPT_CHARS_MAX = 200;
/** Answers that the same message would get again. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 405, 413, 415, 422]);

/** A channel that could not be told. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly retryable: boolean;
  /** What the receiver asked for, ms. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    { retryable = true, retryAfter }: {
      readonly retryable?: boolean;
      readonly retryAfter?: number | undefined;
    } = {},
  ) {
    super(message);
    this.retryable = retryable;
    this.retryAfter = retryAfter;
  }
}

/** What deliveries need of their node. */
export interface DeliveryOptions {
  readonly clock: Clock;
  readonly channels: Readonly<Record<string, AlertChannel>>;
  readonly secrets: SecretStore;
  /** The node's name. */
  readonly node: string;
}

/** One delivery under way. */
interface Errand {
  readonly notice: Notice;
  readonly facts: DeliveryFacts;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
}

/** The handler: `{channel, notice}` → what the receiver answered. */
export function deliveryHandler(
  { clock, channels, secrets, node }: DeliveryOptions,
): (ctx: Pick<HandlerContext, "jobId" | "signal">, payload: unknown) => Promise<unknown> {
  return async (ctx, payload) => {
    const { channel: name, notice } = payload as Delivery;
    const channel = Object.hasOwn(channels, name) ? channels[name] : undefined;
    if (channel === undefined) {
      throw new DeliveryError(`there is no channel ${name} in this node's configuration`);
    }
    const errand: Errand = {
      notice,
      facts: { id: ctx.jobId, nowMs: clock.wallMs(), source: node },
      secrets: new Secrets(secrets),
      signal: ctx.signal,
    };
    try {
      return await deliver(channel, errand);
    } catch (error) {
      throw shown(error, errand.secrets);
    }
  };
}

async function deliver(channel: AlertChannel, errand: Errand): Promise<unknown> {
  if (channel.type === "email") return await mail(channel, errand);
  const message = await httpMessage(channel, errand);
  const { allowPrivate } = channel;
  const answer = await performExchange({
    url: new URL(message.url),
    method: "POST",
    headers: message.headers,
    body: message.body,
  }, {
    allows: (address) => allowPrivate || isPublicAddress(address),
    bodyBytesMax: ANSWER_BYTES_MAX,
    signal: errand.signal,
  });
  if (answer.status >= 200 && answer.status < 300) return { status: answer.status };
  throw refusedBy(answer, errand.facts.nowMs);
}

async function httpMessage(
  channel: Exclude<AlertChannel, EmailChannel>,
  { notice, facts, secrets }: Errand,
): Promise<HttpMessage> {
  const url = (await secrets.address(channel.url)).href;
  switch (channel.type) {
    case "slack":
      return slackMessage(notice, { url });
    case "pagerduty": {
      const routingKey = await secrets.read(channel.routingKey);
      return pagerDutyMessage(notice, { url, routingKey, source: facts.source });
    }
    case "alertmanager": {
      const token = await secrets.readIf(channel.token);
      return alertmanagerMessage(notice, { url, token, nowMs: facts.nowMs });
    }
    case "webhook":
      return await signed(webhookMessage(notice, { ...facts, url }), { channel, facts, secrets });
  }
}

/** `message` with the headers of Standard Webhooks. */
async function signed(
  message: HttpMessage,
  { channel, facts, secrets }: {
    readonly channel: WebhookChannel;
    readonly facts: DeliveryFacts;
    readonly secrets: Secrets;
  },
): Promise<HttpMessage> {
  const secret = await secrets.readIf(channel.secret);
  const { id, nowMs } = facts;
  const own = standardHeaders({ id, nowMs, secret, body: message.body });
  return { ...message, headers: { ...message.headers, ...own } };
}

async function mail(
  channel: EmailChannel,
  { notice, facts, secrets, signal }: Errand,
): Promise<unknown> {
  const { from, to, requireTls, allowPrivate } = channel;
  const refused = await sendMail(mailMessage(notice, { id: facts.id, from, to }), {
    url: await secrets.address(channel.url),
    password: await secrets.readIf(channel.password),
    requireTls,
    allows: (address) => allowPrivate || isPublicAddress(address),
    signal,
  });
  return { refused };
}

function refusedBy({ status, headers, body }: Answer, nowMs: number): DeliveryError {
  const excerpt = new TextDecoder().decode(body).slice(0, EXCERPT_CHARS_MAX);
  return new DeliveryError(
    `the receiver answered ${status}${excerpt === "" ? "" : `: ${excerpt}`}`,
    {
      retryable: !FINAL_STATUSES.has(status),
      retryAfter: retryAfterMs(headers["retry-after"], nowMs),
    },
  );
}

/** What users see of a failure (SC1). */
function shown(error: unknown, secrets: Secrets): unknown {
  if (error instanceof AddressRefusedError) {
    return new DeliveryError(
      "the receiver's address is private: the channel's allowPrivate allows it",
    );
  }
  if (error instanceof DeliveryError) {
    const { retryable, retryAfter } = error;
    return new DeliveryError(secrets.clean(error.message), { retryable, retryAfter });
  }
  return new DeliveryError(secrets.clean(error instanceof Error ? error.message : String(error)));
}
