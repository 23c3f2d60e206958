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
    if (this.#dropped > 0) {
      const lost = { event: "audit.dropped", lines: this.#dropped };
      this.#dropped = 0;
      this.#add(lost);
    }
    this.#add(line);
    this.#writing ??= this.#drain().finally(() => this.#writing = null);
  }

  /** From the next batch on a new file of that name is written: for rotation. */
  reopen(): void {
    this.#reopen = true;
  }

  /** Writes what waits and closes. */
  async close(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    this.#file?.close();
    this.#file = null;
  }

  #add(line: Readonly<Record<string, unknown>>): void {
    const time = new Date(this.#options.clock.wallMs()).toISOString();
    const bytes = ENCODER.encode(`${JSON.stringify({ time, ...line })}\n`);
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = await new Blob(this.#waiting.splice(0) as BlobPart[]).bytes();
      await this.#writeBatch(batch);
      this.#bytes -= batch.length;
    }
  }

  /** Once more with a new file when the first try fails; then its lines are lost, and that is told (D2). */
  async #writeBatch(batch: Uint8Array): Promise<void> {
    for (let tries = 0; tries < 2; tries++) {
      try {
        await writeAll(this.#current(), batch);
        if (this.#failing) this.#options.tell("info", "the audit file can be written again");
        this.#failing = false;
        return;
      } catch (error) {
        this.#reopen = true;
        if (tries === 0) continue;
        if (!this.#failing) {
          const why = error instanceof Error ? error.message : String(error);
          this.#options.tell("error", `the audit file cannot be written: ${why}`);
        }
        this.#failing = true;
        this.#dropped += batch.reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 0);
      }
    }
  }

  #current(): Deno.FsFile {
    if (this.#file !== null && !this.#reopen) return this.#file;
    this.#reopen = false;
    this.#file?.close();
    this.#file = null;
    return this.#file = this.#open();
  }

  #open(): Deno.FsFile { // (D3)
    const options = { append: true, create: true, mode: MODE };
    return Deno.openSync(this.#options.path, options);
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
