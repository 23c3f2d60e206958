/**
 * Webhooks of a node: jobs' news, the webhooks that they are for, and the sending to their receivers.
 * @module
 */
import type { SecretStore } from "../actors/alert/delivery/secrets_driver.ts";
import type { JobOptions } from "../actors/job/behaviour.ts";
import { WebhookDeliveryDriver } from "../actors/webhook/delivery/delivery_driver.ts";
import { webhookBehaviour, type WebhookOptions } from "../actors/webhook/feed/behaviour.ts";
import { laneOfWebhook, WEBHOOK_KIND } from "../actors/webhook/feed/codec.ts";
import { newsId, webhookActorId } from "../actors/webhook/ids.ts";
import { newsOf } from "../actors/webhook/news.ts";
import { draftOfNews, NEWS_KIND, newsBehaviour } from "../actors/webhook/outbox/behaviour.ts";
import { OutboxDriver } from "../actors/webhook/outbox/outbox_driver.ts";
import type { Config } from "../config/schema.ts";
import { WEBHOOKS_REREAD_MS } from "../gateway/limits.ts";
import type { WebhookService } from "../gateway/webhooks/service.ts";
import { WebhookBook } from "../gateway/webhooks/webhook_book.ts";
import { createWebhookService } from "../gateway/webhooks/webhook_service.ts";
import type { Clock } from "../runtime/clock.ts";
import type { ActorId } from "../runtime/ids.ts";
import type { NodeSystem } from "../runtime/system/system.ts";
import type { WakeGate } from "../runtime/wakeups/gate.ts";
import { WorkGate } from "../runtime/wakeups/kind_gates.ts";

/** News that are told at once, and receivers that are sent to at once. */
const NEWS_AWAKE_MAX = 512;
const RECEIVERS_MAX = 64;
/** Bytes of a secret that is made. */
const SECRET_BYTES = 32;

/** What a node's webhooks are made of. */
export interface NodeWebhooksOptions {
  readonly settings: Config["webhooks"];
  readonly clock: Clock;
  readonly report: WebhookOptions["report"];
  /** The runtime, which is made with parts of this. */
  readonly system: () => NodeSystem;
}

/** The webhooks of one node. */
export class NodeWebhooks {
  readonly #options: NodeWebhooksOptions;
  readonly #book = new WebhookBook();
  readonly #outbox: OutboxDriver;
  readonly #delivery: WebhookDeliveryDriver;
  /** The gates of the kinds of actors that webhooks are made of. */
  readonly gates: Readonly<Record<string, WakeGate>>;

  constructor(options: NodeWebhooksOptions) {
    const { clock, settings, system } = options;
    this.#options = options;
    const news = new WorkGate(NEWS_AWAKE_MAX, () => system().pump());
    const receivers = new WorkGate(
      RECEIVERS_MAX,
      (id) => system().pump(laneOfWebhook(nameOf(id))),
    );
    this.gates = { [NEWS_KIND]: news, [WEBHOOK_KIND]: receivers };
    this.#outbox = new OutboxDriver({
      clock,
      gate: news,
      // As strangers do: that a webhook was deleted is no dead letter.
      tellWebhook: (name, message, settle) =>
        system().mail.send(
          { kind: WEBHOOK_KIND, id: webhookActorId(name) },
          { lane: "user", message },
          settle,
        ),
      tellNews: (id, message, settle) => system().signal({ kind: NEWS_KIND, id }, message, settle),
      read: (id) => system().read(id),
    });
    this.#delivery = new WebhookDeliveryDriver({
      ...{ clock, secrets: secretsIn(settings.secretsDir), gate: receivers },
      allowPrivate: settings.allowPrivate,
      maySend: (id) => system().hosts(id) && system().trusted,
      read: (ids) => system().readAll(ids),
      tell: (id, message, settle) => system().signal({ kind: WEBHOOK_KIND, id }, message, settle),
    });
  }

  /** The news of jobs' transitions, for whom there are webhooks (NW1). */
  readonly news: NonNullable<JobOptions["news"]> = (transition, context) => {
    if (this.#book.isEmpty) return undefined;
    const news = newsOf(transition, context);
    const to = news === undefined ? [] : this.#book.wanting(news);
    if (news === undefined || to.length === 0) return undefined;
    const { newsVersion: version, createdAtMs } = transition.before;
    const after = version === undefined ? null : newsId(context.id, { createdAtMs, version });
    return draftOfNews({ news, to, after });
  };

  /** Makes the kinds of actors known. Before the system's start. */
  register(system: Pick<NodeSystem, "register">): void {
    const { settings: { pauseAfterMs }, report } = this.#options;
    system.register(
      newsBehaviour,
      (effect, snapshot) => this.#outbox.perform(effect, snapshot),
    );
    system.register(
      webhookBehaviour({ pauseAfterMs, report }),
      (effect) => this.#delivery.perform(effect),
    );
  }

  /** Reads the webhooks now, and again and again. Rejects with a `Fault` if the first read fails. */
  async keepRead(): Promise<void> {
    const { clock, system } = this.#options;
    await this.#book.load(system());
    const again = () => clock.after(WEBHOOKS_REREAD_MS, reread);
    const reread = () => void this.#book.load(system()).catch(() => {}).then(again);
    again();
  }

  /** The service behind the API. */
  service(): WebhookService {
    const { clock, system } = this.#options;
    return createWebhookService({
      ...{ system: system(), clock, book: this.#book },
      makeSecret: () => {
        const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
        return `whsec_${btoa(String.fromCharCode(...bytes))}`;
      },
      test: (spec) => this.#delivery.test(spec),
    });
  }
}

function nameOf(id: ActorId): string {
  return id.slice(0, id.lastIndexOf("@"));
}

/** Webhooks name files in one folder, and variables; where there is no folder there are no files. */
function secretsIn(dir: string | null): SecretStore {
  return {
    env: (name) => Deno.env.get(name),
    readFile: (name) =>
      dir === null
        ? Promise.reject(new Error("there is no folder of secrets"))
        : Deno.readTextFile(`${dir}/${name}`),
  };
}
