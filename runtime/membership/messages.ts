/**
 * Membership messages: what nodes say to each other about who is there, and its decoder.
 *
 * Intuition: an update is the whole of what is known of a member, so that any of them stands for
 * itself, whatever was lost before. Loads change all the time and are told apart from it, cheaply.
 *
 * Invariant: D1. What is decoded is bounded in every part, holds safe numbers only, and nothing that the
 * sender added beyond its fields: it can be kept, compared and passed on.
 * @module
 */
import type { BootId, NodeName } from "../ids.ts";
import {
  ADDRESS_CHARS_MAX,
  NODE_WORD_MAX,
  PIGGYBACK_LOADS_MAX,
  PIGGYBACK_UPDATES_MAX,
  ROLES_MAX,
  SYNC_MEMBERS_MAX,
} from "../limits.ts";

/** Where a node takes messages: `host:port`. */
export type Address = string;

/** What a member is: alive, under suspicion, dead, or gone by its own will. In order of precedence. */
export const STATUSES = ["alive", "suspect", "dead", "left"] as const;
/** One of {@link STATUSES}. */
export type MemberStatus = typeof STATUSES[number];

/** What a node tells of itself. Only the node changes it, and raises its version with every change. */
export interface Metadata {
  /** Where other nodes reach it. */
  readonly peer: Address;
  /** Where its HTTP API listens; empty when it has none. */
  readonly http: Address;
  readonly roles: readonly string[];
  /** Its share of the work, relative to the others, above 0. */
  readonly weight: number;
  /** Attempts that it runs at once. */
  readonly slots: number;
  /** Its program's version. */
  readonly version: string;
  /** Versions of the protocol that it speaks, both included. */
  readonly protocol: { readonly min: number; readonly max: number };
  /** It takes no new work. */
  readonly draining: boolean;
  /** It means to leave: should it fall silent, it left. */
  readonly leaving: boolean;
}

/** All that is known of a member but its load. */
export interface MemberRecord {
  readonly name: NodeName;
  readonly boot: BootId;
  /** When it started, ms since 1970 by its own clock: of two boots of a name the later one is the node. */
  readonly bornMs: number;
  /** Raised by the member alone, to contradict what is said of it. */
  readonly incarnation: number;
  readonly status: MemberStatus;
  /** Who says so. */
  readonly by: BootId;
  readonly metaVersion: number;
  readonly meta: Metadata;
}

/** How busy a node is. */
export interface Load {
  /** Attempts running. */
  readonly running: number;
  /** Due jobs waiting for a slot. */
  readonly waiting: number;
}

/** A member's load; the higher version is the newer. */
export interface LoadReport {
  readonly boot: BootId;
  readonly version: number;
  readonly load: Load;
}

/** What every message carries along. */
export interface Parcel {
  readonly from: BootId;
  readonly updates: readonly MemberRecord[];
  readonly loads: readonly LoadReport[];
}

/** A message from node to node. */
export type SwimMessage =
  /** Are you there? Number 0 asks a suspect to speak up, and expects nothing else. Anyone but `target`, such as a later boot at the same address, drops it. */
  | Parcel & { readonly kind: "ping"; readonly seq: number; readonly target: BootId }
  /** Ask `target` in my place, and tell me what came of it. */
  | Parcel & {
    readonly kind: "ping-req";
    readonly seq: number;
    readonly target: BootId;
    readonly address: Address;
  }
  /** The target of `seq` is there. */
  | Parcel & { readonly kind: "ack"; readonly seq: number }
  /** I am there, but the target of `seq` has not answered me so far. */
  | Parcel & { readonly kind: "nack"; readonly seq: number }
  /** News only. */
  | Parcel & { readonly kind: "gossip" }
  /** A part of the sender's whole view; with `ask`, the receiver answers with its own. */
  | Parcel & { readonly kind: "sync"; readonly ask: boolean };

/** Updates that a parcel may hold beside its share of news: what is said of its receiver, and of its sender. */
const PARCEL_EXTRAS_MAX = 2;

type Fields = Readonly<Record<string, unknown>>;

