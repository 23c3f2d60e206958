/**
 * Samples: schedules for tests: one plain spec, a recurrence that fires every minute, and a schedule
 * that is spoken to as its host would.
 * @module
 */
import type { Step } from "../../../runtime/actor/behaviour.ts";
import type { Snapshot } from "../../../runtime/snapshot.ts";
import { actorId, type ShardId } from "../../../runtime/ids.ts";
import { contextOf, NOW_MS, specOf as jobSpecOf } from "../../job/testing/samples.ts";
import { scheduleBehaviour } from "../behaviour.ts";
import { draftOfSchedule } from "../codec.ts";
import { decodeEntry, type LedgerEntry } from "../ledger.ts";
import type { ScheduleEffect, ScheduleMessage, ScheduleReply } from "../messages.ts";
import type { Occurrence, Recurrence } from "../recurrence/occurrence.ts";
import { SCHEDULE_DEFAULTS, type ScheduleSpec } from "../spec.ts";
import type { ScheduleState } from "../state.ts";
import { Timetable } from "../timetable.ts";

/** The interval of the samples' rule, ms. */
export const MINUTE_MS = 60_000;
export const ID = "nightly";

/** A schedule that names nothing but its job and `every` minute. */
export function specOf(overrides: Partial<ScheduleSpec> = {}): ScheduleSpec {
  const { runAtMs: _, traceId: __, fingerprint: ___, ...job } = jobSpecOf();
  return { ...SCHEDULE_DEFAULTS, rule: { kind: "every", everyMs: MINUTE_MS }, job, ...overrides };
}

/** Every `everyMs` from `anchorMs` on; `odd` says what is special about one. */
export function everyMinute(
  anchorMs: number,
  { everyMs = MINUTE_MS, odd = () => ({}) }: {
    readonly everyMs?: number;
    readonly odd?: (atMs: number) => Partial<Occurrence>;
  } = {},
): Recurrence {
  return {
    after: (afterMs) => {
      const atMs = anchorMs +
        (Math.max(0, Math.floor((afterMs - anchorMs) / everyMs)) + 1) * everyMs;
      return { atMs, localMs: atMs, note: null, fires: true, ...odd(atMs) };
    },
  };
}

/** One schedule, hosted by hand: what is told to it is committed at once. */
export class Hosted {
  state: ScheduleState;
  nowMs = NOW_MS;
  /** Every job that it made, in order. */
  readonly jobs: string[] = [];
  readonly ledger: LedgerEntry[] = [];
  effects: readonly ScheduleEffect[] = [];
  commits = 0;
  /** False: its node can't read its rule. */
  readable = true;
  readonly #behaviour;
  #snapshot: Snapshot;

  constructor(spec: ScheduleSpec = specOf(), odd?: (atMs: number) => Partial<Occurrence>) {
    this.#behaviour = scheduleBehaviour(({ jitterMs, rule }, { id, anchorMs }) => {
      const everyMs = rule.kind === "every" ? rule.everyMs : MINUTE_MS;
      const recurrence = everyMinute(anchorMs, { everyMs, ...(odd !== undefined && { odd }) });
      return new Timetable(this.readable ? recurrence : null, { id, jitterMs });
    });
    const draft = draftOfSchedule(spec, { id: ID, nowMs: NOW_MS });
    this.#snapshot = { ...draft, shard: 0 as ShardId, version: 1 };
    this.state = this.#behaviour.decode(this.#snapshot);
    this.tell({ kind: "wake" });
  }

  /** Tells it `message`; gives its answer. */
  tell(message: ScheduleMessage): ScheduleReply | undefined {
    const { version } = this.#snapshot;
    const context = {
      ...contextOf({ nowMs: this.nowMs }),
      id: actorId(`${ID}@schedule`),
      nextVersion: version + 1,
    };
    const step = this.#behaviour.receive(this.state, message, context);
    this.effects = step.effects;
    if (step.state !== this.state) this.#commit(step);
    return step.reply;
  }

  /** Lets the time come at which it asked to be woken, or `atMs`; wakes it. */
  wake(atMs: number | null = this.state.wakeAtMs): void {
    this.nowMs = atMs ?? this.nowMs;
    this.tell({ kind: "wake" });
  }

  /** The jobs it asks about, when it does. */
  get asks(): readonly string[] {
    return this.effects.flatMap((effect) => effect.kind === "look" ? effect.jobIds : []);
  }

  /** The jobs it cancels. */
  get cancels(): readonly string[] {
    return this.effects.flatMap((effect) => effect.kind === "cancel" ? effect.jobIds : []);
  }

  /** `minute decision`, for every line of the ledger. */
  get decisions(): readonly string[] {
    return this.ledger.map(({ nominalAtMs, decision }) =>
      `${(nominalAtMs - NOW_MS) / MINUTE_MS} ${decision}`
    );
  }

  #commit({ state, carries }: Step<ScheduleState, ScheduleReply, ScheduleEffect>): void {
    const body = carries?.body ?? this.#snapshot.body;
    const version = this.#snapshot.version + 1;
    this.#snapshot = { ...this.#snapshot, ...this.#behaviour.encode(state), body, version };
    this.state = this.#behaviour.decode(this.#snapshot);
    this.jobs.push(...(carries?.inserts ?? []).map(({ id }) => id));
    this.ledger.push(...(carries?.lines?.texts ?? []).map(decodeEntry));
    this.commits++;
  }
}
