/**
 * Lane: one link to a peer, with what waits for it and what is known of it.
 *
 * Two kinds: *peer* lanes, which we opened by address to tell and ask, and *route* lanes, by which
 * others opened theirs and get their replies. Replies go back on the link by which the ask came:
 * it is there, its key was checked, and no stranger can make us connect to an address of theirs.
 *
 * Invariant: L1. A lane speaks the oldest version until the other side was heard (F3).
 * @module
 */
import { Outbox, type SendResult } from "./wire/outbox.ts";
import type { Sender } from "./port.ts";

/** What a driver offers for one link. */
export interface Link {
  /** Offers the first `length` of `bytes`, which may be overwritten after the call. Never blocks. */
  send(bytes: Uint8Array<ArrayBuffer>, length: number): SendResult;
  /** Ends the link; it is not used again. */
  close(): void;
}

/** One link and its state. */
export class Lane {
  /** Asks sent on it, or waiting to be, that have no answer yet. */
  asks = 0;
  /** True while it is on the list of those with something to send. */
  dirty = false;
  /** True once its link was closed: nothing more is put on it. */
  closed = false;
  #version: number;
  #senderBytes: Uint8Array = new Uint8Array(0);
  #sender: Sender | undefined;

  constructor(
    /** The peer's address; null for a route. */
    readonly address: string | null,
    readonly link: Link,
    readonly outbox: Outbox,
    state: { readonly version: number; usedMs: number },
  ) {
    this.#version = state.version;
    this.usedMs = state.usedMs;
  }

  /** When it last carried something, monotonic ms. */
  usedMs: number;

  /** True when closing it loses nothing. */
  get idle(): boolean {
    return this.asks === 0 && this.outbox.size === 0;
  }

  /** Speaks `version` from now on; `preludeOf` gives how its messages begin (L1). */
  speak(version: number, preludeOf: (version: number) => Uint8Array): void {
    if (version === this.#version) return;
    this.#version = version;
    this.outbox.prelude = preludeOf(version);
  }

  /** The sender that `bytes` say; `decode` is only called when it isn't the same as last time. */
  senderOf(bytes: Uint8Array, decode: () => Sender): Sender {
    if (this.#sender === undefined || !equal(bytes, this.#senderBytes)) {
      this.#senderBytes = bytes.slice();
      this.#sender = decode();
    }
    return this.#sender;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
