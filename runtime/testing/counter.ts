/**
 * Counter: the smallest actor that has everything: commits, replies, effects, crashes and wake-ups.
 * @module
 */
import type { Behaviour, Carriage } from "../actor/behaviour.ts";
import { type ActorId, actorId, type ShardId, shardOf } from "../ids.ts";
import type { Indexing, Snapshot } from "../snapshot.ts";

/** What a counter is told. */
export type CounterMessage =
  /** Adds and commits; `effect`s come out afterwards. */
  | {
    readonly kind: "add";
    readonly by: number;
    readonly effects?: readonly string[];
    readonly carries?: Carriage;
  }
  /** Asks for the count; commits nothing. */
  | { readonly kind: "get"; readonly effects?: readonly string[] }
  /** Throws. */
  | { readonly kind: "crash" }
  /** Sets when it is woken, and whether it must stay in memory. */
  | { readonly kind: "plan"; readonly wakeAtMs: number | null; readonly resident?: boolean }
  | { readonly kind: "woken" }
  | { readonly kind: "overdue" }
  | { readonly kind: "adopted" };

/** A counter's state: all of it is in its head. */
export interface CounterState {
  readonly count: number;
  readonly wakeAtMs: number | null;
  readonly resident: boolean;
}

/** The counter as a kind of actor. A wake-up adds 100 and is not repeated. */
export const counter: Behaviour<CounterState, CounterMessage, number, string> = {
  kind: "counter",
  decode: ({ head }) => JSON.parse(head) as CounterState,
  encode: (state) => ({ head: JSON.stringify(state), index: indexOf(state) }),
  receive(state, message) {
    const effects = "effects" in message ? message.effects ?? [] : [];
    const to = (patch: Partial<CounterState>) => {
      const next = { ...state, ...patch };
      return { state: next, reply: next.count, effects };
    };
    switch (message.kind) {
      case "add":
        return {
          ...to({ count: state.count + message.by }),
          ...(message.carries !== undefined && { carries: message.carries }),
        };
      case "get":
        return { state, reply: state.count, effects };
      case "crash":
        throw new Error("crashed as told");
      case "plan":
        return to({ wakeAtMs: message.wakeAtMs, resident: message.resident ?? false });
      case "woken":
        if (state.wakeAtMs === null) return { state, reply: state.count, effects };
        return { ...to({ count: state.count + 100, wakeAtMs: null }), effects: ["woken"] };
      case "overdue":
        return { state, effects: ["overdue"] };
      case "adopted":
        return { state, effects: ["adopted"] };
    }
  },
  resident: ({ resident }) => resident,
  wakes: { wake: () => ({ kind: "woken" }), overdue: () => ({ kind: "overdue" }) },
  adopts: { label: "resident=true", message: { kind: "adopted" } },
};

/** The draft of a counter that stands at 0, or as `state` says. */
export function counterDraft(id: string, state: Partial<CounterState> = {}) {
  const whole: CounterState = { count: 0, wakeAtMs: null, resident: false, ...state };
  return {
    id: actorId(id),
    kind: "counter",
    createdAtMs: 1_000,
    body: "null",
    head: JSON.stringify(whole),
    index: indexOf(whole),
  };
}

/** A counter's first snapshot. */
export function counterSnapshot(id: string, options: { shards: number }): Snapshot {
  return { ...counterDraft(id), shard: shardOf(actorId(id), options.shards), version: 1 };
}

/** An id that lives in `shard`. */
export function idIn(shard: ShardId, options: { shards: number; prefix?: string }): ActorId {
  for (let n = 0;; n++) {
    const id = actorId(`${options.prefix ?? "c"}${n}`);
    if (shardOf(id, options.shards) === shard) return id;
  }
}

function indexOf(state: CounterState): Indexing {
  return {
    wakeAtMs: state.wakeAtMs,
    lane: "counter/a",
    rank: 0,
    expireAtMs: null,
    labels: [`resident=${state.resident}`],
    tally: "all",
  };
}
