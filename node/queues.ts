/**
 * Queues of a node: their settings, from the configuration and the API, and the parts that obey them.
 *
 * A node that is alone keeps to concurrency by its own slots; rates, and everything among several nodes, go through
 * the limiters.
 * @module
 */
import type { Slots } from "../actors/dispatch/slots.ts";
import { laneOf } from "../actors/job/codec.ts";
import { type GateLimits, isLimited } from "../actors/limiter/limits.ts";
import type { PermitsDriver } from "../actors/limiter/holding/permits_driver.ts";
import type { Config } from "../config/schema.ts";
import { QueueBook } from "../gateway/jobs/queue_book.ts";
import type { QueueSettings } from "../gateway/service.ts";
import type { Clock } from "../runtime/clock.ts";
import type { NodeSystem } from "../runtime/system/system.ts";

/** How often settings are read again, in case another node's word of a change was lost, ms. */
const READ_AGAIN_MS = 5_000;

/** What obeys. */
export interface ObeyingParts {
  readonly slots: Slots;
  readonly permits: PermitsDriver;
  readonly system: NodeSystem;
  /** There are no other nodes. */
  readonly alone: boolean;
}

/** The book of the configured queues. */
export function bookOf(config: Config): QueueBook {
  return new QueueBook(configuredQueues(config));
}

/** Makes the parts keep to the book, as it is and as it changes. */
export function obey(queues: QueueBook, config: Config, parts: ObeyingParts): void {
  for (const settings of configuredQueues(config)) obeyOne(parts, settings, 0);
  queues.onChange((settings, version) => obeyOne(parts, settings, version));
}

/** Reads the settings again and again, for as long as the clock runs. */
export function keepReading(
  queues: QueueBook,
  { clock, system }: { readonly clock: Clock; readonly system: NodeSystem },
): void {
  clock.after(READ_AGAIN_MS, async () => {
    // The store's health is watched elsewhere.
    await queues.load(system).catch(() => {});
    keepReading(queues, { clock, system });
  });
}

function obeyOne(
  { slots, permits, system, alone }: ObeyingParts,
  settings: QueueSettings,
  version: number,
): void {
  const { name, paused, concurrency, perKey } = settings;
  const line = laneOf(name);
  const shared = {
    ...{ queue: name, version },
    ...sharedOf(settings, alone),
    perKey: sharedOf(perKey, alone),
  };
  slots.limit(line, {
    ...{ paused, concurrency, keyConcurrency: perKey.concurrency },
    shared: isLimited(shared) || isLimited(shared.perKey),
  });
  permits.limit(line, shared);
  system.pump(line);
}

function sharedOf({ concurrency, rate }: GateLimits, alone: boolean): GateLimits {
  return { concurrency: alone ? null : concurrency, rate };
}

function configuredQueues(config: Config): QueueSettings[] {
  return Object.entries(config.queues)
    .map(([name, { concurrency, rate, perKey }]) => ({
      ...{ name, paused: false, concurrency, rate, perKey },
    }));
}
