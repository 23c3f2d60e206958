/**
 * Queue: a kind of actor that holds a queue's settings. It never wakes and asks nothing of the world.
 *
 * Not here: what pausing does to due jobs (the dispatcher), and limits (the limiters).
 * @module
 */
import type { Behaviour, Step } from "../../runtime/actor/behaviour.ts";
import { Fault } from "../../runtime/fault.ts";
import { type ActorId, actorId } from "../../runtime/ids.ts";
import type { Draft, Indexing, Snapshot } from "../../runtime/snapshot.ts";
import { type GateLimits, sameLimits } from "../limiter/limits.ts";
import type { QueueMessage, QueueReply, QueueState } from "./state.ts";

/** `Snapshot.kind` of a queue's settings. */
export const QUEUE_KIND = "queue";
/** What every queue's id begins with; users' own ids must not. */
export const QUEUE_ID_PREFIX = "queue~";

/** The label of every queue's settings: a node finds them among millions of jobs by it. */
export const LABEL_SETTINGS = "settings=queue";

const PLAIN = /^[A-Za-z0-9._:-]$/;

/**
 * The id of the queue `name`'s settings; no two names share one. A character that ids do not have, or
 * that shards give a meaning to, becomes its code in hexadecimal between `=`. Throws `InvariantError`
 * when that is too long for an id: no name of up to 190 plain characters is.
 */
export function queueId(name: string): ActorId {
  let id = QUEUE_ID_PREFIX;
  for (const character of name) {
    id += PLAIN.test(character) ? character : `=${character.codePointAt(0)?.toString(16)}=`;
  }
  return actorId(id);
}

/** The queue's settings as a kind of actor. */
export const queueBehaviour: Behaviour<QueueState, QueueMessage, QueueReply, never> = {
  kind: QUEUE_KIND,
  decode: decodeQueue,
  encode: (state) => ({ head: encodeHead(state), index: indexingOf(state) }),
  receive: set,
  resident: () => false,
  wakes: null,
  adopts: null,
};

/** What is inserted when a queue's settings are changed for the first time, at `nowMs`. */
export function draftOfQueue(state: QueueState, nowMs: number): Omit<Draft, "shard"> {
  return {
    id: queueId(state.name),
    kind: QUEUE_KIND,
    createdAtMs: nowMs,
    head: encodeHead(state),
    body: JSON.stringify({ name: state.name }),
    index: indexingOf(state),
  };
}

/** Reads a queue's snapshot; throws a `corrupt` fault. */
export function decodeQueue(snapshot: Snapshot): QueueState {
  const { name } = parse(snapshot.body);
  const { paused, concurrency, rate, perKey } = parse(snapshot.head);
  const limits = { concurrency, rate };
  const sound = typeof name === "string" && typeof paused === "boolean";
  if (!sound || !areLimits(limits) || !areLimits(perKey)) {
    throw corrupt(`${snapshot.id} does not hold a queue's settings`);
  }
  return { name, paused, ...limits, perKey };
}

function set(state: QueueState, message: QueueMessage): Step<QueueState, QueueReply, never> {
  const { kind, ...settings } = message;
  const next = { name: state.name, ...settings };
  return { state: sameSettings(state, next) ? state : next, reply: { kind }, effects: [] };
}

/** Tells whether two queues' settings are the same, but for their names. */
export function sameSettings(left: QueueState, right: QueueState): boolean {
  return left.paused === right.paused && sameLimits(left, right) &&
    sameLimits(left.perKey, right.perKey);
}

function encodeHead({ paused, concurrency, rate, perKey }: QueueState): string {
  return JSON.stringify({ paused, concurrency, rate, perKey });
}

function areLimits(value: unknown): value is GateLimits {
  if (!isObject(value)) return false;
  const { concurrency, rate } = value;
  return (concurrency === null || typeof concurrency === "number") &&
    (rate === null || (isObject(rate) && typeof rate.limit === "number" &&
      typeof rate.perMs === "number"));
}

function indexingOf({ name }: QueueState): Indexing {
  return {
    wakeAtMs: null,
    lane: QUEUE_KIND,
    rank: 0,
    expireAtMs: null,
    labels: [LABEL_SETTINGS, `queue=${name}`],
    tally: QUEUE_KIND,
  };
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw corrupt("is not JSON");
  }
  if (!isObject(value)) throw corrupt("is not an object");
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function corrupt(message: string): Fault {
  return new Fault("queue.decode", "corrupt", { message });
}
