/**
 * WebhookBook: the webhooks that this node knows, in memory.
 *
 * Intuition: at every transition of a job it is asked who wants to hear of it, and cannot wait for the store. It is
 * filled before the node starts, told of what is changed here, and read again now and then for what was changed
 * through other nodes.
 *
 * Invariant: WB1. What is older than what is known changes nothing. Bound: `WEBHOOKS_MAX`, about, deleted ones included.
 * @module
 */
import { decodeWebhook, LABEL_WEBHOOK, WEBHOOK_KIND } from "../../actors/webhook/feed/codec.ts";
import type { WebhookState } from "../../actors/webhook/feed/state.ts";
import { passes } from "../../actors/webhook/filter.ts";
import type { JobNews } from "../../actors/webhook/news.ts";
import { FIND_LIMIT_MAX } from "../../runtime/limits.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";

interface Known {
  readonly state: WebhookState;
  readonly createdAtMs: number;
  readonly version: number;
}

/** The book. */
export class WebhookBook {
  readonly #known = new Map<string, Known>();
  #live: readonly WebhookState[] = [];

  /** False: nobody wants to hear of anything, and jobs cost nothing more. */
  get isEmpty(): boolean {
    return this.#live.length === 0;
  }

  /** Those that were not deleted, by name. */
  list(): readonly WebhookState[] {
    return this.#live;
  }

  /** The names of those that `news` are for. Cost: O(webhooks). */
  wanting(news: JobNews): readonly string[] {
    return this.#live.filter(({ spec }) => passes(spec.filter, news)).map(({ spec }) => spec.name);
  }

  /** Takes in what was committed (WB1). */
  apply(snapshot: Snapshot): void {
    this.#take(snapshot);
    this.#order();
  }

  /** Reads every webhook. Rejects with a `Fault`, and knows what it knew then. */
  async load(system: Pick<ActorSystem, "find">): Promise<void> {
    const gone = new Set(this.#known.keys());
    let next: { cursor?: string } = {};
    for (;;) {
      const page = await system.find({
        kind: WEBHOOK_KIND,
        labels: [LABEL_WEBHOOK],
        order: "oldest",
        limit: FIND_LIMIT_MAX,
        ...next,
      });
      for (const snapshot of page.snapshots) gone.delete(this.#take(snapshot));
      if (page.cursor === null) break;
      next = { cursor: page.cursor };
    }
    // Only what was deleted is ever swept.
    for (const name of gone) {
      if (this.#known.get(name)?.state.deletedAtMs !== null) this.#known.delete(name);
    }
    this.#order();
  }

  #take(snapshot: Snapshot): string {
    const state = decodeWebhook(snapshot);
    const { createdAtMs, version } = snapshot;
    const { name } = state.spec;
    const known = this.#known.get(name);
    const isOld = known !== undefined &&
      (createdAtMs - known.createdAtMs || version - known.version) <= 0;
    if (!isOld) this.#known.set(name, { state, createdAtMs, version });
    return name;
  }

  #order(): void {
    const live = [...this.#known.values()].map(({ state }) => state)
      .filter(({ deletedAtMs }) => deletedAtMs === null);
    this.#live = live.sort(({ spec: one }, { spec: other }) => one.name < other.name ? -1 : 1);
  }
}
