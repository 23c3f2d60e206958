/**
 * Process calls: messages to a process start, not to whoever lives at its address now.
 *
 * Intuition: a node that was killed and started again has the address it had. What was meant for the one before
 * must not be answered by the one after: it would say in good faith that an attempt never began there.
 *
 * Invariants: PC1. What is sent to a process start is handled by it alone. PC2. `insist` ends when it was
 * handled, or when that process start has ended.
 * @module
 */
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import type { BootId } from "../ids.ts";
import { ASK_DEADLINE_MS } from "../limits.ts";
import type { Handler, Transport } from "../transport/port.ts";

/** How long who insists waits for an answer, and until it asks again, ms: what was lost on the way is soon there. */
const INSIST_ASK_MS = 1_000;
const INSIST_AGAIN_MS = 250;

/** What the calls need to know. */
export interface ProcessCallsOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly self: BootId;
  /** Where a process start is reached; undefined when it is not known. */
  readonly addressOf: (boot: BootId) => string | undefined;
  /** False once a process start is seen to have ended. */
  readonly lives: (boot: BootId) => boolean;
}

/** A node's calls to others' process starts, and what it answers to theirs. */
export class ProcessCalls {
  readonly #options: ProcessCallsOptions;

  constructor(options: ProcessCallsOptions) {
    this.#options = options;
  }

  /** Handles what is sent to this process start on `channel` (PC1); see {@link Transport.serve}. */
  serve(channel: string, handler: Handler): void {
    const { transport, self } = this.#options;
    transport.serve(channel, (message, from) => {
      const { to, body } = message as Message;
      if (to === self) return handler(body, from);
      throw unreachable(to, channel);
    });
  }

  /** Sends without an answer; it may be lost. */
  tell(to: BootId, channel: string, body: unknown): void {
    const { transport, addressOf } = this.#options;
    const address = addressOf(to);
    if (address !== undefined) transport.tell(address, channel, { to, body } satisfies Message);
  }

  /** Sends and waits for the answer. Rejects as {@link Transport.ask} does; `unavailable`: it was not handled. */
  async ask(
    to: BootId,
    channel: string,
    body: unknown,
    { deadlineMs = ASK_DEADLINE_MS, traceparent }: {
      readonly deadlineMs?: number;
      /** W3C; the handler runs with the span that it names active. */
      readonly traceparent?: string;
    } = {},
  ): Promise<unknown> {
    const { transport, addressOf } = this.#options;
    const address = addressOf(to);
    if (address === undefined) throw unreachable(to, channel);
    const options = { deadlineMs, ...(traceparent !== undefined && { traceparent }) };
    return await transport.ask(address, channel, { to, body } satisfies Message, options);
  }

  /** Sends again and again until it was handled (PC2): so it may be handled more than once. */
  async insist(to: BootId, channel: string, body: unknown): Promise<void> {
    const { clock, lives } = this.#options;
    try {
      await this.ask(to, channel, body, { deadlineMs: INSIST_ASK_MS });
    } catch {
      if (!lives(to)) return;
      clock.after(INSIST_AGAIN_MS, () => void this.insist(to, channel, body));
    }
  }
}

/** What is on the wire. */
interface Message {
  readonly to: BootId;
  readonly body: unknown;
}

function unreachable(to: BootId, channel: string): Fault {
  const message =
    `the process start ${to} does not answer on ${channel}: it has ended, or is not known here`;
  return new Fault("cluster.call", "unavailable", { message });
}
