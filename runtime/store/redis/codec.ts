/**
 * Codec: what the driver and its scripts say to each other: MessagePack, in arrays whose places lua/ knows.
 * @module
 */
import { Packr, Unpackr } from "../../../deps.ts";
import { invariant, unreachable } from "../../fault.ts";
import type { ActorId, BootId, NodeName, ShardId } from "../../ids.ts";
import { JOURNAL_LINES_MAX } from "../../limits.ts";
import type { Draft, Indexing, Snapshot } from "../../snapshot.ts";
import type { AcquireOutcome, Carried, Fence, Renewal, Write, WriteOutcome } from "../port.ts";
import type { KnownActor, ShapeName } from "./prepared/known.ts";
import type { Answered } from "./prepared/preparer.ts";

const PACKR = new Packr({ useRecords: false, variableMapSize: true });
const UNPACKR = new Unpackr({ useRecords: false, int64AsType: "number" });

const TEXT = new TextDecoder();
const ENCODER = new TextEncoder();

/** Never, where a time stands: Lua's tables end at the first nil. */
const NEVER = -1;

/** `value` as the scripts read it. */
export function pack(value: unknown): Uint8Array {
  return PACKR.pack(value);
}

/** What a script packed. */
export function unpack(bytes: Uint8Array): unknown {
  return UNPACKR.unpack(bytes);
}

/** What many actors have in common of their indexing: kept once by the scripts, with its uses in a batch. */
type ShapeParts = [lane: string, rank: number, tally: string, labels: readonly string[]];

/** A shape as it is kept; of the actors of one kind alone. */
export type KeptShape = [...ShapeParts, kind: string];

/** A write, and the serial that an insert gets at least: it gets none that its group has had. */
export interface NumberedWrite {
  readonly write: Write;
  readonly serial: number;
}

/**
 * A batch as `apply.lua` takes it: its shapes with how often each is used, its writes, and the tables of what was
 * prepared.
 */
export function packWrites(batch: readonly NumberedWrite[], tables: unknown): Uint8Array {
  const shapes = new Shapes();
  const writes = batch.map((numbered) => writeParts(numbered, shapes));
  return pack([shapes.list, writes, tables]);
}

/** The distinct shapes of one batch. */
class Shapes {
  readonly list: [...ShapeParts, uses: number][] = [];
  readonly #places = new Map<string, number>();

  /** The place of an indexing's shape, from 1 as Lua counts. */
  placeOf({ lane, rank, tally, labels }: Indexing): number {
    const key = JSON.stringify([lane, rank, tally, labels]);
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.list.push([lane, rank, tally, labels, 0]);
      this.#places.set(key, place);
    }
    (this.list[place - 1] as [...ShapeParts, number])[4]++;
    return place;
  }
}

function writeParts({ write, serial }: NumberedWrite, shapes: Shapes): unknown[] {
  switch (write.kind) {
    case "insert":
      return insertParts(write.draft, { serial, shapes });
    case "transition": {
      const { id, shard, epoch, expectedVersion, head, index, carries } = write;
      const parts = [2, id, shard, epoch, expectedVersion, head, ...indexParts(index, shapes)];
      return carries === undefined ? parts : [...parts, carriedParts(carries, { serial, shapes })];
    }
    case "append":
      return [
        3,
        write.id,
        write.shard,
        write.epoch,
        write.stream,
        write.lines,
        JOURNAL_LINES_MAX,
      ];
    default:
      return unreachable(write);
  }
}

function insertParts(
  draft: Draft,
  { serial, shapes }: { readonly serial: number; readonly shapes: Shapes },
): unknown[] {
  const { id, shard, kind, createdAtMs, head, body, index } = draft;
  const parts = indexParts(index, shapes);
  return [1, id, shard, kind, createdAtMs, head, body, ...parts, serial];
}

/** `[body or false, [insert, …], stream or false, [line, …], most lines]`, inserts as `apply.lua` takes them. */
function carriedParts(
  { body, inserts = [], lines }: Carried,
  numbered: { readonly serial: number; readonly shapes: Shapes },
): unknown[] {
  return [
    body ?? false,
    inserts.map((draft) => insertParts(draft, numbered)),
    lines?.stream ?? false,
    lines?.texts ?? [],
    JOURNAL_LINES_MAX,
  ];
}

function indexParts(index: Indexing, shapes: Shapes): unknown[] {
  return [index.wakeAtMs ?? NEVER, index.expireAtMs ?? NEVER, shapes.placeOf(index)];
}

