/**
 * OutboxDriver: brings jobs' news to the webhooks that they are for.
 *
 * Intuition: news that come for a webhook while others are on their way to it travel together, so that a storm of
 * them costs it few commits. News wait for those of the same job before them; they are in one shard, so most
 * often both are at work here.
 *
 * Invariants: OD1. News are said to be told only when each webhook has committed them. OD2. One message at a time is on
 * its way to one webhook. OD3. Nothing is told before the job's news before it are over (NW4).
 * @module
 */
import type { Settled } from "../../../runtime/actor/envelope.ts";
import type { Clock } from "../../../runtime/clock.ts";
import type { ActorId } from "../../../runtime/ids.ts";
import type { Snapshot } from "../../../runtime/snapshot.ts";
import type { WebhookMessage } from "../feed/messages.ts";
import type { JobNews } from "../news.ts";
import { isTold, type NewsEffect, type NewsMessage } from "./behaviour.ts";

/** Events of one message: each is an actor that the webhook's commit brings with it. */
export const NEWS_TOLD_MAX = 50;
/** How often news look for the end of those before them that are at work nowhere here, ms, and how many times. */
const LOOK_EVERY_MS = 50;
const LOOKS_MAX = 20;

type Settle = (settled: Pick<Settled<unknown>, "kind">) => void;
type Told = (committed: boolean) => void;

/** What the driver needs of its node. */
export interface OutboxDriverOptions {
  readonly clock: Pick<Clock, "after">;
  /** Holds news back from their next wake-up while they are being told. */
  readonly gate: { begin(id: ActorId): boolean; end(id: ActorId): void };
  readonly tellWebhook: (name: string, message: WebhookMessage, settle: Settle) => void;
  readonly tellNews: (id: ActorId, message: NewsMessage, settle: Settle) => void;
  /** Rejects with a `Fault`. */
  readonly read: (id: ActorId) => Promise<Snapshot | undefined>;
}

/** The mail for one webhook. */
interface Mail {
  readonly waiting: { readonly news: JobNews; readonly told: Told }[];
  underWay: boolean;
}

/** The way of news. */
export class OutboxDriver {
  readonly #mails = new Map<string, Mail>();
  /** News at work here, and who waits for their end. */
  readonly #atWork = new Map<ActorId, Told[]>();

  constructor(private readonly options: OutboxDriverOptions) {}

  /** Performs what news asked for (B2, OD1). */
  perform({ letter: { news, to, after } }: NewsEffect, { id }: Pick<Snapshot, "id">): void {
    const { gate, tellNews } = this.options;
    if (!gate.begin(id)) return;
    this.#atWork.set(id, []);
    const end: Told = (over) => {
      const waiting = this.#atWork.get(id) ?? [];
      this.#atWork.delete(id);
      // What is not told stays due: it is woken again.
      gate.end(id);
      for (const told of waiting) told(over);
    };
    this.#whenOver(after, LOOKS_MAX, (over) => {
      if (!over) return end(false);
      this.#tellAll(news, to, (committed) => {
        if (!committed) return end(false);
        tellNews(id, { kind: "told" }, ({ kind }) => end(kind === "handled"));
      });
    });
  }

  /** Calls `next` when `id` is over, or with false when that takes too long (OD3). */
  #whenOver(id: ActorId | null, looks: number, next: Told): void {
    if (id === null) return next(true);
    const waiting = this.#atWork.get(id);
    if (waiting !== undefined) return void waiting.push(next);
    const { read, clock, tellNews } = this.options;
    read(id).then((found) => {
      if (isTold(found)) return next(true);
      if (looks <= 1) return next(false);
      // It may be due and find no room, since those that wait for it have it.
      tellNews(id, { kind: "wake" }, () => {});
      clock.after(LOOK_EVERY_MS, () => this.#whenOver(id, looks - 1, next));
    }, () => next(false));
  }

  #tellAll(news: JobNews, to: readonly string[], told: Told): void {
    let [open, committed] = [to.length, true];
    if (open === 0) return told(true);
    for (const name of to) {
      this.#post(name, news, (one) => {
        committed &&= one;
        if (--open === 0) told(committed);
      });
    }
  }

  #post(name: string, news: JobNews, told: Told): void {
    const mail = this.#mails.get(name) ?? { waiting: [], underWay: false };
    this.#mails.set(name, mail);
    mail.waiting.push({ news, told });
    if (!mail.underWay) this.#send(name, mail);
  }

  #send(name: string, mail: Mail): void {
    const batch = mail.waiting.splice(0, NEWS_TOLD_MAX);
    if (batch.length === 0) return void this.#mails.delete(name);
    mail.underWay = true;
    const events = batch.map(({ news }) => news);
    this.options.tellWebhook(name, { kind: "news", events }, ({ kind }) => {
      mail.underWay = false;
      // Who deleted the webhook wants to hear nothing more.
      for (const { told } of batch) told(kind === "handled" || kind === "missing");
      if (!mail.underWay) this.#send(name, mail);
    });
  }
}
