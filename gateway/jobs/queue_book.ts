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
import {
  decodeQueue,
  LABEL_SETTINGS,
  QUEUE_KIND,
  sameSettings,
} from "../../actors/queue/behaviour.ts";
import { UNLIMITED } from "../../actors/limiter/limits.ts";
import { FIND_LIMIT_MAX } from "../../runtime/limits.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import type { QueueSettings } from "../service.ts";

/** Told of settings, and of the version of them: 0 for those of the configuration. */
type Listener = (settings: QueueSettings, version: number) => void;

/** The settings of a queue of which nobody said anything. */
export function openQueue(name: string): QueueSettings {
  return { name, paused: false, ...UNLIMITED, perKey: UNLIMITED };
}

/** The book. `configured`: the queues of the configuration; what was set later goes before it. */
export class QueueBook {
  readonly #settings = new Map<string, QueueSettings>();
  readonly #versions = new Map<string, number>();
  readonly #listeners = new Set<Listener>();

  constructor(configured: readonly QueueSettings[] = []) {
    for (const settings of configured) this.#settings.set(settings.name, settings);
  }

  /** The settings in force; a queue nobody spoke of is open and unlimited. */
  settings(name: string): QueueSettings {
    return this.#settings.get(name) ?? openQueue(name);
  }

  /** Whether due jobs of the queue must wait. */
  isPaused(name: string): boolean {
    return this.#settings.get(name)?.paused ?? false;
  }

  /** Takes in committed settings, unless newer ones are known; listeners hear of them if they are news. */
  apply(settings: QueueSettings, version = 0): void {
    const { name } = settings;
    if (version < (this.#versions.get(name) ?? 0)) return;
    const known = this.settings(name);
    this.#settings.set(name, settings);
    this.#versions.set(name, version);
    if (sameSettings(known, settings)) return;
    for (const listener of this.#listeners) listener(settings, version);
  }

  /** Calls `listener`, which must not throw, at every change from now on; the answer ends that. */
  onChange(listener: Listener): () => void {
    const own: Listener = (settings, version) => listener(settings, version);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /**
   * Reads every queue that was ever set: at the node's start, before the first dispatch, and now and then, in case
   * a change was not heard of.
   */
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
      for (const one of page.snapshots) this.apply(decodeQueue(one), one.version);
      if (page.cursor === null) return;
      next = { cursor: page.cursor };
    }
  }
}
