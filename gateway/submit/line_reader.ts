/**
 * LineReader: feeds the lines of a request's body to a bulk run, at the pace of the run.
 *
 * Invariants: R1. No byte is read while the run or the answer is behind. R2. A stream that is silent for
 * too long, or a node that stops, ends the reading; what was accepted stays accepted.
 * @module
 */
import { decodeUtf8, parseJson } from "../http/body.ts";
import type { Deadlines } from "../http/deadlines.ts";
import { Problem } from "../http/problem.ts";
import { JSON_DEPTH_MAX } from "../limits.ts";
import type { BulkRun } from "./bulk_run.ts";
import { type Line, LineSplitter } from "./line_splitter.ts";

/** How lines are read. */
export interface LineOptions {
  readonly run: BulkRun;
  readonly lineBytesMax: number;
  /** Watches over the silence between two chunks. */
  readonly idle: Deadlines;
  /** Ends the reading (R2). */
  readonly stopping: AbortSignal;
  /** An answer that is read meanwhile: the source waits for its room (R1), and releases it when it stops. */
  readonly answer?: { room(): Promise<void> | undefined; release(): void };
}

/** Reads to the end; otherwise tells why it stopped before (R2). Never rejects. */
export async function readLines(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  options: LineOptions,
): Promise<string | undefined> {
  let cut: string | undefined;
  // Cancelling ends the pending read as if the stream were over.
  const end = (why: string): void => {
    cut ??= why;
    options.answer?.release();
    reader.cancel().catch(() => {});
  };
  const onStop = (): void => end("the node is stopping");
  if (options.stopping.aborted) onStop();
  options.stopping.addEventListener("abort", onStop);
  const splitter = new LineSplitter(options.lineBytesMax);
  try {
    for (;;) {
      const done = options.idle.watch(() => end("nothing arrived for too long"));
      const read = await reader.read().finally(done);
      if (read.done) break;
      await addLines(splitter.push(read.value), options, end);
    }
    // A line that we cut short ourselves is not a job: it is left to the client to send it again.
    if (cut === undefined) await addLines(splitter.end(), options, end);
  } catch {
    cut ??= "the body broke off";
  } finally {
    options.stopping.removeEventListener("abort", onStop);
  }
  return cut;
}

async function addLines(lines: Iterable<Line>, options: LineOptions, end: (why: string) => void) {
  const { run, answer, idle, lineBytesMax } = options;
  for (const line of lines) {
    const wait = run.add(line.kind === "line" ? parseLine(line.bytes) : tooLong(lineBytesMax));
    if (wait !== undefined) await wait;
    const room = answer?.room();
    if (room === undefined) continue;
    const done = idle.watch(() => end("nobody read the answer for too long"));
    await room.finally(done);
  }
}

function parseLine(bytes: Uint8Array): { readonly value: unknown } | Problem {
  const text = decodeUtf8(bytes);
  return text instanceof Problem ? text : parseJson(text, JSON_DEPTH_MAX);
}

function tooLong(lineBytesMax: number): Problem {
  const message = `must be at most ${lineBytesMax} bytes`;
  return new Problem("too-large", `the line ${message}`, { errors: [{ path: "", message }] });
}
