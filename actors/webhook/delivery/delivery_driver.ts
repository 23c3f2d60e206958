/**
 * DeliveryDriver: sends a webhook's events to its receiver, signed, and says which of them were taken.
 *
 * Intuition: events of one job follow one another, each when the one before was taken; those of different jobs go
 * side by side. With a batch of more than one they all go in one request, in their order.
 *
 * Invariants: WD1. No event is sent before the job's events before it were taken. WD2. No redirect is followed, and no
 * private address reached unless the configuration allows it. SC1 (alert/delivery/secrets_driver.ts).
 * @module
 */
import type { Clock } from "../../../runtime/clock.ts";
import type { ActorId } from "../../../runtime/ids.ts";
import type { Snapshot } from "../../../runtime/snapshot.ts";
import { Secrets, type SecretStore } from "../../alert/delivery/secrets_driver.ts";
import { standardHeaders } from "../../alert/delivery/signature_driver.ts";
import { isPublicAddress } from "../../executor/builtin/addresses.ts";
import {
  AddressRefusedError,
  type Answer,
  performExchange,
} from "../../executor/builtin/http_request.ts";
import { retryAfterMs } from "../../executor/builtin/http_rules.ts";
import { decodeEvent } from "../feed/codec.ts";
import type { DeliveryFailure, Sent, WebhookEffect, WebhookMessage } from "../feed/messages.ts";
import type { WebhookSpec } from "../feed/state.ts";
import { keptEventId, webhookActorId } from "../ids.ts";
import {
  batchMessage,
  type NumberedEvent,
  singleMessage,
  testMessage,
  type WebhookMessageBody,
} from "./message.ts";

/** How long one request may take, ms. */
export const REQUEST_MS = 15_000;
/** After this long a turn begins no more requests, ms: what was taken is to be noted. */
const TURN_MS = 5_000;
/** Requests to one receiver at once. */
const REQUESTS_AT_ONCE_MAX = 8;
/** Bytes of an answer that are read, and characters of it that an error quotes. */
const ANSWER_BYTES_MAX = 4 * 1024;
const EXCERPT_CHARS_MAX = 200;
/** The receiver is no more: 410 Gone. */
const GONE = 410;

/** What deliveries need of their node. */
export interface WebhookDeliveryOptions {
  readonly clock: Clock;
  readonly secrets: SecretStore;
  /** Lets receivers be on private and loopback addresses. */
  readonly allowPrivate: boolean;
  /** Holds a webhook back from its next wake-up while it is being sent for. */
  readonly gate: { begin(id: ActorId): boolean; end(id: ActorId): void };
  /** False: somebody else owns the webhook by now. */
  readonly maySend: (id: ActorId) => boolean;
  /** Rejects with a `Fault`. */
  readonly read: (ids: readonly ActorId[]) => Promise<readonly (Snapshot | undefined)[]>;
  readonly tell: (id: ActorId, message: WebhookMessage, settle: () => void) => void;
}

/** What became of one request: null: it was taken. */
type Outcome = DeliveryFailure | null;

/** The sending of one node. */
export class WebhookDeliveryDriver {
  constructor(private readonly options: WebhookDeliveryOptions) {}

