/**
 * Plan: transitions of known records, prepared so far that the script has only to compare, to write, and to change
 * each key of the index once.
 *
 * Intuition: Redis does one thing at a time for everybody, the driver's node has time. What `apply.lua` works out
 * of the stored records for each write, five times as long as the writes themselves, is worked out here; the tables
 * that it gathers for its index are made here in the same form.
 *
 * Invariant: PL1. A plan is applied as a whole, when every record is the one it was made for, every fence the writer's
 * and every shape what its number says; else not at all, and its writes are sent as they are.
 * @module
 */
import { hasKey, type Indexing } from "../../../snapshot.ts";
import type { Transition } from "../../port.ts";
import type { ScriptArgument } from "../calls.ts";
import { packRecord, recordStart } from "../codec.ts";
import type { KnownActor, KnownShape } from "./known.ts";

/** Serials of one set of a label, as in the scripts' prelude. */
const CHUNK = 512;

/** Serials that come to a time, and those that leave theirs. */
interface Times {
  readonly come: Map<number, number>;
  readonly gone: Map<number, number>;
}

/** Sets of a label by number, and what becomes of serials in them: true, they carry it from now on. */
type LabelChunks = Map<number, Map<string, boolean>>;

/** The transitions of one batch that can be prepared. */
export class Plan {
  readonly #fences = new Map<number, number>();
  readonly #labels = new Map<string, Map<string, LabelChunks>>();
  readonly #dues = new Map<number, Map<string, Times>>();
  readonly #expiries = newTimes();
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #shapeUses = new Map<number, number>();
  readonly #shapes = new Map<number, Uint8Array>();
  readonly #records: ScriptArgument[] = [];

  /** `prefix`: the group's, of the keys that it counts in. */
  constructor(private readonly prefix: string) {}

  /** True while it would change nothing. */
  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  /** False: another write of its shard is there with another epoch, and one of them is out of date. */
  takes({ shard, epoch }: Transition): boolean {
    return (this.#fences.get(shard) ?? epoch) === epoch;
  }

  /** Adds the transition of `actor` to what `shape` is the shape of; gives what its record is then. */
  add(write: Transition, { actor, shape }: {
    readonly actor: KnownActor;
    readonly shape: KnownShape;
  }): KnownActor {
    const { index: before, serial, kind } = actor;
    const after = { ...actor, version: actor.version + 1, index: write.index, shape: shape.number };
    this.#fences.set(write.shard, write.epoch);
    this.#shapes.set(shape.number, shape.text);
    const start = recordStart(actor);
    this.#records.push(write.id, start, packRecord(start, after, write.head));
    this.#moveLabels(actor, write.index.labels);
    this.#setDue(actor, before, false);
    this.#setDue(actor, write.index, true);
    if (before.expireAtMs !== null) setTime(this.#expiries, [serial, before.expireAtMs], false);
    const { expireAtMs } = write.index;
    if (expireAtMs !== null) setTime(this.#expiries, [serial, expireAtMs], true);
    this.#count(`t:${kind}`, before.tally, -1);
    this.#count(`t:${kind}`, write.index.tally, 1);
    if (actor.shape !== null) this.#useShape(actor.shape, -1);
    this.#useShape(shape.number, 1);
    return after;
  }

  /** What the script takes: the tables of the index, then shapes, then records, their starts before them. */
  parts(): { readonly tables: unknown; readonly rest: readonly ScriptArgument[] } {
    const tables = {
      fences: this.#fences,
      labels: this.#labels,
      dues: this.#dues,
      expiries: this.#expiries,
      counts: this.#counts,
      shapeUses: this.#shapeUses,
    };
    return { tables, rest: [this.#shapes.size, ...[...this.#shapes].flat(), ...this.#records] };
  }

  #moveLabels({ kind, serial, index }: KnownActor, labels: readonly string[]): void {
    for (const label of index.labels) {
      if (!labels.includes(label)) this.#setLabel(kind, label, serial, false);
    }
    for (const label of labels) {
      if (!index.labels.includes(label)) this.#setLabel(kind, label, serial, true);
    }
  }

  #setLabel(kind: string, label: string, serial: number, there: boolean): void {
    const chunks = of(of(this.#labels, kind, () => new Map()), label, () => new Map());
    of(chunks, Math.floor(serial / CHUNK), () => new Map()).set(String(serial % CHUNK), there);
  }

  #setDue({ shard, serial }: KnownActor, index: Indexing, there: boolean): void {
    const { wakeAtMs, lane, rank } = index;
    if (wakeAtMs === null) return;
    const places = of(this.#dues, shard, () => new Map());
    const isKeyed = hasKey(lane);
    setTime(of(places, `${rank}:${lane}`, newTimes), [serial, wakeAtMs], there);
    if (isKeyed) setTime(of(places, "0:", newTimes), [serial, wakeAtMs], there);
    this.#count(isKeyed ? "keyed" : "lanes", lane, there ? 1 : -1);
    this.#count(`r:${lane}`, String(rank), there ? 1 : -1);
  }

  #count(key: string, field: string, by: number): void {
    const fields = of(this.#counts, `${this.prefix}${key}`, () => new Map());
    fields.set(field, (fields.get(field) ?? 0) + by);
  }

  #useShape(number: number, by: number): void {
    this.#shapeUses.set(number, (this.#shapeUses.get(number) ?? 0) + by);
  }
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

/** Notes that a serial comes to a time, or leaves the one it had. */
function setTime({ come, gone }: Times, [serial, timeMs]: [number, number], there: boolean): void {
  if (there) come.set(serial, timeMs);
  else if (!come.delete(serial)) gone.set(serial, timeMs);
}
