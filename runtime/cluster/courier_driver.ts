/**
 * Courier: carries letters, journal lines and wake-ups between this node's actors and the other nodes'.
 *
 * Intuition: a letter goes to whoever owned its shard when that was last looked at. One that has come to the
 * wrong place is sent back with the address of who owns it as far as that node knows, and goes there once more;
 * then it is `busy`, and its sender decides. What happened to a letter that got no answer is `unknown`.
 *
 * Invariants: CO1. Every letter is settled once. CO2. A letter is forwarded by its sender alone, and once: letters
 * never circle between nodes that do not agree.
 * @module
 */
import type { Settled } from "../actor/envelope.ts";
import { Fault } from "../fault.ts";
import { type ActorId, type BootId, type ShardId, shardOf } from "../ids.ts";
import { ASK_DEADLINE_MS, INSERTS_TOLD_MAX } from "../limits.ts";
import type { DueEntry } from "../snapshot.ts";
import type { ActorPlace, JournalEntry, Letter } from "../system/elsewhere.ts";
import type { Mail, Settle } from "../system/mail.ts";
import type { Transport } from "../transport/port.ts";
import type { Owner, Owners } from "./owners.ts";

/** What a courier needs of its node. */
export interface CourierOptions {
  readonly transport: Transport;
  readonly owners: Owners;
  /** Where a process start is reached; undefined when nobody knows it. */
  readonly addressOf: (boot: BootId) => string | undefined;
  /** Number of shards of the cluster. */
  readonly shards: number;
  /** This node's own end. */
  readonly here: {
    readonly mail: Pick<Mail, "deliver" | "appendHere">;
    readonly hosts: (id: ActorId) => boolean;
    readonly scheduled: (entry: DueEntry) => void;
  };
}

/** What is said of a letter: how it ended, or who should have got it. */
type LetterAnswer = Settled<unknown> | { readonly kind: "not-mine"; readonly owner: Owner | null };
type AppendAnswer = { readonly appended: boolean } | {
  readonly kind: "not-mine";
  readonly owner: Owner | null;
};

const LETTER = "actor/letter";
const APPEND = "actor/append";
const INSERTED = "actor/inserted";

/** The courier of one node. */
export class Courier {
  readonly #options: CourierOptions;
  /** Wake-ups to be told at the end of this turn, by address. */
  readonly #inserted = new Map<string, DueEntry[]>();

  constructor(options: CourierOptions) {
    this.#options = options;
    const { transport } = options;
    transport.serve(LETTER, (body) => this.#takeLetter(body as ActorPlace & Letter));
    transport.serve(APPEND, (body) => this.#takeAppend(body as JournalEntry));
    transport.serve(INSERTED, (body) => this.#takeInserted(body as readonly DueEntry[]));
  }

  /** Delivers to an actor that another node owns (CO1). */
  deliver(to: ActorPlace, letter: Letter, settle: Settle): void {
    const body = { ...to, ...letter };
    this.#ask<LetterAnswer>(LETTER, { shard: to.shard, body }).then(
      (answer) => settle(answer.kind === "not-mine" ? { kind: "busy" } : answer),
      (error) => settle({ kind: isUndelivered(error) ? "busy" : "unknown" }),
    );
  }

  /** Adds lines to a journal of another node's actor; false when no owner is found. */
  async append(entry: JournalEntry, shard: ShardId): Promise<boolean> {
    const answer = await this.#ask<AppendAnswer>(APPEND, { shard, body: entry });
    return "appended" in answer && answer.appended;
  }

  /** Tells the owner, with all others of this turn, that it must wake this actor. May be lost. */
  scheduled(entry: DueEntry, shard: ShardId): void {
    const owner = this.#options.owners.ownerOf(shard);
    const address = owner === null ? undefined : this.#options.addressOf(owner.boot);
    if (address === undefined) return;
    const waiting = this.#inserted.get(address);
    if (waiting !== undefined) return void waiting.push(entry);
    if (this.#inserted.size === 0) queueMicrotask(() => this.#tellInserted());
    this.#inserted.set(address, [entry]);
  }

  /** Asks the owner of `shard`, and once more whoever it says the owner is (CO2). */
  async #ask<Answer extends { readonly kind: string } | object>(
    channel: string,
    { shard, body }: { shard: ShardId; body: unknown },
  ): Promise<Answer | { readonly kind: "not-mine"; readonly owner: Owner | null }> {
    const { owners } = this.#options;
    let owner = owners.ownerOf(shard);
    let answer: Answer | { readonly kind: "not-mine"; readonly owner: Owner | null } = {
      kind: "not-mine",
      owner,
    };
    for (let tries = 0; tries < 2; tries++) {
      const address = owner === null ? undefined : this.#options.addressOf(owner.boot);
      if (address === undefined) return answer;
      answer = await this.#options.transport.ask(address, channel, body, {
        deadlineMs: ASK_DEADLINE_MS,
      }) as Answer;
      if (!isNotMine(answer)) return answer;
      if (answer.owner === null || answer.owner.boot === owner?.boot) return answer;
      owner = answer.owner;
    }
    return answer;
  }

  #takeLetter({ kind, id, lane, message }: ActorPlace & Letter): Promise<LetterAnswer> {
    return new Promise((resolve) => {
      if (!this.#options.here.hosts(id)) return resolve(this.#notMine(id));
      this.#options.here.mail.deliver({ kind, id }, { lane, message }, resolve);
    });
  }

  async #takeAppend(entry: JournalEntry): Promise<AppendAnswer> {
    const { hosts, mail } = this.#options.here;
    return hosts(entry.id) ? { appended: await mail.appendHere(entry) } : this.#notMine(entry.id);
  }

  #takeInserted(entries: readonly DueEntry[]): void {
    for (const entry of entries) this.#options.here.scheduled(entry);
  }

  #notMine(id: ActorId): { readonly kind: "not-mine"; readonly owner: Owner | null } {
    const { owners, shards } = this.#options;
    return { kind: "not-mine", owner: owners.ownerOf(shardOf(id, shards)) };
  }

  #tellInserted(): void {
    for (const [address, entries] of this.#inserted) {
      for (let at = 0; at < entries.length; at += INSERTS_TOLD_MAX) {
        this.#options.transport.tell(address, INSERTED, entries.slice(at, at + INSERTS_TOLD_MAX));
      }
    }
    this.#inserted.clear();
  }
}

function isNotMine(answer: object): answer is { kind: "not-mine"; owner: Owner | null } {
  return "kind" in answer && answer.kind === "not-mine";
}

/** The letter never reached its reader: nothing happened. */
function isUndelivered(error: unknown): boolean {
  return error instanceof Fault && error.code !== "timeout";
}