  /** Performs what a webhook asked for (B2). */
  perform(effect: WebhookEffect): void {
    const { gate, tell } = this.options;
    const id = webhookActorId(effect.spec.name);
    if (!gate.begin(id)) return;
    this.#turn(effect, id).then(
      (sent) => tell(id, sent, () => gate.end(id)),
      // The store is out of reach: it stays due, and is woken again.
      () => gate.end(id),
    );
  }

  /** Sends one event that is none; tells what came of it. */
  async test(spec: WebhookSpec): Promise<Outcome> {
    const id = `${spec.name}-test-${crypto.randomUUID()}`;
    const nowMs = this.options.clock.wallMs();
    return await this.#send(testMessage({ id, webhook: spec.name, nowMs }), spec);
  }

  async #turn({ spec, turn, sequences }: WebhookEffect, id: ActorId): Promise<Sent> {
    const found = await this.options.read(sequences.map((one) => keptEventId(id, one)));
    const events: NumberedEvent[] = [];
    const done: number[] = [];
    for (const [at, sequence] of sequences.entries()) {
      const snapshot = found[at];
      if (snapshot === undefined) done.push(sequence);
      else events.push({ sequence, news: decodeEvent(snapshot) });
    }
    const expired = done.length;
    const chains = spec.batch > 1 ? [events.slice(0, spec.batch)] : chainsOf(events);
    const failure = spec.batch > 1
      ? await this.#whole(chains[0] ?? [], { spec, done })
      : await this.#sideBySide(chains, { spec, id, done });
    return { kind: "sent", turn, done, expired, failure };
  }

  async #whole(
    events: readonly NumberedEvent[],
    { spec, done }: { readonly spec: WebhookSpec; readonly done: number[] },
  ): Promise<Outcome> {
    if (events.length === 0) return null;
    const failure = await this.#send(batchMessage(spec.name, events), spec);
    if (failure === null) done.push(...events.map(({ sequence }) => sequence));
    return failure;
  }

  /** Sends each chain in its order (WD1), some at once, until there is a failure or the turn was long enough. */
  async #sideBySide(
    chains: readonly (readonly NumberedEvent[])[],
    { spec, id, done }: {
      readonly spec: WebhookSpec;
      readonly id: ActorId;
      readonly done: number[];
    },
  ): Promise<Outcome> {
    const { clock, maySend } = this.options;
    const untilMs = clock.monotonicMs() + TURN_MS;
    const waiting = chains.values();
    let failure: Outcome = null;
    const goesOn = () => failure === null && clock.monotonicMs() < untilMs && maySend(id);
    const work = async (): Promise<void> => {
      for (const chain of waiting) {
        for (const event of chain) {
          if (!goesOn()) return;
          const outcome = await this.#send(singleMessage(event), spec);
          if (outcome === null) done.push(event.sequence);
          else {
            failure ??= outcome;
            return;
          }
        }
      }
    };
    const workers = Math.min(REQUESTS_AT_ONCE_MAX, chains.length);
    await Promise.all(Array.from({ length: workers }, work));
    return failure;
  }

  async #send(message: WebhookMessageBody, spec: WebhookSpec): Promise<Outcome> {
    const { clock, allowPrivate } = this.options;
    const secrets = new Secrets(this.options.secrets);
    const overdue = new AbortController();
    const limit = clock.after(
      REQUEST_MS,
      () => overdue.abort(new Error(`the receiver took longer than ${REQUEST_MS} ms`)),
    );
    try {
      const url = await secrets.address({ kind: "plain", url: spec.url });
      const secret = spec.secret.kind === "text"
        ? secrets.keep(spec.secret.text)
        : await secrets.read(spec.secret);
      const { id, body, contentType } = message;
      const own = standardHeaders({ id, body, secret, nowMs: clock.wallMs() });
      const answer = await performExchange({
        url,
        method: "POST",
        headers: {
          ...{ "content-type": contentType, "user-agent": "orrery" },
          ...{ "content-length": String(new TextEncoder().encode(body).length), ...own },
        },
        body,
      }, {
        allows: (address) => allowPrivate || isPublicAddress(address),
        bodyBytesMax: ANSWER_BYTES_MAX,
        signal: overdue.signal,
      });
      return outcomeOf(answer, secrets, clock.wallMs());
    } catch (error) {
      return { message: shown(error, secrets), retryAfterMs: null, gone: false };
    } finally {
      limit.cancel();
    }
  }
}

/** Events by job, each job's in their order; jobs in the order of their first. */
function chainsOf(events: readonly NumberedEvent[]): readonly (readonly NumberedEvent[])[] {
  const chains = new Map<string, NumberedEvent[]>();
  for (const event of events) {
    const { id } = event.news.job;
    const chain = chains.get(id);
    if (chain === undefined) chains.set(id, [event]);
    else chain.push(event);
  }
  return [...chains.values()];
}

function outcomeOf({ status, headers, body }: Answer, secrets: Secrets, nowMs: number): Outcome {
  if (status >= 200 && status < 300) return null;
  const excerpt = new TextDecoder().decode(body).slice(0, EXCERPT_CHARS_MAX);
  const message = `the receiver answered ${status}${excerpt === "" ? "" : `: ${excerpt}`}`;
  return {
    message: secrets.clean(message),
    retryAfterMs: retryAfterMs(headers["retry-after"], nowMs) ?? null,
    gone: status === GONE,
  };
}

function shown(error: unknown, secrets: Secrets): string {
  if (error instanceof AddressRefusedError) {
    return "the receiver's address is private: webhooks.allowPrivate allows it";
  }
  return secrets.clean(error instanceof Error ? error.message : String(error));
}
