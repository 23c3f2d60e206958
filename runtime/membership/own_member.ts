/**
 * OwnMember: what this node says of itself, and how it answers to what others say of it.
 *
 * States: present → leaving (intent told) → left. There is no way back: who returns has a new boot.
 * Invariants:
 *   N1. Incarnation, metadata version and birth only rise, and nobody else raises them.
 *   N2. Whoever says that this node is not alive is contradicted: max(own, said) + 1. Except when it
 *       left, or when a later boot of its name lives: then the others are right.
 * @module
 */
import { invariant } from "../fault.ts";
import type { BootId, NodeName } from "../ids.ts";
import { decodeMetadata, type MemberRecord, type Metadata } from "./messages.ts";
import { isLaterBoot, isLive } from "./record.ts";

/** Who this node is. */
export interface SwimIdentity {
  readonly name: NodeName;
  readonly boot: BootId;
  /** Wall-clock time of its start, ms since 1970. */
  readonly bornMs: number;
  readonly meta: Metadata;
}

/** This node among the members. */
export class OwnMember {
  #record: MemberRecord;

  /** Throws `InvariantError` when others could not decode `identity.meta`. */
  constructor(identity: SwimIdentity) {
    const { name, boot, bornMs, meta } = identity;
    checkMetadata(meta);
    const start = { incarnation: 1, metaVersion: 1, status: "alive", by: boot } as const;
    this.#record = { name, boot, bornMs, meta, ...start };
  }

  /** What is to be told of this node. */
  get record(): MemberRecord {
    return this.#record;
  }

  /** Changes what this node tells of itself (N1); false when nothing is new. Throws like the constructor. */
  describe(patch: Partial<Metadata>): boolean {
    const meta = { ...this.#record.meta, ...patch };
    // Who began to leave goes on.
    if (this.#record.meta.leaving) Object.assign(meta, { leaving: true, draining: true });
    if (JSON.stringify(meta) === JSON.stringify(this.#record.meta)) return false;
    checkMetadata(meta);
    this.#record = { ...this.#record, meta, metaVersion: this.#record.metaVersion + 1 };
    return true;
  }

  /**
   * Answers to what was `said` of this node (N2); true when it has to be contradicted, which the record
   * then does. `rival` is the latest other boot of this node's name.
   */
  contradicts(said: MemberRecord, rival: MemberRecord | undefined): boolean {
    const { incarnation, status } = this.#record;
    if (status === "left" || said.incarnation < incarnation) return false;
    if (said.status === "alive" && said.incarnation === incarnation) return false;
    if (rival !== undefined && isLaterBoot(rival, this.#record) && isLive(rival)) return false;
    this.#record = { ...this.#record, incarnation: said.incarnation + 1 };
    return true;
  }

  /**
   * A namesake is known: true when it started "later" but is dead, so that this node is the later one after all
   * and has to tell. The wall clock went back between the two starts, or two nodes were given one name.
   */
  outlives(rival: MemberRecord): boolean {
    if (isLive(rival) || !isLaterBoot(rival, this.#record)) return false;
    const { incarnation } = this.#record;
    this.#record = { ...this.#record, bornMs: rival.bornMs + 1, incarnation: incarnation + 1 };
    return true;
  }

  /** From here on this node is gone by its own will. */
  left(): void {
    this.#record = { ...this.#record, status: "left" };
  }
}

/** What others can't decode would make them drop whole messages. */
function checkMetadata(meta: Metadata): void {
  invariant(
    decodeMetadata(meta) !== undefined,
    `a node's metadata has a field that is missing or beyond its bound: ${JSON.stringify(meta)}`,
  );
}
