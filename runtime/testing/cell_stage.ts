/**
 * CellStage: one cell on a host that does nothing by itself, for tests.
 * @module
 */
import type { Settled } from "../actor/envelope.ts";
import type { Lane } from "../actor/mailbox.ts";
import { Fault, type FaultCode } from "../fault.ts";
import { actorId, type BootId, type NodeName, type ShardId } from "../ids.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Transition, WriteOutcome } from "../store/port.ts";
import { counter, type CounterMessage, counterSnapshot, type CounterState } from "./counter.ts";
import { VirtualClock } from "./virtual_clock.ts";
import { Cell } from "../system/cell.ts";
import type { CellHost } from "../system/cell_host.ts";

export const SNAPSHOT = counterSnapshot("c", { shards: 1 });
export const APPLIED: WriteOutcome = { kind: "applied" };
export const ADD: CounterMessage = { kind: "add", by: 1, effects: ["rang"] };
export const GET: CounterMessage = { kind: "get" };
export const CRASH: CounterMessage = { kind: "crash" };

export function fault(code: FaultCode): Fault {
  return new Fault("store.apply", code, { message: "injected" });
}

/** A cell whose host does nothing by itself: the test answers loads, commits and repairs. */
export function setup() {
  const clock = new VirtualClock();
  const events: string[] = [];
  const commits: { transition: Transition; done: (outcome: WriteOutcome | Fault) => void }[] = [];
  const repairs: ((snapshot: Snapshot | undefined) => void)[] = [];
  const owned = { epoch: 1 as number | undefined };
  const performing = { act: (_effect: string) => {} };
  const host: CellHost<string> = {
    clock,
    epochOf: () => owned.epoch,
    context: (id, nextVersion) => ({
      id,
      lives: () => false,
      nextVersion,
      nowMs: clock.wallMs(),
      chance: 0.5,
      unique: "unique",
      node: "a" as NodeName,
      boot: "a1" as BootId,
    }),
    load: () => void events.push("load"),
    commit: (transition, done) => void commits.push({ transition, done }),
    readBehindFence: (_id, _shard, done) => void repairs.push(done),
    fenced: (_shard, epoch) => {
      events.push(`fenced ${epoch}`);
      owned.epoch = undefined;
      cell.drop();
    },
    moved: (before, after) => void events.push(`moved ${before.version}-${after.version}`),
    inserted: (drafts) => void events.push(`inserted ${drafts.map(({ id }) => id)}`),
    perform: (effect) => {
      events.push(effect);
      performing.act(effect);
    },
    deadLetter: (_id, { reason }) => void events.push(`letter ${reason}`),
    crashed: (_id, { directive }) => void events.push(directive.kind),
    left: () => void events.push("left"),
    retryLater: (act) => void clock.after(50, act),
  };
  const cell = new Cell<CounterState, CounterMessage, number, string>(
    actorId("c"),
    0 as ShardId,
    counter,
    host,
  );
  const settled: string[] = [];
  const send = (message: CounterMessage, lane: Lane = "user") =>
    cell.offer({
      lane,
      message,
      crashes: 0,
      settle: (end: Settled<number>) => {
        const reply = end.kind === "handled" ? ` ${end.reply}` : "";
        settled.push(`${message.kind} ${end.kind}${reply}`);
        if (end.kind === "handled") events.push("replied");
      },
    });
  const answer = (outcome: WriteOutcome | Fault) => commits.shift()!.done(outcome);
  const loaded = () => {
    cell.loaded(SNAPSHOT);
    events.length = 0;
  };
  return {
    cell,
    clock,
    events,
    commits,
    repairs,
    owned,
    performing,
    settled,
    send,
    answer,
    loaded,
  };
}
