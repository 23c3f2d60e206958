/**
 * Plan: transitions of known records, prepared so far that the script has only to compare, to write, and to change
 * each key of the index once.
 *
 * Intuition: Redis does one thing at a time for everybody, the driver's node has time. What `apply.lua` works out
 * of the stored records for each write, five times as long as the writes themselves, is worked out here; the tables
 * that it gathers for its index are made here in the same form. Most transitions of a batch move between the same
 * few shapes: what that means is worked out once for each pair.
 *
 * Invariant: PL1. A plan is applied as a whole, when every record is the one it was made for, every fence the writer's
 * and every shape, before and after, what its number says; else not at all, and its writes are sent as they are.
 * @module
 */
import { hasKey, type Indexing } from "../../../snapshot.ts";
import type { Transition } from "../../port.ts";
import type { ScriptArgument } from "../calls.ts";
import { packRecords, type PlannedRecord, recordOf } from "../codec.ts";
import { type KnownActor, type KnownShape, sameBytes } from "./known.ts";

/** Serials of one set of a label, as in the scripts' prelude. */
const CHUNK = 512;

/** Serials that come to a time, and those that leave theirs. */
interface Times {
  readonly come: Map<number, number>;
  readonly gone: Map<number, number>;
}

/** Sets of a label by number, and what becomes of serials in them: true, they carry it from now on. */
type LabelChunks = Map<number, Map<string, boolean>>;

/** What it means to go from one shape to another, and how many did. */
interface Move {
  /** The numbers of the shapes. */
  readonly from: number;
  readonly to: number;
  readonly kind: string;
  readonly before: Indexing;
  readonly after: Indexing;
  readonly gone: readonly LabelChunks[];
  readonly come: readonly LabelChunks[];
  readonly placesBefore: readonly string[];
  readonly placesAfter: readonly string[];
  count: number;
  /** Of them, those that were in the due index, and those that are now. */
  waitedBefore: number;
  waitAfter: number;
}

/** The transitions of one batch that can be prepared. */
export class Plan {
  readonly #fences = new Map<number, number>();
  readonly #labels = new Map<string, Map<string, LabelChunks>>();
  readonly #dues = new Map<number, Map<string, Times>>();
  readonly #expiries = newTimes();
  readonly #moves: Move[] = [];
  /** Those between two numbers. */
  readonly #movesByNumbers = new Map<number, Map<number, Move>>();
  readonly #shapes = new Map<number, Uint8Array>();
  readonly #records: PlannedRecord[] = [];

  /** `prefix`: the group's, of the keys that it counts in. */
  constructor(private readonly prefix: string) {}

