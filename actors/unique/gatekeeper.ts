/**
 * Gatekeeper: remembers which job holds a key, as an actor of its own.
 *
 *     free ──admit──▶ held ──admit in the holder's place──▶ held ──its job is over, looked at──▶ forgotten
 *
 * Intuition: whoever submits reads the holder and its job, decides by the gate, and says to the gatekeeper:
 * my job in the place of that one. If another was faster, that one holds no more, and the asker looks again.
 *
 * Invariants: Q4. A job is admitted only in the place of the holder that its asker has seen. Q5. The job and
 * its holding are one commit (ADR 0014): after any crash there are both or neither.
 * Not here: what is decided (gate.ts).
 * @module
 */
import type { Behaviour, Step } from "../../runtime/actor/behaviour.ts";
import { Fault, unreachable } from "../../runtime/fault.ts";
import { type ActorId, actorId } from "../../runtime/ids.ts";
import type { Draft, Indexing, Snapshot } from "../../runtime/snapshot.ts";
import { draftsOfJob } from "../deadline/drafts.ts";
import type { JobSpec } from "../job/spec.ts";
import type { Holder } from "./gate.ts";

/** `Snapshot.kind` of a gatekeeper. */
export const GATEKEEPER_KIND = "unique";
/** What every gatekeeper's id ends in; jobs' own ids must not. */
export const GATEKEEPER_ID_SUFFIX = "@unique";
/** How long after a key could be free it is looked at whether it is, ms; and then again and again. */
export const GATE_LOOK_EVERY_MS = 600_000;

/** A gatekeeper's state. */
export interface GatekeeperState {
  readonly holder: Holder | null;
  /** When it looks whether its job is over, ms; null: there is none to look at. */
  readonly lookAtMs: number | null;
  /** When nobody needs it any more, ms; null: it is needed. */
  readonly forgottenAtMs: number | null;
}

/** What a gatekeeper is told. */
export type GatekeeperMessage =
  /** Makes the job the holder, if `instead` is the holder now; null: nobody. */
  | {
    readonly kind: "admit";
    readonly instead: string | null;
    readonly holder: Holder;
    readonly spec: JobSpec;
  }
  | { readonly kind: "wake" }
  /** What `look` asked for. */
  | { readonly kind: "looked"; readonly jobId: string; readonly over: boolean };

/** What a gatekeeper answers. */
export type GatekeeperReply =
  /** The job is accepted, at this time (ms). */
  | { readonly kind: "admitted"; readonly atMs: number }
  /** Another one was faster: nothing happened. */
  | { readonly kind: "outrun" }
  | { readonly kind: "done" };

/** Find out whether the job is over, and tell it by `looked`. */
export type GatekeeperEffect = { readonly kind: "look"; readonly jobId: string };

type GatekeeperStep = Step<GatekeeperState, GatekeeperReply, GatekeeperEffect>;

const FREE: GatekeeperState = { holder: null, lookAtMs: null, forgottenAtMs: null };
const DONE = { kind: "done" } as const;

/** The gatekeeper as a kind of actor. */
export const gatekeeperBehaviour: Behaviour<
  GatekeeperState,
  GatekeeperMessage,
  GatekeeperReply,
  GatekeeperEffect
> = {
  kind: GATEKEEPER_KIND,
  decode: decodeGatekeeper,
  encode: (state) => ({ head: JSON.stringify(state), index: indexingOf(state) }),
  receive: (state, message, { nowMs }) => receive(state, message, nowMs),
  resident: () => false,
  wakes: { wake: () => ({ kind: "wake" }), overdue: null },
  adopts: null,
};

/** The gatekeeper of a hash, and of all jobs `<hash>@…`; throws `InvariantError` when it cannot be one. */
export function gatekeeperId(hash: string): ActorId {
  return actorId(`${hash}${GATEKEEPER_ID_SUFFIX}`);
}

/** What is inserted for a key that is new: nobody holds it. It is forgotten unless somebody does soon. */
export function draftOfGatekeeper(id: ActorId, nowMs: number): Omit<Draft, "shard"> {
  const state: GatekeeperState = { ...FREE, forgottenAtMs: nowMs + GATE_LOOK_EVERY_MS };
  return {
    id,
    kind: GATEKEEPER_KIND,
    createdAtMs: nowMs,
    body: "null",
    head: JSON.stringify(state),
    index: indexingOf(state),
  };
}

/** Reads a gatekeeper's snapshot; throws a `corrupt` fault. */
export function decodeGatekeeper({ id, head }: Snapshot): GatekeeperState {
  try {
    return JSON.parse(head) as GatekeeperState;
  } catch {
    throw new Fault("unique.decode", "corrupt", { message: `${id} does not hold a gatekeeper` });
  }
}

function receive(
  state: GatekeeperState,
  message: GatekeeperMessage,
  nowMs: number,
): GatekeeperStep {
  switch (message.kind) {
    case "admit":
      return admit(state, message, nowMs);
    case "wake":
      return wake(state, nowMs);
    case "looked":
      return looked(state, message, nowMs);
    default:
      return unreachable(message);
  }
}

/** (Q4, Q5) */
function admit(
  state: GatekeeperState,
  { instead, holder, spec }: Extract<GatekeeperMessage, { readonly kind: "admit" }>,
  nowMs: number,
): GatekeeperStep {
  if ((state.holder?.jobId ?? null) !== instead) {
    return { state, reply: { kind: "outrun" }, effects: [] };
  }
  const lookAtMs = Math.max(nowMs, holder.dueAtMs, holder.keptToMs) + GATE_LOOK_EVERY_MS;
  return {
    state: { holder, lookAtMs, forgottenAtMs: null },
    reply: { kind: "admitted", atMs: nowMs },
    effects: [],
    carries: { inserts: draftsOfJob(spec, { id: actorId(holder.jobId), nowMs }) },
  };
}

/** The next look is set before this one is answered: an answer that is lost costs one look. */
function wake(state: GatekeeperState, nowMs: number): GatekeeperStep {
  const { holder } = state;
  if (holder === null || state.lookAtMs === null) return { state, reply: DONE, effects: [] };
  return {
    state: { ...state, lookAtMs: nowMs + GATE_LOOK_EVERY_MS },
    reply: DONE,
    effects: [{ kind: "look", jobId: holder.jobId }],
  };
}

/** What nobody can need any more (looks come after `keptToMs`) is swept; until then another job may still be admitted. */
function looked(
  state: GatekeeperState,
  { jobId, over }: Extract<GatekeeperMessage, { readonly kind: "looked" }>,
  nowMs: number,
): GatekeeperStep {
  const { holder } = state;
  const isFree = over && holder?.jobId === jobId;
  return {
    state: isFree ? { holder, lookAtMs: null, forgottenAtMs: nowMs } : state,
    reply: DONE,
    effects: [],
  };
}

function indexingOf({ lookAtMs, forgottenAtMs }: GatekeeperState): Indexing {
  return {
    wakeAtMs: lookAtMs,
    lane: `${GATEKEEPER_KIND}/due`,
    rank: 0,
    expireAtMs: forgottenAtMs,
    labels: [],
    tally: GATEKEEPER_KIND,
  };
}
