/**
 * World: what the command line has of the outside; tests give their own.
 * @module
 */
import type { ReadText } from "./command.ts";

/** A line of an input, with how many bytes of it have been read by then. */
export interface InputLine {
  readonly text: string;
  readonly bytesRead: number;
}

/** An input that is read line by line. */
export interface LineInput {
  /** Bytes in all; null: nobody knows (stdin). */
  readonly bytes: number | null;
  readonly lines: AsyncIterable<InputLine>;
}

/** The outside. */
export interface World {
  /** A line to stdout: what was asked for. */
  readonly print: (line: string) => void;
  /** A line to stderr: what went wrong. */
  readonly complain: (line: string) => void;
  /** Shows `text` in place of what it showed before, and `""` takes it away; null where nobody looks on. */
  readonly status: ((text: string) => void) | null;
  readonly env: (name: string) => string | undefined;
  readonly fetch: typeof fetch;
  readonly readText: ReadText;
  /** `-` is stdin. Rejects when it cannot be read. */
  readonly openLines: (path: string) => Promise<LineInput>;
  /** The JSON files of a folder, sorted; undefined when the path is no folder. */
  readonly jsonFiles: (path: string) => readonly string[] | undefined;
  readonly wallMs: () => number;
  /** Monotonic, for spans. */
  readonly nowMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly randomBytes: (count: number) => Uint8Array;
}
