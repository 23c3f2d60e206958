/**
 * Limiter: a kind of actor that keeps a queue, or a part of its keys, within their limits on all nodes together.
 *
 * Intuition: one actor sees all claims to a gate, wherever the ring has placed it, and commits what it grants before
 * it answers: a limiter that is taken over by another node knows what is out. Nodes hold permits as long as their
 * session in the store lives; nothing has to be renewed (gate.ts).
 *
 * Invariants: LG1–LG3, RW1–RW4, and LI1. Claims of one process start are heard in their order; one that was
 * overtaken changes nothing.
 * Not here: how nodes use what they hold (holding/).
 * @module
 */
import type { Behaviour, ReducerContext, Step } from "../../runtime/actor/behaviour.ts";
import type { BootId } from "../../runtime/ids.ts";
import { decodeLimiter, encodeLimiter, LIMITER_KIND } from "./codec.ts";
import { claimed } from "./gate.ts";
import { sameLimits } from "./limits.ts";
import type { GateGrant, LimiterEffect, LimiterMessage, LimiterReply } from "./messages.ts";
import { EMPTY_WINDOW } from "./rate_window.ts";
import type { GateState, LimiterState } from "./state.ts";

const NEW_GATE: GateState = { holders: [], window: EMPTY_WINDOW };

type LimiterStep = Step<LimiterState, LimiterReply, LimiterEffect>;

/** The limiter as a kind of actor. */
export const limiterBehaviour: Behaviour<
  LimiterState,
  LimiterMessage,
  LimiterReply,
  LimiterEffect
> = {
  kind: LIMITER_KIND,
  decode: decodeLimiter,
  encode: encodeLimiter,
  receive: claim,
  resident: ({ gates }) => gates.size > 0,
  wakes: null,
  adopts: null,
};

function claim(
  before: LimiterState,
  message: LimiterMessage,
  context: ReducerContext,
): LimiterStep {
  const { boot, turn, version } = message;
  const { nowMs, lives } = context;
  if (turn <= (before.turns.get(boot) ?? 0)) {
    return { state: before, reply: { kind: "overtaken" }, effects: [] };
  }
  const isNewer = version >= before.version;
  const limits = isNewer ? message.limits : before.limits;
  const gates = new Map(before.gates);
  const grants: GateGrant[] = [];
  const calls = new Map<BootId, string[]>();
  for (const one of message.gates) {
    const step = claimed(gates.get(one.gate) ?? NEW_GATE, one, { boot, nowMs, limits, lives });
    if (isEmpty(step.state)) gates.delete(one.gate);
    else gates.set(one.gate, step.state);
    grants.push(step.grant);
    for (const other of step.calls) calls.set(other, [...calls.get(other) ?? [], one.gate]);
  }
  const state: LimiterState = {
    queue: before.queue,
    version: Math.max(before.version, version),
    limits: sameLimits(limits, before.limits) ? before.limits : limits,
    turns: turnsOf(before, gates, { boot, turn }),
    gates,
  };
  return {
    state,
    reply: { kind: "granted", gates: grants },
    effects: calls.size === 0 ? [] : [{
      kind: "call",
      queue: state.queue,
      calls: [...calls].map(([boot, gates]) => ({ boot, gates })),
    }],
  };
}

function isEmpty({ holders, window }: GateState): boolean {
  return holders.length === 0 && window.starts.length === 0;
}

/** Of those that hold something, and of this one. */
function turnsOf(
  before: LimiterState,
  gates: ReadonlyMap<string, GateState>,
  { boot, turn }: { readonly boot: BootId; readonly turn: number },
): ReadonlyMap<BootId, number> {
  if (before.turns.size === 0) return new Map([[boot, turn]]);
  const known = new Set([...gates.values()].flatMap(({ holders }) => holders.map((h) => h.boot)));
  return new Map([
    ...[...before.turns].filter(([other]) => other !== boot && known.has(other)),
    [boot, turn],
  ]);
}
