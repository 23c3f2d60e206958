/**
 * Ids of limiters: `mail~all@limiter` is that of the queue `mail`, `mail~7@limiter` has the seventh part of its keys.
 *
 * Invariant: no two queues share a limiter, and a key is always in the same part.
 * @module
 */
import { type ActorId, actorId } from "../../runtime/ids.ts";
import { LIMITER_PARTS_MAX } from "../../runtime/limits.ts";

/** What every limiter's id ends in; jobs' own ids must not. */
export const LIMITER_ID_SUFFIX = "@limiter";

const PLAIN = /^[A-Za-z0-9._:-]$/;

/** The limiter of a queue, or, given one of its keys, the limiter that has it. Throws `InvariantError` when the name is too long for an id. */
export function limiterId(queue: string, key: string | null): ActorId {
  let name = "";
  for (const character of queue) {
    name += PLAIN.test(character) ? character : `=${character.codePointAt(0)?.toString(16)}=`;
  }
  return actorId(`${name}~${key === null ? "all" : partOf(key)}${LIMITER_ID_SUFFIX}`);
}

/** FNV-1a, as shards are found, spread once more: near keys shall lie apart. */
function partOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  return ((hash ^ (hash >>> 15)) >>> 0) % LIMITER_PARTS_MAX;
}
