/**
 * Service: the thread's side of the protocol: opens the engine, answers requests with it, and
 * replaces it when it broke.
 *
 * Invariant: whatever a request causes, it is answered; nothing is thrown.
 * @module
 */
import { Fault } from "../../fault.ts";
import type { Ownership } from "../ownership.ts";
import type { FoundPage, WriteOutcome } from "../port.ts";
import type { Snapshot } from "../../snapshot.ts";
import type { DatabaseOptions } from "./engine/database.ts";
import { Engine } from "./engine/engine.ts";
import {
  type EngineOp,
  type Flat,
  type Op,
  packError,
  packOutcomes,
  packSnapshots,
  type Request,
  type Response,
  unpackWrites,
} from "./protocol.ts";

/** Opens an engine; the second argument is what outlived a broken one. */
export type OpenEngine = (options: DatabaseOptions, before?: Ownership) => Engine;

/** Answers the requests of one driver. */
export class Service {
  readonly #openEngine: OpenEngine;
  #options: DatabaseOptions | undefined;
  #engine: Engine | undefined;
  #applied = 0;

  constructor(openEngine: OpenEngine = (options, before) => new Engine(options, before)) {
    this.#openEngine = openEngine;
  }

  /** Writes since the start. */
  get applied(): number {
    return this.#applied;
  }

  /** The answer to a request; synchronous, may block on the disk. */
  answer([call, op, argument]: Request): Response {
    try {
      return [call, "value", this.#serve(op, argument)];
    } catch (error) {
      return packError(call, error);
    }
  }

  #serve(op: Op, argument: unknown): unknown {
    if (op === "open") {
      this.#options = argument as DatabaseOptions;
      this.#engine = this.#openEngine(this.#options);
      return null;
    }
    if (op === "close") {
      this.#options = undefined;
      this.#engine?.close();
      return null;
    }
    const engine = this.#sound(op);
    if (op === "apply") {
      const outcomes = perform(engine, op, unpackWrites(argument as Flat)) as WriteOutcome[];
      this.#applied += outcomes.length;
      return packOutcomes(outcomes);
    }
    const value = perform(engine, op, argument);
    if (op === "load") return packSnapshots(value as (Snapshot | undefined)[]);
    if (op !== "find") return value;
    const { snapshots, cursor } = value as FoundPage;
    return { snapshots: packSnapshots(snapshots), cursor };
  }

  /** The engine, opened anew if the last one broke: what is read then is what a restart would read. */
  #sound(op: Op): Engine {
    const { ownership } = this.#engine ?? {};
    if (this.#options === undefined || ownership === undefined) {
      throw new Fault(`store.${op}`, "unavailable", { message: "the store is closed" });
    }
    if (this.#engine?.broken) {
      closeQuietly(this.#engine);
      this.#engine = this.#openEngine(this.#options, ownership);
    }
    return this.#engine as Engine;
  }
}

function perform(engine: Engine, op: EngineOp, argument: unknown): unknown {
  return (engine[op] as (argument: unknown) => unknown).call(engine, argument);
}

/** A broken connection may not even close; its file is let go all the same. */
function closeQuietly(engine: Engine): void {
  try {
    engine.close();
  } catch {
    // Nothing that could be done about it is left: the next open says what is wrong.
  }
}
