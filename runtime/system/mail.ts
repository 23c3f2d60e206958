/**
 * Mail: the way of messages and journal lines to actors, here or elsewhere.
 *
 * Intuition: whoever sends names an actor, never a node. An actor of a shard that is ours is in the directory;
 * any other is its owner's, who is reached through {@link Elsewhere}.
 *
 * Invariant: N2. A write that was refused under an epoch of ours that has grown since is made again under the new one.
 * @module
 */
import type { ActorRef, AskOutcome } from "../actor/behaviour.ts";
import type { Settled } from "../actor/envelope.ts";
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import { type ActorId, type ShardId, shardOf } from "../ids.ts";
import { ASK_DEADLINE_MS } from "../limits.ts";
import type { Ownership } from "../shards/ownership_driver.ts";
import type { GroupCommit } from "../store/group_commit.ts";
import type { Directory } from "./directory.ts";
import type { Elsewhere, JournalEntry, Letter } from "./elsewhere.ts";

/** What the mail needs of its node. */
export interface MailOptions {
  readonly clock: Clock;
  /** Number of shards of the cluster. */
  readonly shards: number;
  readonly ownership: Ownership;
  readonly commits: GroupCommit;
  readonly directory: Directory;
  readonly elsewhere: Elsewhere | undefined;
}

/** An actor's kind and id. */
export interface Addressee {
  readonly kind: string;
  readonly id: ActorId;
}

/** Told once how the handling of a letter ended. */
export type Settle = (settled: Settled<unknown>) => void;

/** The mail of one node. */
export class Mail {
  constructor(private readonly options: MailOptions) {}

  /** A handle on an actor; nothing is loaded yet. */
  ref<Message, Reply>(to: Addressee): ActorRef<Message, Reply> {
    return {
      id: to.id,
      tell: (message) => {
        let refused = false;
        this.send(to, { lane: "user", message }, ({ kind }) => refused = kind === "busy");
        return refused ? "busy" : "accepted";
      },
      ask: (message, options) => this.#ask(to, message, options?.deadlineMs),
    };
  }

  /** Sends a letter to wherever its addressee lives. */
  send(to: Addressee, letter: Letter, settle: Settle): void {
    const shard = shardOf(to.id, this.options.shards);
    const { elsewhere } = this.options;
    if (elsewhere === undefined || this.#owns(shard)) return this.deliver(to, letter, settle);
    elsewhere.deliver({ ...to, shard }, letter, settle);
  }

  /** Delivers to an actor of ours; `busy` when we do not own it. */
  deliver(to: Addressee, { lane, message }: Letter, settle: Settle): void {
    const shard = shardOf(to.id, this.options.shards);
    this.options.directory.deliver({ ...to, shard }, { lane, message, settle, crashes: 0 });
  }

  /** Adds lines to an actor's journal through its owner; false when there is none, or no such actor. */
  append(entry: JournalEntry): Promise<boolean> {
    const shard = shardOf(entry.id, this.options.shards);
    const { elsewhere } = this.options;
    if (elsewhere === undefined || this.#owns(shard)) return this.appendHere(entry);
    return elsewhere.append(entry, shard);
  }

  /** The same for an actor of ours; false when we do not own it. */
  appendHere(entry: JournalEntry): Promise<boolean> {
    const { ownership, commits, shards } = this.options;
    const shard = shardOf(entry.id, shards);
    const epoch = ownership.epochOf(shard);
    if (epoch === undefined) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      commits.submit({ kind: "append", ...entry, shard, epoch }, (outcome) => {
        if (outcome instanceof Fault) return reject(outcome);
        if (outcome.kind !== "fenced") return resolve(outcome.kind === "applied");
        // Re-acquired by ourselves meanwhile: once more under the new epoch (N2).
        ownership.fenced(shard, epoch);
        resolve(this.appendHere(entry));
      });
    });
  }

  #owns(shard: ShardId): boolean {
    return this.options.ownership.epochOf(shard) !== undefined;
  }

  #ask<Message, Reply>(
    to: Addressee,
    message: Message,
    deadlineMs = ASK_DEADLINE_MS,
  ): Promise<AskOutcome<Reply>> {
    return new Promise((resolve) => {
      const timer = this.options.clock.after(deadlineMs, () => resolve({ kind: "deadline" }));
      this.send(to, { lane: "user", message }, (settled) => {
        timer.cancel();
        if (settled.kind === "unknown") return resolve({ kind: "deadline" });
        if (settled.kind !== "handled") return resolve(settled);
        resolve({ kind: "replied", reply: settled.reply as Reply, snapshot: settled.snapshot });
      });
    });
  }
}
