/**
 * AuditFile: audit lines in a file, one JSON object a line, in the order in which they came.
 *
 * Intuition: lines wait in memory while a batch is being written, so that no request waits for a disk.
 *
 * Invariants: D1. At most `AUDIT_BYTES_MAX` wait; what does not fit is counted, and the count is a line of its own
 * as soon as there is room. D2. A file that cannot be written is told once, tried again with every batch, and told
 * again when it works. D3. Only its owner may read it.
 * @module
 */
import type { Clock } from "../../runtime/clock.ts";
import { AUDIT_BYTES_MAX } from "../limits.ts";

/** What the file needs. */
export interface AuditFileOptions {
  readonly path: string;
  readonly clock: Pick<Clock, "wallMs">;
  /** Told when writing fails, and when it works again. */
  readonly tell: (level: "error" | "info", message: string) => void;
}

const MODE = 0o600;
const NEWLINE = 0x0a;
const ENCODER = new TextEncoder();

/** An audit file. */
export class AuditFile {
  readonly #options: AuditFileOptions;
  #file: Deno.FsFile | null = null;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #dropped = 0;
  #failing = false;
  #reopen = false;
  #writing: Promise<void> | null = null;

  /** Throws when the file cannot be opened: that is to be known at start. */
  constructor(options: AuditFileOptions) {
    this.#options = options;
    this.#file = this.#open();
  }

  /** Takes one line (D1). Returns at once, never throws. */
  write(line: Readonly<Record<string, unknown>>): void {
    if (this.#bytes >= AUDIT_BYTES_MAX) return void this.#dropped++;
    const bytes = this.#encode(line);
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#writing ??= this.#drain();
  }

  /** From the next batch on a new file of that name is written: for rotation. */
  reopen(): void {
    this.#reopen = true;
  }

  /** Resolves when nothing waits to be written. */
  async settled(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  /** Writes what waits and closes. */
  async close(): Promise<void> {
    await this.settled();
    this.#file?.close();
    this.#file = null;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = await new Blob(this.#waiting.splice(0) as BlobPart[]).bytes();
      await this.#writeBatch(batch);
      this.#bytes -= batch.length;
    }
    // In the same turn in which nothing was left: who comes next begins anew.
    this.#writing = null;
  }

  /** Once more with a new file when the first try fails; then its lines are lost, and that is told (D2). */
  async #writeBatch(batch: Uint8Array): Promise<void> {
    for (let tries = 0; tries < 2; tries++) {
      try {
        await this.#writeNow(batch);
        if (this.#failing) this.#options.tell("info", "the audit file can be written again");
        this.#failing = false;
        return;
      } catch (error) {
        this.#reopen = true;
        if (tries === 1) this.#lose(batch, error);
      }
    }
  }

  /** What was lost before is told first. */
  async #writeNow(batch: Uint8Array): Promise<void> {
    const file = this.#current();
    const lines = this.#dropped;
    if (lines > 0) {
      await writeAll(file, this.#encode({ event: "audit.dropped", lines }));
      this.#dropped -= lines;
    }
    await writeAll(file, batch);
  }

  #lose(batch: Uint8Array, error: unknown): void {
    this.#dropped += batch.reduce((lines, byte) => lines + (byte === NEWLINE ? 1 : 0), 0);
    if (this.#failing) return;
    this.#failing = true;
    const why = error instanceof Error ? error.message : String(error);
    this.#options.tell("error", `the audit file cannot be written: ${why}`);
  }

  #current(): Deno.FsFile {
    if (this.#file !== null && !this.#reopen) return this.#file;
    this.#reopen = false;
    this.#file?.close();
    this.#file = null;
    return this.#file = this.#open();
  }

  #encode(line: Readonly<Record<string, unknown>>): Uint8Array {
    const time = new Date(this.#options.clock.wallMs()).toISOString();
    return ENCODER.encode(`${JSON.stringify({ time, ...line })}\n`);
  }

  #open(): Deno.FsFile { // (D3)
    const options = { append: true, create: true, mode: MODE };
    return Deno.openSync(this.#options.path, options);
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
