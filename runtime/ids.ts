/**
 * Ids: the names of actors, shards, nodes and process starts, and which shard an actor lives in.
 *
 * Intuition: an id is text that people may choose. Its shard is a hash of the text up to the first
 * `@` or `/`, so that `nightly@2027-01-01T02:00:00Z` lives with `nightly`, and `order-7/charge` with
 * `order-7`: they can commit together. Ids made here start with the time, so that the store appends
 * to its index instead of scattering over it.
 *
 * Invariants: I1. `shardOf` depends on the id and the number of shards alone, on every node and for
 * all time. I2. Ids made by one process sort in the order in which they were made.
 * @module
 */
import { invariant } from "./fault.ts";

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** The name of one actor: 1 to `ACTOR_ID_CHARS_MAX` visible characters. */
export type ActorId = Branded<string, "ActorId">;
/** A shard's number, 0 to the cluster's `shards` − 1. */
export type ShardId = Branded<number, "ShardId">;
/** A node's configured name, e.g. `a`. It survives restarts. */
export type NodeName = Branded<string, "NodeName">;
/** One start of one process: a node that restarts gets a new one. */
export type BootId = Branded<string, "BootId">;

/** Longest id that people choose, in characters: long enough for `schedule@time` and hashes, short enough for an index. */
export const ID_CHARS_MAX = 200;
/** Longest id in characters: an actor's companions are named after it, `order-7@deadline`. */
export const ACTOR_ID_CHARS_MAX = ID_CHARS_MAX + 40;
const ID_PATTERN = /^[A-Za-z0-9._:@/~+=-]+$/;
const CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS = 9;
const COUNTER_CHARS = 4;
const RANDOM_CHARS = 7;
const COUNTER_MAX = 32 ** COUNTER_CHARS;
/** Random bytes fetched at once: asking for seven at a time costs more than all the rest of an id. */
const POOL_BYTES = RANDOM_CHARS * 256;

/** Tells whether `text` can be an actor's id: 1 to 240 of `A-Z a-z 0-9 . _ : @ / ~ + = -`. */
export function isActorId(text: string): text is ActorId {
  return text.length <= ACTOR_ID_CHARS_MAX && ID_PATTERN.test(text);
}

/** Takes `text` for an actor's id; throws `InvariantError` when it cannot be one. */
export function actorId(text: string): ActorId {
  invariant(
    isActorId(text),
    `not an actor id: ${JSON.stringify(text.slice(0, ACTOR_ID_CHARS_MAX))}`,
  );
  return text;
}

/** The shard that `id` lives in among `shards` (I1). FNV-1a over the UTF-16 units up to `@` or `/`. */
export function shardOf(id: ActorId, shards: number): ShardId {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) {
    const unit = id.charCodeAt(at);
    if (unit === 0x40 || unit === 0x2f) break;
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  // FNV's low bits mix poorly for short ids; one avalanche step spreads them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (((hash ^ (hash >>> 13)) >>> 0) % shards) as ShardId;
}

/** Makes ids that sort by time (I2): 9 characters of ms, 4 of a counter, 7 random ones. */
export class IdMaker {
  #lastMs = 0;
  #counter = 0;
  /** {@link base32} of `#lastMs`, made once per millisecond. */
  #time = base32(0, TIME_CHARS);
  #pool: Uint8Array = new Uint8Array(0);
  #used = 0;

  /** `randomBytes(n)` gives `n` unpredictable bytes; it is called once for some hundred ids. */
  constructor(private readonly randomBytes: (count: number) => Uint8Array) {}

  /** The next id at wall-clock `nowMs`; a clock that goes back does not break the order (I2). */
  next(nowMs: number): ActorId {
    if (nowMs > this.#lastMs) this.#tick(nowMs);
    else if (++this.#counter === COUNTER_MAX) this.#tick(this.#lastMs + 1);
    return (this.#time + base32(this.#counter, COUNTER_CHARS) + this.#random()) as ActorId;
  }

  #tick(nowMs: number): void {
    this.#lastMs = nowMs;
    this.#counter = 0;
    this.#time = base32(nowMs, TIME_CHARS);
  }

  #random(): string {
    if (this.#used === this.#pool.length) {
      this.#pool = this.randomBytes(POOL_BYTES);
      this.#used = 0;
    }
    let text = "";
    for (const end = this.#used + RANDOM_CHARS; this.#used < end; this.#used++) {
      text += CROCKFORD[(this.#pool[this.#used] ?? 0) & 31];
    }
    return text;
  }
}

function base32(value: number, chars: number): string {
  let text = "";
  for (let at = 0; at < chars; at++) {
    text = CROCKFORD[value % 32] + text;
    value = Math.floor(value / 32);
  }
  return text;
}
