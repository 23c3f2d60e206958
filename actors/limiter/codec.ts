/**
 * Codec: a limiter between what the actor holds and what is stored.
 *
 * Invariant: C4. `decodeLimiter` of what was encoded is the state that it was made of.
 * @module
 */
import type { Stored } from "../../runtime/actor/behaviour.ts";
import { Fault } from "../../runtime/fault.ts";
import type { ActorId, BootId } from "../../runtime/ids.ts";
import type { Draft, Snapshot } from "../../runtime/snapshot.ts";
import { type GateLimits, UNLIMITED } from "./limits.ts";
import type { Starts } from "./rate_window.ts";
import type { Holder, LimiterState } from "./state.ts";

/** `Snapshot.kind` of a limiter. */
export const LIMITER_KIND = "limiter";

/** A holder in a head: boot, held, want, served, asked, heard. */
type StoredHolder = readonly [BootId, number, number, number, number, number];
/** A gate in a head: its key, holders, starts, even pace. */
type StoredGate = readonly [string, readonly StoredHolder[], readonly Starts[], number];

/** version · limits · turns · gates */
interface Head {
  readonly v: number;
  readonly l: GateLimits;
  readonly t: readonly (readonly [BootId, number])[];
  readonly g: readonly StoredGate[];
}

/** Reads a limiter's snapshot; throws a `corrupt` fault. */
export function decodeLimiter({ id, head, body }: Snapshot): LimiterState {
  try {
    const { v, l, t, g } = JSON.parse(head) as Head;
    const { queue } = JSON.parse(body) as { readonly queue: string };
    const gates = g.map(([key, holders, starts, evenMs]) =>
      [key, { holders: holders.map(holderOf), window: { starts, evenMs } }] as const
    );
    return { queue, version: v, limits: l, turns: new Map(t), gates: new Map(gates) };
  } catch {
    throw new Fault("limiter.decode", "corrupt", { message: `${id} does not hold a limiter` });
  }
}

/** Writes what changes of a limiter. */
export function encodeLimiter({ version, limits, turns, gates }: LimiterState): Stored {
  const head: Head = {
    v: version,
    l: limits,
    t: [...turns],
    g: [...gates].map(([key, { holders, window }]) => [
      key,
      holders.map(storedOf),
      window.starts,
      window.evenMs,
    ]),
  };
  return {
    head: JSON.stringify(head),
    index: {
      wakeAtMs: null,
      lane: LIMITER_KIND,
      rank: 0,
      expireAtMs: null,
      labels: [],
      tally: LIMITER_KIND,
    },
  };
}

/** What is inserted for a limiter that nobody has claimed from yet. */
export function draftOfLimiter(
  queue: string,
  { id, nowMs }: { readonly id: ActorId; readonly nowMs: number },
): Omit<Draft, "shard"> {
  const fresh: LimiterState = {
    ...{ queue, version: 0, limits: UNLIMITED, turns: new Map(), gates: new Map() },
  };
  return {
    id,
    kind: LIMITER_KIND,
    createdAtMs: nowMs,
    body: JSON.stringify({ queue }),
    ...encodeLimiter(fresh),
  };
}

function holderOf([boot, held, want, servedMs, askedMs, heardMs]: StoredHolder): Holder {
  return { boot, held, want, servedMs, askedMs, heardMs };
}

function storedOf({ boot, held, want, servedMs, askedMs, heardMs }: Holder): StoredHolder {
  return [boot, held, want, servedMs, askedMs, heardMs];
}
