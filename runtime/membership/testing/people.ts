/**
 * People: members for tests, by short names: node `b`, its boot `b1`, its address `b1:1`.
 * @module
 */
import type { BootId, NodeName } from "../../ids.ts";
import type { MemberRecord, Metadata, Parcel } from "../messages.ts";
import type { SwimIdentity } from "../own_member.ts";

/** The boot id of that text. */
export function bootOf(text: string): BootId {
  return text as BootId;
}

/** Plain metadata of a node at `peer`. */
export function metaOf(peer: string, changes: Partial<Metadata> = {}): Metadata {
  return {
    peer,
    http: "",
    roles: ["gateway", "worker"],
    weight: 1,
    slots: 100,
    version: "0.1.0",
    protocol: { min: 1, max: 1 },
    draining: false,
    leaving: false,
    ...changes,
  };
}

/** The identity of a boot such as `b1`: its number is also when it started. */
export function identityOf(boot: string): SwimIdentity {
  const name = boot.replace(/\d+$/, "");
  return {
    name: name as NodeName,
    boot: bootOf(boot),
    bornMs: Number(boot.slice(name.length)),
    meta: metaOf(`${boot}:1`),
  };
}

/** A record of a boot such as `b1`: alive in its first incarnation unless told otherwise. */
export function recordOf(boot: string, changes: Partial<MemberRecord> = {}): MemberRecord {
  const told = { incarnation: 1, status: "alive", by: bootOf(boot), metaVersion: 1 } as const;
  return { ...identityOf(boot), ...told, ...changes };
}

/** What a message from `from` carries. */
export function parcelOf(from: string, updates: readonly MemberRecord[] = []): Parcel {
  return { from: bootOf(from), updates, loads: [] };
}
