/**
 * Deadline: the companion of a job with a service level: it wakes when a moment has passed by which the job
 * was to be somewhere, and tells the job, which notes what it has missed (actors/job/sla.ts).
 *
 *     waiting for the first moment ──passed, told──▶ waiting for the next ──▶ … ──▶ over, swept
 *
 * Intuition: the job itself wakes when it may run, and waits for a slot then: it cannot be woken to find
 * that none came. Its deadline can: it is woken without any. It decides nothing; that the job has ended
 * long ago, or has begun in time, is for the job to know.
 *
 * Invariants:
 *   DL1. Every moment is told to the job at least once after it passed, whichever nodes fail meanwhile.
 *   DL2. It is inserted before its job; one whose job never came, or is gone, ends by itself.
 * Not here: the way to the job (deadline_driver.ts).
 * @module
 */
import type { Behaviour, ReducerContext, Step, Stored } from "../../runtime/actor/behaviour.ts";
import { Fault, unreachable } from "../../runtime/fault.ts";
import { type ActorId, actorId } from "../../runtime/ids.ts";
import { ARM_AHEAD_MS } from "../../runtime/limits.ts";
import type { Draft, Snapshot } from "../../runtime/snapshot.ts";
import { deadlinesOf } from "../job/sla.ts";
import type { JobSpec } from "../job/spec.ts";

/** `Snapshot.kind` of a deadline. */
export const DEADLINE_KIND = "deadline";
/** The line in which deadlines that have passed wait to be told. */
export const DEADLINE_LANE = "deadline/due";
/** Ids of deadlines end in this, or in this, a dash and a version; jobs' own ids must not. */
const DEADLINE_MARK = "@deadline";
const DEADLINE_ID = /@deadline(-[0-9a-z]*)?$/;
/** How long after a moment its job may still come into being, ms: longer than any insert takes. */
export const ORPHAN_AFTER_MS = 10_000;

/** A deadline: the moments that are still to be told, earliest first (ms), and when it was over. */
export interface DeadlineState {
  readonly momentsMs: readonly number[];
  readonly overAtMs: number | null;
}

/** What a deadline receives. */
export type DeadlineMessage =
  /** Its time has come. */
  | { readonly kind: "wake" }
  /** The job has been told of every moment up to `atMs`; `gone`: there was no such job. */
  | { readonly kind: "told"; readonly atMs: number; readonly gone: boolean };

/** What it asks of the world: tell the job that `atMs` has passed, then answer with `told`. */
export interface DeadlineEffect {
  readonly kind: "tell";
  readonly job: ActorId;
  readonly atMs: number;
}

type DeadlineStep = Step<DeadlineState, never, DeadlineEffect>;

/** Tells whether `id` is that of a deadline. */
export function isDeadlineId(id: string): boolean {
  return DEADLINE_ID.test(id);
}

/** The deadline as a kind of actor. */
export const deadlineBehaviour: Behaviour<DeadlineState, DeadlineMessage, never, DeadlineEffect> = {
  kind: DEADLINE_KIND,
  decode: decodeDeadline,
  encode,
  receive,
  resident: () => false,
  wakes: { wake: () => ({ kind: "wake" }), overdue: null },
  adopts: null,
};

/**
 * What is inserted before a job with service levels (DL2), or with its version `version` when it gets another spec;
 * undefined for one without: it costs nothing more.
 */
export function draftOfDeadline(
  spec: Pick<JobSpec, "sla" | "runAtMs">,
  { id, nowMs, version }: {
    readonly id: ActorId;
    readonly nowMs: number;
    readonly version?: number;
  },
): Omit<Draft, "shard"> | undefined {
  const moments = Object.values(deadlinesOf(spec)).filter((ms) => ms !== null);
  if (moments.length === 0) return undefined;
  const momentsMs = [...new Set(moments)].sort((one, other) => one - other);
  return {
    id: actorId(`${id}${DEADLINE_MARK}${version === undefined ? "" : `-${version.toString(36)}`}`),
    kind: DEADLINE_KIND,
    createdAtMs: nowMs,
    body: "null",
    ...encode({ momentsMs, overAtMs: null }),
  };
}

function receive(
  state: DeadlineState,
  message: DeadlineMessage,
  context: ReducerContext,
): DeadlineStep {
  switch (message.kind) {
    case "wake": {
      const atMs = state.momentsMs.findLast((ms) => ms < context.nowMs);
      if (atMs === undefined) return { state, effects: [] };
      const job = actorId(context.id.slice(0, context.id.lastIndexOf(DEADLINE_MARK)));
      return { state, effects: [{ kind: "tell", job, atMs }] };
    }
    case "told":
      return { state: told(state, message, context), effects: [] };
    default:
      return unreachable(message);
  }
}

/** While its job may still come, the moment stays to be told: it is woken again (DL2). */
function told(
  state: DeadlineState,
  { atMs, gone }: { readonly atMs: number; readonly gone: boolean },
  { nowMs }: ReducerContext,
): DeadlineState {
  if (state.overAtMs !== null) return state;
  if (gone && nowMs - atMs < ORPHAN_AFTER_MS) return state;
  const momentsMs = gone ? [] : state.momentsMs.filter((ms) => ms > atMs);
  if (momentsMs.length === state.momentsMs.length) return state;
  return { momentsMs, overAtMs: momentsMs.length === 0 ? nowMs : null };
}

/** A wake-up may come ahead of its time, and a moment has passed only when the next has begun. */
function encode({ momentsMs, overAtMs }: DeadlineState): Stored {
  const [first] = momentsMs;
  return {
    head: JSON.stringify([momentsMs, overAtMs]),
    index: {
      wakeAtMs: first === undefined ? null : first + 1 + ARM_AHEAD_MS,
      lane: DEADLINE_LANE,
      rank: 0,
      expireAtMs: overAtMs,
      labels: [],
      tally: overAtMs === null ? "waiting" : "over",
    },
  };
}

function decodeDeadline({ id, head }: Snapshot): DeadlineState {
  try {
    const [momentsMs, overAtMs] = JSON.parse(head) as [number[], number | null];
    return { momentsMs: momentsMs.filter(Number.isFinite), overAtMs };
  } catch {
    const message = `${id} does not hold a deadline`;
    throw new Fault("deadline.decode", "corrupt", { message });
  }
}