/** Reads a message that came from outside; undefined when it is not one (D1). Cost: O(its size). */
export function decodeMessage(raw: unknown): SwimMessage | undefined {
  if (!isFields(raw) || !isWord(raw["from"])) return undefined;
  const kind = raw["kind"];
  const updates = list(raw["updates"], {
    max: kind === "sync" ? SYNC_MEMBERS_MAX : PIGGYBACK_UPDATES_MAX + PARCEL_EXTRAS_MAX,
    decode: decodeRecord,
  });
  const loads = list(raw["loads"], {
    max: kind === "sync" ? SYNC_MEMBERS_MAX : PIGGYBACK_LOADS_MAX,
    decode: decodeLoad,
  });
  if (updates === undefined || loads === undefined) return undefined;
  const parcel: Parcel = { from: raw["from"] as BootId, updates, loads };
  if (kind === "gossip") return { kind, ...parcel };
  if (kind === "sync") {
    const ask = raw["ask"];
    return typeof ask === "boolean" ? { kind, ask, ...parcel } : undefined;
  }
  return decodeProbe(raw, parcel);
}

function decodeProbe(raw: Fields, parcel: Parcel): SwimMessage | undefined {
  const { kind, seq, target, address } = raw;
  if (!isCount(seq)) return undefined;
  if (kind === "ack" || kind === "nack") return { kind, seq, ...parcel };
  if (!isWord(target)) return undefined;
  if (kind === "ping") return { kind, seq, target: target as BootId, ...parcel };
  if (kind !== "ping-req" || !isAddress(address)) return undefined;
  return { kind, seq, target: target as BootId, address, ...parcel };
}

function decodeRecord(raw: unknown): MemberRecord | undefined {
  if (!isFields(raw)) return undefined;
  const { name, boot, bornMs, incarnation, status, by, metaVersion } = raw;
  if (!isWord(name) || !isWord(boot) || !isWord(by)) return undefined;
  if (!isCount(bornMs) || !isCount(incarnation) || !isCount(metaVersion)) return undefined;
  const known = STATUSES.find((one) => one === status);
  const meta = decodeMetadata(raw["meta"]);
  if (known === undefined || meta === undefined) return undefined;
  return {
    name: name as NodeName,
    boot: boot as BootId,
    bornMs,
    incarnation,
    status: known,
    by: by as BootId,
    metaVersion,
    meta,
  };
}

/** Reads what a node tells of itself; undefined when a part is missing, mistyped or beyond its bound. */
export function decodeMetadata(raw: unknown): Metadata | undefined {
  if (!isFields(raw)) return undefined;
  const { peer, http, weight, slots, version, draining, leaving } = raw;
  if (!isAddress(peer) || !(http === "" || isAddress(http)) || !isWord(version)) return undefined;
  if (typeof weight !== "number" || !(weight > 0) || !Number.isFinite(weight)) return undefined;
  if (!isCount(slots) || typeof draining !== "boolean" || typeof leaving !== "boolean") {
    return undefined;
  }
  const roles = list(raw["roles"], {
    max: ROLES_MAX,
    decode: (role) => isWord(role) ? role : undefined,
  });
  const range = isFields(raw["protocol"]) ? raw["protocol"] : {};
  const { min, max } = range;
  if (roles === undefined || !isCount(min) || !isCount(max) || min > max) return undefined;
  return { peer, http, roles, weight, slots, version, protocol: { min, max }, draining, leaving };
}

function decodeLoad(raw: unknown): LoadReport | undefined {
  if (!isFields(raw) || !isWord(raw["boot"]) || !isCount(raw["version"])) return undefined;
  const load = raw["load"];
  if (!isFields(load) || !isCount(load["running"]) || !isCount(load["waiting"])) return undefined;
  return {
    boot: raw["boot"] as BootId,
    version: raw["version"],
    load: { running: load["running"], waiting: load["waiting"] },
  };
}

/** All items or nothing: a message of which a part cannot be read is not to be trusted in the rest. */
function list<Item>(
  raw: unknown,
  { max, decode }: { max: number; decode: (raw: unknown) => Item | undefined },
): Item[] | undefined {
  if (!Array.isArray(raw) || raw.length > max) return undefined;
  const items: Item[] = [];
  for (const one of raw) {
    const item = decode(one);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function isFields(raw: unknown): raw is Fields {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/** Half of what is safe, so that what is raised by one stays safe. */
function isCount(raw: unknown): raw is number {
  return Number.isSafeInteger(raw) && (raw as number) >= 0 && (raw as number) <= 2 ** 52;
}

function isWord(raw: unknown): raw is string {
  return typeof raw === "string" && raw.length > 0 && raw.length <= NODE_WORD_MAX;
}

function isAddress(raw: unknown): raw is Address {
  return typeof raw === "string" && raw.length <= ADDRESS_CHARS_MAX && /^[^\s]+:\d{1,5}$/.test(raw);
}
