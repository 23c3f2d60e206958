/**
 * QueueBook: what this node knows of its queues' settings, in memory.
 *
 * Intuition: the dispatcher asks at every start whether a queue is paused or full, and cannot wait for
 * the store. The book answers at once; it is filled from the store at the start of the node, and told
 * of every change as soon as that is committed, so that a pause works on the next start.
 *
 * Bound: it holds the configured queues and those that were ever set, nothing per job.
 * Not here: how settings are kept (actors/queue), who obeys them (the dispatcher).
 * @module
 */
import { decodeQueue, LABEL_SETTINGS, QUEUE_KIND } from "../../actors/queue/behaviour.ts";
import { FIND_LIMIT_MAX } from "../../runtime/limits.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import type { QueueSettings } from "../service.ts";

type Listener = (settings: QueueSettings) => void;

/** The book. `configured`: the queues of the configuration; what was set later goes before it. */
export class QueueBook {
  readonly #settings = new Map<string, QueueSettings>();
  readonly #listeners = new Set<Listener>();

  constructor(configured: readonly QueueSettings[] = []) {
    for (const settings of configured) this.#settings.set(settings.name, settings);
  }

  /** The settings in force; a queue nobody spoke of is open and unlimited. */
  settings(name: string): QueueSettings {
    return this.#settings.get(name) ?? { name, paused: false, concurrency: null };
  }

  /** Whether due jobs of the queue must wait. */
  isPaused(name: string): boolean {
    return this.#settings.get(name)?.paused ?? false;
  }

  /** How many jobs of the queue may run at once; null: as many as there are slots. */
  concurrency(name: string): number | null {
    return this.#settings.get(name)?.concurrency ?? null;
  }

  /** Takes in committed settings; listeners hear of them if they are news. */
  apply(settings: QueueSettings): void {
    const known = this.settings(settings.name);
    this.#settings.set(settings.name, settings);
    if (known.paused === settings.paused && known.concurrency === settings.concurrency) return;
    for (const listener of this.#listeners) listener(settings);
  }

  /** Calls `listener`, which must not throw, at every change from now on; the answer ends that. */
  onChange(listener: Listener): () => void {
    const own: Listener = (settings) => listener(settings);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Reads every queue that was ever set: at the node's start, before the first dispatch. */
  async load(system: Pick<ActorSystem, "find">): Promise<void> {
    let next: { cursor?: string } = {};
    for (;;) {
      const page = await system.find({
        kind: QUEUE_KIND,
        labels: [LABEL_SETTINGS],
        order: "oldest",
        limit: FIND_LIMIT_MAX,
        ...next,
      });
      for (const snapshot of page.snapshots) this.apply(decodeQueue(snapshot));
      if (page.cursor === null) return;
      next = { cursor: page.cursor };
    }
  }
}
