/**
 * Wire: how a message between two nodes looks, byte by byte.
 *
 *     message:   0x4f, version, newest version spoken, 0,
 *                node, boot and address of the sender (each: length u8, ASCII), envelope …
 *     envelope:  kind u8, body length u32, correlation u32, ms left to the deadline u32,
 *                channel length u8, traceparent length u8, channel, traceparent (ASCII), body
 *
 * Numbers are big-endian. Envelopes share a message because each message costs system calls on both
 * sides; the sender is said once.
 *
 * Invariants: F1. A message is taken whole or refused whole: every length is checked before the
 * first envelope is read. F2. Reading never throws and never reads behind the end. F3. The version
 * that is sent is one that the receiver speaks: the older of the two until it was heard.
 * Not here: what is in a body (`packing_driver.ts`).
 * @module
 */
import type { BootId, NodeName } from "../../ids.ts";
import {
  TRANSPORT_BODY_BYTES_MAX,
  TRANSPORT_CHANNEL_CHARS_MAX,
  TRANSPORT_ENVELOPES_MAX,
  TRANSPORT_TEXT_CHARS_MAX,
} from "../../limits.ts";
import type { Sender } from "../port.ts";

/** The versions of the protocol that a program speaks: its own, and the one before. */
export interface Protocol {
  readonly oldest: number;
  readonly newest: number;
}

/** The versions spoken by a program whose own is `newest`: rolling upgrades go one step at a time. */
export function protocolOf(newest: number): Protocol {
  return { oldest: Math.max(1, newest - 1), newest };
}

/** This program's. */
export const PROTOCOL: Protocol = protocolOf(1);

/** What an envelope is. A `void` one was taken back before it was sent. */
export const KINDS = { void: 0, tell: 1, ask: 2, reply: 3, fault: 4 } as const;

/** The first byte of every message. */
const MAGIC = 0x4f;
const HEADER_BYTES = 4;
/** Bytes of an envelope beside its texts and its body. */
export const ENVELOPE_BYTES = 15;
const CHANNEL = new RegExp(`^[A-Za-z0-9._/-]{1,${TRANSPORT_CHANNEL_CHARS_MAX}}$`);
const TEXT = new RegExp(`^[!-~]{1,${TRANSPORT_TEXT_CHARS_MAX}}$`);

/** Tells whether `text` can name a channel. */
export function isChannel(text: string): boolean {
  return CHANNEL.test(text);
}

/** Tells whether `text` can be a node's name, a boot id, an address or a traceparent: visible ASCII. */
export function isWireText(text: string): boolean {
  return TEXT.test(text);
}

/** How each message of `self` in `version` begins. */
export function prelude(self: Sender, version: number, newest: number): Uint8Array<ArrayBuffer> {
  const texts = [self.node, self.boot, self.address];
  const bytes = new Uint8Array(
    HEADER_BYTES + texts.reduce((sum, text) => sum + 1 + text.length, 0),
  );
  bytes.set([MAGIC, version, newest, 0]);
  let at = HEADER_BYTES;
  for (const text of texts) {
    bytes[at++] = text.length;
    at = writeAscii(bytes, at, text);
  }
  return bytes;
}

/** One envelope to be written. */
export interface Envelope {
  readonly kind: number;
  readonly correlation: number;
  readonly remainingMs: number;
  readonly channel: string;
  readonly traceparent: string;
  readonly body: Uint8Array;
}

/** Bytes of `envelope` on the wire. */
export function envelopeBytes({ channel, traceparent, body }: Envelope): number {
  return ENVELOPE_BYTES + channel.length + traceparent.length + body.length;
}

/** Writes `envelope` at `at`, where there must be room; tells where it ends. */
export function writeEnvelope(bytes: Uint8Array, at: number, envelope: Envelope): number {
  const { channel, traceparent, body } = envelope;
  bytes[at] = envelope.kind;
  writeU32(bytes, at + 1, body.length);
  writeU32(bytes, at + 5, envelope.correlation);
  writeU32(bytes, at + 9, envelope.remainingMs);
  bytes[at + 13] = channel.length;
  bytes[at + 14] = traceparent.length;
  const texts = writeAscii(bytes, at + ENVELOPE_BYTES, channel);
  const start = writeAscii(bytes, texts, traceparent);
  bytes.set(body, start);
  return start + body.length;
}

/** Reads messages one after another; one reader serves a whole transport, without garbage per envelope. */
export class MessageReader {
  /** The newest version that the sender speaks. */
  newest = 0;
  kind = 0;
  correlation = 0;
  remainingMs = 0;
  channel = "";
  traceparent = "";
  /** Where the body of the current envelope is within the message. */
  bodyStart = 0;
  bodyEnd = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #at = 0;
  #senderEnd = 0;

  constructor(private readonly protocol: Protocol = PROTOCOL) {}

