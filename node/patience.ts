/**
 * Patience: a node that starts while its store is away waits for it.
 * @module
 */
import { Fault } from "../runtime/fault.ts";
import { STORE_RETRY_MAX_MS } from "../runtime/limits.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import type { Log } from "../runtime/telemetry/log.ts";

/** The start was given up before the store could be opened. */
export class StartGivenUp extends Error {
  override readonly name = "StartGivenUp";
}

/** Reaches for the store, and tries again while that may help and nobody gives up; then {@link StartGivenUp}. */
export async function patiently<Result>(
  { log, giveUp }: { readonly log: Log; readonly giveUp?: AbortSignal },
  reach: () => Promise<Result>,
): Promise<Result> {
  while (giveUp?.aborted !== true) {
    try {
      return await reach();
    } catch (error) {
      if (!(error instanceof Fault) || !error.retryable) throw error;
      log("error", "store out of reach; trying again", { event: "store.unreachable", error });
      await unlessAborted(giveUp, STORE_RETRY_MAX_MS);
    }
  }
  throw new StartGivenUp("the start was given up while the store was out of reach");
}

/** Resolves after `delayMs`, or as soon as `signal` aborts. */
function unlessAborted(signal: AbortSignal | undefined, delayMs: number): Promise<void> {
  return new Promise((resume) => {
    const timer = systemClock.after(delayMs, resume);
    signal?.addEventListener("abort", () => {
      timer.cancel();
      resume();
    }, { once: true });
  });
}