  /** True while it would change nothing. */
  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  /** False: what is there of its shard has another epoch, or a number another text, and one is out of date. */
  takes({ shard, epoch }: Transition, shapes: readonly KnownShape[]): boolean {
    if ((this.#fences.get(shard) ?? epoch) !== epoch) return false;
    return shapes.every(({ number, text }) => {
      const there = this.#shapes.get(number);
      return there === undefined || there === text || sameBytes(there, text);
    });
  }

  /** Adds the transition of `actor`, whose shape is `before`, to the shape `after`; gives what its record is then. */
  add(write: Transition, { actor, before: from, after: to }: {
    readonly actor: KnownActor;
    readonly before: KnownShape;
    readonly after: KnownShape;
  }): KnownActor {
    const { index: before, serial, shard } = actor;
    const after = { ...actor, version: actor.version + 1, index: write.index, shape: to };
    this.#fences.set(shard, write.epoch);
    for (const { number, text } of [from, to]) this.#shapes.set(number, text);
    this.#records.push(recordOf(write.id, { actor, after, head: write.head }));
    const move = this.#moveOf(actor, { from: from.number, to: to.number, after: write.index });
    move.count++;
    for (const chunks of move.gone) setSerial(chunks, serial, false);
    for (const chunks of move.come) setSerial(chunks, serial, true);
    const dues = of(this.#dues, shard, () => new Map<string, Times>());
    if (before.wakeAtMs !== null) {
      move.waitedBefore++;
      setTimes(dues, move.placesBefore, { serial, timeMs: before.wakeAtMs, there: false });
    }
    if (write.index.wakeAtMs !== null) {
      move.waitAfter++;
      setTimes(dues, move.placesAfter, { serial, timeMs: write.index.wakeAtMs, there: true });
    }
    this.#setExpiry(serial, before.expireAtMs, false);
    this.#setExpiry(serial, write.index.expireAtMs, true);
    return after;
  }

  /** What the script takes: the tables of the index, then shapes, then records. */
  parts(): { readonly tables: unknown; readonly rest: readonly ScriptArgument[] } {
    const tables = {
      fences: this.#fences,
      labels: this.#labels,
      dues: this.#dues,
      expiries: this.#expiries,
      ...this.#counted(),
    };
    const shapes = [...this.#shapes].flat();
    return { tables, rest: [this.#shapes.size, ...shapes, packRecords(this.#records)] };
  }

  #setExpiry(serial: number, timeMs: number | null, there: boolean): void {
    if (timeMs !== null) setTime(this.#expiries, { serial, timeMs, there });
  }

  #moveOf(
    { kind, index: before }: KnownActor,
    { from, to, after }: { readonly from: number; readonly to: number; readonly after: Indexing },
  ): Move {
    const make = (): Move => {
      const move = {
        ...{ from, to, kind, before, after, count: 0, waitedBefore: 0, waitAfter: 0 },
        gone: this.#chunksOf(kind, before.labels, after.labels),
        come: this.#chunksOf(kind, after.labels, before.labels),
        placesBefore: placesOf(before),
        placesAfter: placesOf(after),
      };
      this.#moves.push(move);
      return move;
    };
    return of(of(this.#movesByNumbers, from, () => new Map<number, Move>()), to, make);
  }

  /** The sets of those `labels` that are not among `others`. */
  #chunksOf(
    kind: string,
    labels: readonly string[],
    others: readonly string[],
  ): readonly LabelChunks[] {
    const sets = of(this.#labels, kind, () => new Map<string, LabelChunks>());
    return labels.filter((label) => !others.includes(label))
      .map((label) => of(sets, label, () => new Map()));
  }

  /** What is counted: actors by tally, due ones by lane and rank, and the uses of shapes. */
  #counted() {
    const counts = new Map<string, Map<string, number>>();
    const shapeUses = new Map<number, number>();
    const count = (key: string, field: string, by: number) =>
      addTo(of(counts, `${this.prefix}${key}`, () => new Map<string, number>()), field, by);
    const countDue = ({ lane, rank }: Indexing, by: number) => {
      count(hasKey(lane) ? "keyed" : "lanes", lane, by);
      count(`r:${lane}`, String(rank), by);
    };
    for (const { from, to, kind, before, after, ...move } of this.#moves) {
      count(`t:${kind}`, before.tally, -move.count);
      count(`t:${kind}`, after.tally, move.count);
      countDue(before, -move.waitedBefore);
      countDue(after, move.waitAfter);
      addTo(shapeUses, from, -move.count);
      addTo(shapeUses, to, move.count);
    }
    return { counts, shapeUses };
  }
}

/** The places of the due index in which actors wait: one, or that of their line as well. */
function placesOf({ lane, rank }: Indexing): readonly string[] {
  const own = `${rank}:${lane}`;
  return hasKey(lane) ? [own, "0:"] : [own];
}

function newTimes(): Times {
  return { come: new Map(), gone: new Map() };
}

/** The part of `all` at `key`, made when there is none. */
function of<Key, Part>(all: Map<Key, Part>, key: Key, make: () => Part): Part {
  let part = all.get(key);
  if (part === undefined) {
    part = make();
    all.set(key, part);
  }
  return part;
}

function addTo<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function setSerial(chunks: LabelChunks, serial: number, there: boolean): void {
  const chunk = of(chunks, Math.floor(serial / CHUNK), () => new Map<string, boolean>());
  chunk.set(String(serial % CHUNK), there);
}

/** A serial, and whether it is at a time from now on, or leaves it. */
interface TimeChange {
  readonly serial: number;
  readonly timeMs: number;
  readonly there: boolean;
}

function setTimes(
  dues: Map<string, Times>,
  places: readonly string[],
  change: TimeChange,
): void {
  for (const place of places) setTime(of(dues, place, newTimes), change);
}

function setTime({ come, gone }: Times, { serial, timeMs, there }: TimeChange): void {
  if (there) come.set(serial, timeMs);
  else if (!come.delete(serial)) gone.set(serial, timeMs);
}
