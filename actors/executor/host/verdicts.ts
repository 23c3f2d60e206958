/**
 * Verdicts: the outcomes that a host or node gives to attempts that do not end by themselves.
 * @module
 */
import type { AttemptOutcome } from "../port.ts";
import type { StopReason } from "../pool/protocol.ts";

/** The outcome of an attempt that was stopped for `reason`. */
export function stopped(reason: StopReason, timeoutMs: number | null): AttemptOutcome {
  switch (reason) {
    case "timeout":
      return timedOut(timeoutMs);
    case "cancelled":
      return { kind: "cancelled" };
    case "drain":
      return interrupted("the node drains");
  }
}

/** It ran longer than it may. */
export function timedOut(timeoutMs: number | null): AttemptOutcome {
  const message = `the attempt ran longer than its time-out of ${timeoutMs ?? 0} ms`;
  return { kind: "timeout", error: { name: "TimeoutError", message } };
}

/** It was ended for a cause that is not its own. */
export function interrupted(why: string): AttemptOutcome & { readonly kind: "interrupted" } {
  return {
    kind: "interrupted",
    error: { name: "Interrupted", message: `the attempt was interrupted: ${why}` },
  };
}

/** It was sent back before its handler was called. */
export function neverBegan(why: string): AttemptOutcome {
  return { ...interrupted(why), begun: false };
}

/** The outcome of an attempt that was stopped for `reason` before its handler was called. */
export function stoppedBefore(reason: StopReason, timeoutMs: number | null): AttemptOutcome {
  return reason === "drain" ? neverBegan("the node drains") : stopped(reason, timeoutMs);
}

/** Its worker or host is gone, and nobody knows why. */
export function lost(why: string): AttemptOutcome {
  return { kind: "lost", error: { name: "AttemptLost", message: `the attempt was lost: ${why}` } };
}

/** It did something that its sandbox does not survive, while nobody else could have done it. */
export function broke(name: string, message: string): AttemptOutcome {
  return { kind: "error", error: { name, message }, retryable: true };
}

/**
 * Its host ended. `neighbour`: others in it are suspected, so that its death says nothing about this attempt
 * (E3). `alone`: if memory ran out, only this attempt can have taken it.
 */
export function hostDied(
  exit: { readonly memory: boolean; readonly description: string },
  { alone, neighbour, heapMiB }: {
    readonly alone: boolean;
    readonly neighbour: boolean;
    readonly heapMiB: number;
  },
): AttemptOutcome {
  if (neighbour) return interrupted(`another attempt is to blame: ${exit.description}`);
  if (!alone || !exit.memory) return lost(exit.description);
  return broke(
    "MemoryLimitExceeded",
    `the handler ended its process by taking more memory than its limit of ${heapMiB} MiB`,
  );
}
