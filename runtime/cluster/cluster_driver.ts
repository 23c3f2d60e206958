/**
 * Cluster: one node among others: who they are, what each owns, and the way to their actors.
 *
 * Intuition: membership, owners, placer and courier, joined: what one learns the others are told. The node's
 * runtime sees it as {@link Elsewhere} and knows nothing of gossip or links.
 *
 * Invariant: CL1. When a process start is seen to have ended, whoever was adopted with work that ran there is
 * told to look again.
 * @module
 */
import type { Settled } from "../actor/envelope.ts";
import type { Clock } from "../clock.ts";
import type { BootId, NodeName, ShardId } from "../ids.ts";
import type { Load } from "../membership/messages.ts";
import { Membership } from "../membership/membership_driver.ts";
import type { SwimIdentity } from "../membership/own_member.ts";
import type { MemberView } from "../membership/swim_events.ts";
import type { DueEntry } from "../snapshot.ts";
import type { Fence } from "../store/port.ts";
import type { ActorPlace, Elsewhere, JournalEntry, Letter } from "../system/elsewhere.ts";
import type { NodeSystem } from "../system/system.ts";
import type { Transport } from "../transport/port.ts";
import { Courier } from "./courier_driver.ts";
import { Owners, type SessionsSeen } from "./owners.ts";
import { Placer } from "./placer_driver.ts";
import { ProcessCalls } from "./process_calls_driver.ts";

/** What a node's part in its cluster is made of. */
export interface ClusterOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly identity: SwimIdentity;
  /** Number of shards of the cluster. */
  readonly shards: number;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  /** See `MembershipOptions`. */
  readonly seeds: readonly string[];
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** How busy this node is now. */
  readonly load: () => Load;
  readonly log: (
    level: "info" | "warn" | "error",
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void;
}

const GOSSIP = "gossip";
const RELEASED = "shards/released";

/** A node's part in its cluster. */
export class Cluster implements Elsewhere {
  /** The way to other process starts, and what this one answers. */
  readonly calls: ProcessCalls;
  readonly #options: ClusterOptions;
  readonly #owners = new Owners();
  readonly #membership: Membership;
  readonly #placer: Placer;
  /** Of the members known, by boot. */
  readonly #addresses = new Map<BootId, string>();
  #courier: Courier | undefined;
  #system: NodeSystem | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { clock, transport, identity, chance, seeds, resolve, shards } = options;
    this.#membership = new Membership({
      clock,
      identity,
      chance,
      seeds,
      resolve,
      wire: {
        send: (to, message) => void transport.tell(to, GOSSIP, message),
        receive: (handler) =>
          transport.serve(GOSSIP, (message, from) => handler(message, from.address)),
      },
      changed: ({ member, from, to }) => this.#memberChanged(member, { from, to }),
      superseded: (by) =>
        options.log("error", "another node was started under this node's name", {
          event: "member.superseded",
          node: by.name,
          peer: by.meta.peer,
        }),
    });
    this.#placer = new Placer({
      clock,
      shards,
      self: identity.boot,
      members: () => this.#membership.members(),
      owners: this.#owners,
      want: (wanted, heirOf) => this.#system?.want(wanted, heirOf),
    });
    this.calls = new ProcessCalls({
      clock,
      transport,
      self: identity.boot,
      addressOf: (boot) => this.#addresses.get(boot),
      lives: (boot) => this.lives(boot),
    });
    transport.serve(RELEASED, () => this.#system?.hint());
  }

  /** Joins the runtime, which was made with this as its `elsewhere`. */
  join(system: NodeSystem): void {
    this.#system = system;
    const { transport, shards } = this.#options;
    this.#courier = new Courier({
      transport,
      shards,
      owners: this.#owners,
      addressOf: (boot) => this.#addresses.get(boot),
      here: {
        mail: system.mail,
        hosts: (id) => system.hosts(id),
        scheduled: (entry) => system.scheduled(entry),
      },
    });
  }

  /** Begins to look for the others. */
  start(): void {
    this.#membership.start();
  }

  /** Everyone known, this node first. */
  members(): MemberView[] {
    return this.#membership.members();
  }

  /** What membership counted since its start. */
  get counts(): Membership["counts"] {
    return this.#membership.counts;
  }

  /** Who owns what, as last seen. */
  fences(): Fence[] {
    return this.#owners.fences();
  }

  /** True once this node has had its part in the cluster. */
  get joined(): boolean {
    return this.#placer.settled;
  }

  /** This node takes no new work: its shards go to others. */
  drain(): void {
    this.#membership.describe({ draining: true });
    this.#placer.look();
  }

  /** Says goodbye and falls silent. The transport stays open. */
  async leave(): Promise<void> {
    this.#placer.close();
    await this.#membership.leave();
    this.#membership.close();
  }

  deliver(to: ActorPlace, letter: Letter, settle: (settled: Settled<unknown>) => void): void {
    if (this.#courier === undefined) return settle({ kind: "busy" });
    this.#courier.deliver(to, letter, settle);
  }

  append(entry: JournalEntry, shard: ShardId): Promise<boolean> {
    return this.#courier?.append(entry, shard) ?? Promise.resolve(false);
  }

  scheduled(entry: DueEntry, shard: ShardId): void {
    this.#courier?.scheduled(entry, shard);
  }

  observed(fences: readonly Fence[], seen: SessionsSeen): void {
    const ended = this.#owners.observe(fences, seen);
    this.#membership.loaded(this.#options.load());
    this.#placer.look();
    if (ended.length > 0) this.#system?.adoptAgain(); // (CL1)
  }

  released(_shards: readonly ShardId[], heir: NodeName | null): void {
    const { transport, identity } = this.#options;
    for (const { name, boot, meta, state } of this.#membership.members()) {
      if (boot === identity.boot || state !== "alive") continue;
      if (heir === null || heir === name) transport.tell(meta.peer, RELEASED, null);
    }
  }

  lives(boot: BootId): boolean {
    return this.#owners.isLive(boot);
  }

  #memberChanged(
    member: MemberView,
    { from, to }: { from: MemberView["state"] | null; to: MemberView["state"] | null },
  ): void {
    const { name, boot, meta } = member;
    if (to === null) this.#addresses.delete(boot);
    else this.#addresses.set(boot, meta.peer);
    if (from !== to) {
      this.#options.log(to === "dead" || to === "suspect" ? "warn" : "info", "member", {
        event: "member.changed",
        node: name,
        boot,
        peer: meta.peer,
        from,
        to,
      });
    }
    if (to === "dead" || to === "left" || to === null) {
      this.#options.transport.forget(meta.peer);
    }
    this.#placer.look();
  }
}