/** What `apply.lua` answered about `writes` writes, and the highest serial. */
export function answeredOf(
  answer: readonly unknown[],
  writes: number,
): Answered & { readonly newest: number } {
  const numbers = answer.slice(0, 2 * writes + 1) as number[];
  const places = Array.from({ length: writes }, (_, at) => 2 * at);
  const shapes: [number, Uint8Array | null][] = [];
  for (let at = numbers.length; at < answer.length; at += 2) {
    shapes.push([answer[at] as number, answer[at + 1] as Uint8Array | null]);
  }
  return {
    outcomes: places.map((at) => outcomeOf(numbers[at] as number, numbers[at + 1] as number)),
    serials: places.map((at) => numbers[at + 1] as number),
    newest: numbers.at(-1) ?? 0,
    shapes,
  };
}

function outcomeOf(kind: number, detail: number): WriteOutcome {
  switch (kind) {
    case 1:
      return { kind: "applied" };
    case 2:
      return { kind: "exists" };
    case 3:
      return { kind: "fenced", epoch: detail };
    case 4:
      return { kind: "conflict", version: detail };
    default:
      invariant(kind === 5, `no outcome ${kind}`);
      return { kind: "missing" };
  }
}

/** What follows a record's header. */
type RecordParts = [
  version: number,
  wakeAfterMs: number | false,
  expire: number,
  shape: number | KeptShape,
  head: string,
  body: string | false,
];

/** A record's header: five bytes of the serial number, six of the creation time, two of the shard. */
const CREATED_AT = 5;
const SHARD_AT = 11;
const HEADER_BYTES = 13;
/** What follows it: an array of six. */
const RECORD_ARRAY = 0x96;
/** What stands before each record of a plan: two bytes, one, and four. */
const SIZES_BYTES = 7;
const PACKED_FALSE = 0xc2;
const PACKED_NEVER = 0xff;

/** The serial number in a record. */
export function serialOf(packed: Uint8Array): number {
  const header = new DataView(packed.buffer, packed.byteOffset, HEADER_BYTES);
  return header.getUint8(0) * 2 ** 32 + header.getUint32(1);
}

/** What of a record is kept apart, as it was packed: null where nothing is. */
export interface Apart {
  readonly body: Uint8Array | null;
  readonly shape: Uint8Array | null;
}

/** The snapshot of `id` from its record and what of it is kept apart. */
export function snapshotOf(id: ActorId, packed: Uint8Array, apart: Apart): Snapshot {
  return readRecord(id, packed, apart).snapshot;
}

/** The same, and what the record says beside it. */
export function readRecord(
  id: ActorId,
  packed: Uint8Array,
  apart: Apart,
): {
  readonly snapshot: Snapshot;
  readonly known: Omit<KnownActor, "shape"> & { readonly shape: number | null };
} {
  const header = new DataView(packed.buffer, packed.byteOffset, HEADER_BYTES);
  const createdAtMs = header.getUint16(CREATED_AT) * 2 ** 32 + header.getUint32(CREATED_AT + 2);
  const shard = header.getUint16(SHARD_AT) as ShardId;
  const parts = unpack(packed.subarray(HEADER_BYTES)) as RecordParts;
  const [version, wakeAfterMs, expire, shape, head, inline] = parts;
  const { kind, ...shared } = shapeNameOf(
    typeof shape === "number" ? unpack(apart.shape ?? new Uint8Array(0)) as KeptShape : shape,
  );
  const index = {
    ...shared,
    wakeAtMs: wakeAfterMs === false ? null : createdAtMs + wakeAfterMs,
    expireAtMs: expire === NEVER ? null : expire,
  };
  const body = inline === false ? TEXT.decode(apart.body ?? new Uint8Array(0)) : inline;
  const common = { shard, kind, version, createdAtMs, index };
  return {
    snapshot: { id, ...common, head, body },
    known: {
      ...common,
      serial: serialOf(packed),
      shape: typeof shape === "number" ? shape : null,
      body: inline,
    },
  };
}

/** The name of a shape that was kept. */
export function shapeNameOf([lane, rank, tally, labels, kind]: KeptShape): ShapeName {
  // An empty table is an empty map to Lua.
  return { lane, rank, tally, labels: Array.isArray(labels) ? labels : [], kind };
}

/** The next record of an actor, and what its present one begins with: all that the index depends on. */
export interface PlannedRecord {
  readonly id: ActorId;
  readonly start: Uint8Array;
  /** What follows the header, which stays. */
  readonly rest: Uint8Array;
}

