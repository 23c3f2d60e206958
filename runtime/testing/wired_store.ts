/**
 * WiredStore: a memory store behind a wire that tests can hold, cut and watch, call by call.
 * @module
 */
import type { BootId, NodeName, ShardId } from "../ids.ts";
import { type FaultPlan, FaultyStore, type StoreCall, type StoreOp } from "../store/faulty.ts";
import { MemoryStore } from "../store/memory.ts";
import type { Claimant } from "../store/port.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/** A claimant by its short name: node `a`, its boot `a1`. */
export function claimantOf(name: string): Claimant {
  return { node: name.slice(0, 1) as NodeName, boot: name as BootId };
}

/** All shards of a cluster of `count`. */
export function shardsOf(count: number): ShardId[] {
  return Array.from({ length: count }, (_, shard) => shard as ShardId);
}

/** A store with its wire: `truth` is the store itself, `store` goes through the wire. */
export class WiredStore {
  readonly truth: MemoryStore;
  readonly store: FaultyStore;
  readonly calls: StoreOp[] = [];
  readonly #plans = new Map<StoreOp, FaultPlan[]>();
  #always: (call: StoreCall) => FaultPlan = () => ({});

  constructor(clock: VirtualClock, options: { shards: number }) {
    this.truth = new MemoryStore(clock, options);
    this.store = new FaultyStore(this.truth, { clock, decide: (call) => this.#decide(call) });
  }

  /** What happens to the next calls of `op`, one plan each. */
  next(op: StoreOp, ...plans: readonly FaultPlan[]): void {
    this.#plans.set(op, [...(this.#plans.get(op) ?? []), ...plans]);
  }

  /** What happens to every call that has no plan of its own, from now on. */
  always(decide: (call: StoreCall) => FaultPlan): void {
    this.#always = decide;
  }

  #decide(call: StoreCall): FaultPlan {
    this.calls.push(call.op);
    return this.#plans.get(call.op)?.shift() ?? this.#always(call);
  }
}
