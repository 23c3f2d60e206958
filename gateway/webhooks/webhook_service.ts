/**
 * WebhookService over the actor system.
 *
 * Intuition: as with calendars, changes are questions to the actor, and what was committed goes into the book.
 * @module
 */
import {
  decodeWebhook,
  draftOfWebhook,
  newWebhook,
  WEBHOOK_KIND,
} from "../../actors/webhook/feed/codec.ts";
import type {
  WebhookMessage,
  WebhookReply,
  WebhookTerms,
} from "../../actors/webhook/feed/messages.ts";
import {
  BACKLOG_MAX,
  type WebhookSpec,
  type WebhookState,
} from "../../actors/webhook/feed/state.ts";
import { keptEventId, webhookActorId } from "../../actors/webhook/ids.ts";
import type { AskOutcome } from "../../runtime/actor/behaviour.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import { WEBHOOKS_MAX } from "../limits.ts";
import type {
  ReplayFrom,
  WebhookCreation,
  WebhookOutcome,
  WebhookService,
  WebhookTest,
} from "./service.ts";
import type { WebhookBook } from "./webhook_book.ts";

/** What the service needs of the node. */
export interface WebhookServiceDeps {
  readonly system: Pick<ActorSystem, "create" | "ref" | "read" | "find">;
  readonly clock: Pick<Clock, "wallMs">;
  readonly book: WebhookBook;
  /** A secret that nobody can guess. */
  readonly makeSecret: () => string;
  /** Sends one event that is none; null: it was taken, else why not. */
  readonly test: (spec: WebhookSpec) => Promise<{ readonly message: string } | null>;
}

/** The node's webhook service. It holds no resources: nothing to close. */
export function createWebhookService(deps: WebhookServiceDeps): WebhookService {
  return new Webhooks(deps);
}

class Webhooks implements WebhookService {
  constructor(private readonly deps: WebhookServiceDeps) {}

  async list(): Promise<readonly WebhookState[]> {
    const { book, system } = this.deps;
    await book.load(system);
    return book.list();
  }

  async get(name: string): Promise<WebhookState | undefined> {
    const snapshot = await this.deps.system.read(webhookActorId(name));
    if (snapshot?.kind !== WEBHOOK_KIND) return undefined;
    const state = decodeWebhook(snapshot);
    return state.deletedAtMs === null ? state : undefined;
  }

  async create(name: string, terms: WebhookTerms): Promise<WebhookCreation> {
    const { system, clock, book, makeSecret } = this.deps;
    if ((await this.list()).length >= WEBHOOKS_MAX) return { kind: "too-many", max: WEBHOOKS_MAX };
    const made = terms.secret === null ? makeSecret() : null;
    const secret = terms.secret ?? { kind: "text" as const, text: made ?? "" };
    const state = newWebhook({ ...terms, name, secret }, clock.wallMs());
    const outcome = await system.create(draftOfWebhook(state));
    if (outcome.kind === "created") {
      book.apply(outcome.snapshot);
      return { kind: "created", webhook: state, secret: made };
    }
    if (await this.get(name) !== undefined) return { kind: "exists" };
    // One of its name was deleted a while ago.
    const again = await this.put(name, { ...terms, secret });
    if (again.kind === "done") return { kind: "created", webhook: again.webhook, secret: made };
    return again.kind === "missing" ? { kind: "busy" } : again;
  }

  put(name: string, spec: WebhookTerms): Promise<WebhookOutcome> {
    return this.#ask(name, { kind: "put", spec });
  }

  pause(name: string): Promise<WebhookOutcome> {
    return this.#ask(name, { kind: "pause" });
  }

  resume(name: string): Promise<WebhookOutcome> {
    return this.#ask(name, { kind: "resume" });
  }

  async replay(name: string, from: ReplayFrom): Promise<WebhookOutcome> {
    const webhook = await this.get(name);
    if (webhook === undefined) return { kind: "missing" };
    const sequence = "sequence" in from ? from.sequence : await this.#firstFrom(webhook, from.atMs);
    return await this.#ask(name, { kind: "seek", sequence });
  }

  async remove(name: string): Promise<WebhookOutcome> {
    const webhook = await this.get(name);
    if (webhook === undefined) return { kind: "missing" };
    const outcome = await this.#ask(name, { kind: "delete" });
    return outcome.kind === "done" ? { kind: "done", webhook } : outcome;
  }

  async test(name: string): Promise<WebhookTest> {
    const webhook = await this.get(name);
    if (webhook === undefined) return { kind: "missing" };
    const failure = await this.deps.test(webhook.spec);
    return { kind: "tried", why: failure?.message ?? null };
  }

  /** The number of the first kept event that came at or after `atMs`; they came in the order of their numbers. */
  async #firstFrom({ spec, next }: WebhookState, atMs: number): Promise<number> {
    const id = webhookActorId(spec.name);
    let [low, high] = [Math.max(1, next - BACKLOG_MAX), next];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const event = await this.deps.system.read(keptEventId(id, middle));
      // What is kept no longer came before everything that is.
      if (event === undefined || event.createdAtMs < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async #ask(name: string, message: WebhookMessage): Promise<WebhookOutcome> {
    const id = webhookActorId(name);
    const ref = this.deps.system.ref<WebhookMessage, WebhookReply>(WEBHOOK_KIND, id);
    return this.#settled(await ref.ask(message));
  }

  #settled(outcome: AskOutcome<WebhookReply>): WebhookOutcome {
    switch (outcome.kind) {
      case "replied":
        this.deps.book.apply(outcome.snapshot);
        return outcome.reply.kind === "missing"
          ? { kind: "missing" }
          : { kind: "done", webhook: decodeWebhook(outcome.snapshot) };
      case "missing":
      case "busy":
        return { kind: outcome.kind };
      case "deadline":
      case "crashed":
        return { kind: "unknown" };
    }
  }
}