/** The record of `after`, whose shape has a number, with its `head`; `actor`: what is there now. */
export function recordOf(
  id: ActorId,
  { actor, after, head }: {
    readonly actor: KnownActor;
    readonly after: KnownActor;
    readonly head: string;
  },
): PlannedRecord {
  const [opening, rest] = [openingOf(after), [pack(head), pack(after.body)] as const];
  const bytes = new Uint8Array(opening.length + rest[0].length + rest[1].length);
  bytes.set(opening);
  bytes.set(rest[0], opening.length);
  bytes.set(rest[1], opening.length + rest[0].length);
  return { id, start: recordStart(actor), rest: bytes };
}

function recordStart(actor: KnownActor): Uint8Array {
  const { serial, createdAtMs, shard } = actor;
  const opening = openingOf(actor);
  const start = new Uint8Array(HEADER_BYTES + opening.length);
  const header = new DataView(start.buffer);
  header.setUint8(0, Math.floor(serial / 2 ** 32));
  header.setUint32(1, serial % 2 ** 32);
  header.setUint16(CREATED_AT, Math.floor(createdAtMs / 2 ** 32));
  header.setUint32(CREATED_AT + 2, createdAtMs % 2 ** 32);
  header.setUint16(SHARD_AT, shard);
  start.set(opening, HEADER_BYTES);
  return start;
}

/** What follows the header up to the head, in the bytes that the scripts' packer would choose. */
function openingOf({ version, createdAtMs, index, shape }: KnownActor): readonly number[] {
  const { wakeAtMs, expireAtMs } = index;
  const bytes = [RECORD_ARRAY, ...integerOf(version)];
  if (wakeAtMs === null) bytes.push(PACKED_FALSE);
  else bytes.push(...integerOf(wakeAtMs - createdAtMs));
  bytes.push(...integerOf(expireAtMs ?? NEVER), ...integerOf(shape?.number ?? NEVER));
  return bytes;
}

/** The shortest form of a whole number from {@link NEVER} on. */
function integerOf(value: number): readonly number[] {
  invariant(value >= NEVER, `${value} has another form`);
  if (value === NEVER) return [PACKED_NEVER];
  if (value < 0x80) return [value];
  const size = value < 2 ** 8 ? 1 : value < 2 ** 16 ? 2 : value < 2 ** 32 ? 4 : 8;
  const bytes = [{ 1: 0xcc, 2: 0xcd, 4: 0xce, 8: 0xcf }[size]];
  for (let at = size - 1; at >= 0; at--) bytes.push(Math.floor(value / 2 ** (8 * at)) % 256);
  return bytes;
}

/** All of them in one text, since arguments are dear: `[bytes of id, start and record; id, start, record]` of each. */
export function packRecords(records: readonly PlannedRecord[]): Uint8Array {
  const ids = records.map(({ id }) => ENCODER.encode(id));
  const sizes = records.map(({ start, rest }, at) =>
    SIZES_BYTES + (ids[at]?.length ?? 0) + start.length + HEADER_BYTES + rest.length
  );
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [number, { start, rest }] of records.entries()) {
    const id = ids[number] as Uint8Array;
    view.setUint16(at, id.length);
    view.setUint8(at + 2, start.length);
    view.setUint32(at + 3, HEADER_BYTES + rest.length);
    at += SIZES_BYTES;
    for (const part of [id, start, start.subarray(0, HEADER_BYTES), rest]) {
      bytes.set(part, at);
      at += part.length;
    }
  }
  return bytes;
}

type FenceParts = [
  epoch: number,
  node: NodeName | false,
  boot: BootId | false,
  reservedFor: NodeName | false,
  reservedUntil: number,
];

/** What `sessions.lua` answered to a renewal. */
export function renewalOf(kind: number): Renewal["kind"] {
  invariant(kind >= 0 && kind <= 2, `no renewal ${kind}`);
  return (["lapsed", "live", "replaced"] as const)[kind] as Renewal["kind"];
}

/** A fence as `sessions.lua` keeps it. */
export function fenceOf(shard: ShardId, packed: Uint8Array): Fence {
  return fenceFrom(shard, unpack(packed) as FenceParts);
}

/** One outcome of an acquisition. */
export function acquiredOf(shard: ShardId, packed: Uint8Array): AcquireOutcome {
  const [taken, ...parts] = unpack(packed) as [taken: number, ...FenceParts];
  if (taken === 1) return { kind: "acquired", shard, epoch: parts[0] };
  return { kind: "held", shard, fence: fenceFrom(shard, parts) };
}

function fenceFrom(shard: ShardId, parts: FenceParts): Fence {
  const [epoch, node, boot, reservedFor, untilMs] = parts;
  const owner = node === false || boot === false ? null : { node, boot };
  if (!reservedFor) return { shard, epoch, owner };
  return { shard, epoch, owner, reservation: { for: reservedFor, untilMs } };
}
