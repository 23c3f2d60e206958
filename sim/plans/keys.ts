/**
 * Key plan: submissions of a run that share keys: unique, debounced and throttled jobs.
 * @module
 */
import type { Gate } from "../../actors/unique/gate.ts";
import type { Random } from "../world/random.ts";

/** A submission with a key; times are virtual, ms. */
export interface PlannedKeyed {
  readonly atMs: number;
  readonly gate: Gate;
  /** The handler. */
  readonly name: string;
}

/** Handlers of short and of long runs, one that fails and one that dies. */
const NAMES = ["quick", "work", "broken", "crasher"] as const;
/** Most submissions of a key come in bursts as long as this, ms. */
const BURST_MS = 40;

/** None in two of three runs; else one or two keys, each submitted often, at once and one after the other. */
export function keyPlanOf(
  random: Random,
  { healAtMs }: { readonly healAtMs: number },
): readonly PlannedKeyed[] {
  const keys = random.chance(0.6) ? 0 : random.int(1, 2);
  return Array.from({ length: keys }, (_, at) => {
    const gate = gateOf(random, `key-${at}`);
    const name = random.pick(NAMES);
    const bursts = Array.from({ length: 4 }, () => random.int(0, Math.floor(healAtMs * 0.8)));
    return Array.from({ length: random.int(8, 24) }, (): PlannedKeyed => {
      const atMs = random.pick(bursts) + random.int(0, BURST_MS);
      return { atMs, gate, name };
    });
  }).flat();
}

function gateOf(random: Random, key: string): Gate {
  switch (random.pick(["unique", "unique", "debounce", "throttle"] as const)) {
    case "unique": {
      const onConflict = random.pick(["reject", "keep", "replace"] as const);
      return { mode: "unique", key, windowMs: null, onConflict };
    }
    case "debounce":
      return { mode: "debounce", key, waitMs: random.int(50, 800), maxWaitMs: 2_000 };
    case "throttle":
      return { mode: "throttle", key, everyMs: random.int(300, 2_500) };
  }
}