  /** Begins with the first `length` bytes; says why they are refused (F1), or undefined. */
  open(bytes: Uint8Array, length: number): "garbage" | "version" | undefined {
    this.#bytes = bytes;
    this.#end = length;
    if (length < HEADER_BYTES || bytes[0] !== MAGIC || bytes[3] !== 0) return "garbage";
    const version = at(bytes, 1);
    if (version < this.protocol.oldest || version > this.protocol.newest) return "version";
    this.newest = at(bytes, 2);
    if (this.newest < version) return "garbage";
    const senderEnd = this.#checkSender();
    if (senderEnd === undefined || !this.#checkEnvelopes(senderEnd)) return "garbage";
    this.#senderEnd = this.#at = senderEnd;
    return undefined;
  }

  /** The bytes that say who sent: equal ones mean the same sender. A view, valid until the next `open`. */
  get senderBytes(): Uint8Array {
    return this.#bytes.subarray(HEADER_BYTES, this.#senderEnd);
  }

  /** Who sent, as the message says. */
  sender(): Sender {
    const texts: string[] = [];
    for (let start = HEADER_BYTES; start < this.#senderEnd;) {
      const end = start + 1 + at(this.#bytes, start);
      texts.push(readAscii(this.#bytes, start + 1, end));
      start = end;
    }
    const [node = "", boot = "", address = ""] = texts;
    return { node: node as NodeName, boot: boot as BootId, address };
  }

  /** Steps to the next envelope that was not taken back; false at the end. */
  next(): boolean {
    const bytes = this.#bytes;
    while (this.#at < this.#end) {
      const start = this.#at;
      const channelEnd = start + ENVELOPE_BYTES + at(bytes, start + 13);
      this.bodyStart = channelEnd + at(bytes, start + 14);
      this.bodyEnd = this.#at = this.bodyStart + readU32(bytes, start + 1);
      this.kind = at(bytes, start);
      if (this.kind === KINDS.void) continue;
      this.correlation = readU32(bytes, start + 5);
      this.remainingMs = readU32(bytes, start + 9);
      this.channel = readAscii(bytes, start + ENVELOPE_BYTES, channelEnd);
      this.traceparent = readAscii(bytes, channelEnd, this.bodyStart);
      return true;
    }
    return false;
  }

  /** Where the sender ends; undefined when it isn't three texts of visible ASCII. */
  #checkSender(): number | undefined {
    let start = HEADER_BYTES;
    for (let text = 0; text < 3; text++) {
      const length = start < this.#end ? at(this.#bytes, start) : 0;
      const end = start + 1 + length;
      if (length < 1 || length > TRANSPORT_TEXT_CHARS_MAX || end > this.#end) return undefined;
      if (!isVisible(this.#bytes, start + 1, end)) return undefined;
      start = end;
    }
    return start;
  }

  /** Walks over all envelopes: true when every length fits and every text is visible ASCII. */
  #checkEnvelopes(start: number): boolean {
    const bytes = this.#bytes;
    let count = 0;
    while (start < this.#end) {
      if (start + ENVELOPE_BYTES > this.#end || ++count > TRANSPORT_ENVELOPES_MAX) return false;
      const channel = at(bytes, start + 13);
      const traceparent = at(bytes, start + 14);
      const body = readU32(bytes, start + 1);
      if (at(bytes, start) > KINDS.fault || body > TRANSPORT_BODY_BYTES_MAX) return false;
      if (channel > TRANSPORT_CHANNEL_CHARS_MAX || traceparent > TRANSPORT_TEXT_CHARS_MAX) {
        return false;
      }
      const texts = start + ENVELOPE_BYTES;
      const bodyStart = texts + channel + traceparent;
      start = bodyStart + body;
      if (start > this.#end || !isVisible(bytes, texts, bodyStart)) return false;
    }
    return count > 0;
  }
}

/** `bytes` never ends before what was checked; the fallback only satisfies the compiler (F2). */
function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

function isVisible(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = at(bytes, index);
    if (byte < 0x21 || byte > 0x7e) return false;
  }
  return true;
}

/** Short texts: a loop is faster than a decoder's call. */
function readAscii(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let index = start; index < end; index++) text += String.fromCharCode(at(bytes, index));
  return text;
}

function writeAscii(bytes: Uint8Array, start: number, text: string): number {
  for (let index = 0; index < text.length; index++) bytes[start + index] = text.charCodeAt(index);
  return start + text.length;
}

function readU32(bytes: Uint8Array, start: number): number {
  return ((at(bytes, start) << 24) | (at(bytes, start + 1) << 16) | (at(bytes, start + 2) << 8) |
    at(bytes, start + 3)) >>> 0;
}

function writeU32(bytes: Uint8Array, start: number, value: number): void {
  bytes[start] = value >>> 24;
  bytes[start + 1] = value >>> 16;
  bytes[start + 2] = value >>> 8;
  bytes[start + 3] = value;
}
