/**
 * Calls: how the driver speaks to its Redis: one script, or one command, at a time.
 *
 * Invariants: RS1. Nothing waits for a Redis that is away: a call that cannot be sent is `unavailable` at once, one that
 * got no answer within `REDIS_CALL_MS` is `timeout` if it may have written; beyond `REDIS_CALLS_MAX` calls under way more
 * are `overloaded`.
 * RS2. No message holds a password.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Redis } from "../../../deps.ts";
import { Fault } from "../../fault.ts";
import { REDIS_CALLS_MAX, REDIS_REPLICATE_MS } from "../../limits.ts";
import type { RedisClient } from "./connection.ts";
import { faultOf } from "./faults.ts";
import type { ScriptName } from "./scripts.ts";

/** What a script takes. */
export type ScriptArgument = string | number | Uint8Array;
type Script = (...args: ScriptArgument[]) => Promise<unknown>;

/** Operations that must outlive the primary, too, where that is asked for. A session need not: it lapses. */
const COMMITS: ReadonlySet<string> = new Set(["apply", "sweep", "acquire", "release", "leave"]);

/** One node's calls. */
export class RedisCalls {
  readonly #redis: RedisClient;
  readonly #replicated: boolean;
  #closed = false;
  /** Calls under way. */
  #calls = 0;
  /** How often the client connected anew. */
  #connections = 0;

  /** `replicated`: a commit counts when a replica has it, too; `redis` is no cluster's then. */
  constructor(redis: RedisClient, { replicated }: { readonly replicated: boolean }) {
    this.#redis = redis;
    this.#replicated = replicated;
    redis.on("ready", () => this.#connections++);
  }

  /** Runs a script on the group at `prefix`; its answer is raw: numbers, bytes, and arrays of them. */
  script(
    op: string,
    { name, prefix }: { readonly name: ScriptName; readonly prefix: string },
    args: readonly ScriptArgument[],
  ): Promise<unknown> {
    const method = `${name}Buffer` as const;
    const run = (this.#redis as unknown as Record<typeof method, Script>)[method];
    return this.command(op, (redis) => run.call(redis, prefix, ...args.map(sendable)));
  }

  /** Sends what `ask` sends; rejects with a `Fault` (`store.<op>`). */
  async command<Answer>(op: string, ask: (redis: RedisClient) => Promise<Answer>): Promise<Answer> {
    if (this.#closed) {
      throw new Fault(`store.${op}`, "unavailable", { message: "the store was closed" });
    }
    if (this.#calls >= REDIS_CALLS_MAX) {
      const message = `${this.#calls} calls wait for Redis`;
      throw new Fault(`store.${op}`, "overloaded", { message });
    }
    this.#calls++;
    try {
      const connection = this.#connections;
      const answer = await ask(this.#redis);
      if (this.#replicated && COMMITS.has(op)) await this.#replicate(op, connection);
      return answer;
    } catch (error) {
      throw faultOf(`store.${op}`, error, { writes: op === "renew" || COMMITS.has(op) });
    } finally {
      this.#calls--;
    }
  }

  close(): void {
    this.#closed = true;
    this.#redis.disconnect();
  }

  /** Waits until a replica has what `connection` wrote: another connection's WAIT knows nothing of it. */
  async #replicate(op: string, connection: number): Promise<void> {
    const replicas = await (this.#redis as Redis).wait(1, REDIS_REPLICATE_MS);
    if (replicas >= 1 && this.#connections === connection) return;
    const message = "no replica has confirmed the write; it may be lost with the primary";
    throw new Fault(`store.${op}`, "timeout", { message });
  }
}

/** The client sends bytes as such when they are a Buffer; any other array it would write out. */
function sendable(argument: ScriptArgument): ScriptArgument {
  if (!(argument instanceof Uint8Array) || Buffer.isBuffer(argument)) return argument;
  return Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength);
}
