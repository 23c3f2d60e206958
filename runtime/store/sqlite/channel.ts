/**
 * Channel: calls to the thread and their answers.
 *
 * Invariant: every call settles. When the thread dies, all that wait and all that follow reject
 * with `unavailable`; what was in flight may have been applied, so writes reject with `timeout`.
 * @module
 */
import { Fault } from "../../fault.ts";
import { type Op, type Request, type Response, unpackError } from "./protocol.ts";

/** The part of a Worker that is used here. */
export interface ThreadPort {
  onmessage: ((event: MessageEvent<Response>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  postMessage(message: Request): void;
  terminate(): void;
}

interface Waiting {
  readonly op: Op;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Calls whose fate is unknown when the thread dies before it answers. */
const WRITES: ReadonlySet<Op> = new Set<Op>(["apply", "sweep", "acquire", "release", "leave"]);

/** One driver's line to its thread. */
export class Channel {
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #refusal: string | null = null;
  #ended = false;

  constructor(private readonly port: ThreadPort) {
    port.onmessage = (event) => this.#settle(event.data);
    port.onerror = (event) => {
      event.preventDefault();
      this.end(`the store's thread died: ${event.message}`);
    };
    port.onmessageerror = () => this.end("the store's thread sent what can't be read");
  }

  /** Sends a call; resolves with its value, rejects with a `Fault`. Answers come in the calls' order. */
  call(op: Op, argument: unknown): Promise<unknown> {
    if (this.#refusal !== null) {
      return Promise.reject(new Fault(`store.${op}`, "unavailable", { message: this.#refusal }));
    }
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { op, resolve, reject });
      this.port.postMessage([call, op, argument]);
    });
  }

  /** Takes no more calls; those under way are still answered. */
  refuse(reason: string): void {
    this.#refusal ??= reason;
  }

  /** Stops the thread; `reason` is what those that wait and later calls are told. Idempotent. */
  end(reason: string): void {
    this.refuse(reason);
    if (this.#ended) return;
    this.#ended = true;
    this.port.terminate();
    for (const { op, reject } of this.#waiting.values()) {
      const code = WRITES.has(op) ? "timeout" : "unavailable";
      reject(new Fault(`store.${op}`, code, { message: reason }));
    }
    this.#waiting.clear();
  }

  #settle(response: Response): void {
    const waiting = this.#waiting.get(response[0]);
    if (waiting === undefined) return;
    this.#waiting.delete(response[0]);
    if (response[1] === "value") waiting.resolve(response[2]);
    else waiting.reject(unpackError(response));
  }
}
