/**
 * Outbox: one piece of a job's news on its way to the webhooks that it is for, which live in other shards.
 *
 * Intuition: as with an alert's report, the job's transition inserts it, so that what is committed is also going to
 * be sent. It is due at once, has its webhooks told, and is over when each has committed it.
 *
 * Invariants: NW1. News are committed with the change that they tell of, or not at all. NW4. News reach each of
 * their webhooks at least once, whichever nodes fail meanwhile, and after the job's news before them.
 * Not here: the way to the webhooks (outbox_driver.ts).
 * @module
 */
import type { Behaviour, ReducerContext, Stored } from "../../../runtime/actor/behaviour.ts";
import { Fault, unreachable } from "../../../runtime/fault.ts";
import { type ActorId, actorId } from "../../../runtime/ids.ts";
import type { Draft, Snapshot } from "../../../runtime/snapshot.ts";
import type { JobNews } from "../news.ts";

/** `Snapshot.kind` of news on their way. */
export const NEWS_KIND = "news";
/** The line in which they wait. */
export const NEWS_LANE = "news/due";

/** What is to be told to whom; immutable. */
export interface NewsLetter {
  readonly news: JobNews;
  /** Names of webhooks. */
  readonly to: readonly string[];
  /** The job's news before these, which must be over first; null: there are none. */
  readonly after: ActorId | null;
}

/** A letter, and when it was over. */
export interface NewsState {
  readonly letter: NewsLetter;
  readonly bornAtMs: number;
  readonly overAtMs: number | null;
}

/** What it receives: its time has come, or each webhook has it. */
export type NewsMessage = { readonly kind: "wake" } | { readonly kind: "told" };

/** What it asks of the world: tell the webhooks, then answer with `told`. */
export interface NewsEffect {
  readonly kind: "tell";
  readonly letter: NewsLetter;
}

/** News as a kind of actor. */
export const newsBehaviour: Behaviour<NewsState, NewsMessage, never, NewsEffect> = {
  kind: NEWS_KIND,
  decode: decodeNews,
  encode,
  receive(state, message, { nowMs }: ReducerContext) {
    switch (message.kind) {
      case "wake":
        if (state.overAtMs !== null) return { state, effects: [] };
        return { state, effects: [{ kind: "tell", letter: state.letter }] };
      case "told":
        if (state.overAtMs !== null) return { state, effects: [] };
        return { state: { ...state, overAtMs: nowMs }, effects: [] };
      default:
        return unreachable(message);
    }
  },
  resident: () => false,
  wakes: { wake: () => ({ kind: "wake" }), overdue: null },
  adopts: null,
};

/** What is inserted with the change that `letter` tells of (NW1). */
export function draftOfNews(letter: NewsLetter): Omit<Draft, "shard"> {
  const { id, atMs } = letter.news;
  return {
    id: actorId(id),
    kind: NEWS_KIND,
    createdAtMs: atMs,
    body: JSON.stringify(letter),
    ...encode({ bornAtMs: atMs, overAtMs: null }),
  };
}

/** Tells whether news have reached everyone; what is gone has. */
export function isTold(snapshot: Snapshot | undefined): boolean {
  return snapshot === undefined || decodeNews(snapshot).overAtMs !== null;
}

function encode({ bornAtMs, overAtMs }: Omit<NewsState, "letter">): Stored {
  return {
    head: JSON.stringify(overAtMs),
    index: {
      wakeAtMs: overAtMs === null ? bornAtMs : null,
      lane: NEWS_LANE,
      rank: 0,
      expireAtMs: overAtMs,
      labels: [],
      tally: overAtMs === null ? "waiting" : "over",
    },
  };
}

function decodeNews({ id, head, body, createdAtMs }: Snapshot): NewsState {
  try {
    const letter = JSON.parse(body) as NewsLetter;
    return { letter, bornAtMs: createdAtMs, overAtMs: JSON.parse(head) as number | null };
  } catch {
    throw new Fault("news.decode", "corrupt", { message: `${id} does not hold news` });
  }
}
