/**
 * Process: a child that answers requests, one JSON object a line each way, on its standard streams.
 *
 * A child that exits with a request unanswered rejects it: the harness never waits for the dead.
 * @module
 */
import { lines } from "./lines.ts";

/** A running child. */
export class Process {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncGenerator<string>;

  /** `env`: variables beside our own. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...args],
      env: { ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#answers = lines(this.#child.stdout);
  }

  /** The child's process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends `request` and waits for its answer; rejects with the child's own message when it failed. */
  async ask(request: unknown): Promise<unknown> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    return await this.answer();
  }

  /** The next answer, for a child that speaks first. */
  async answer(): Promise<unknown> {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the child ${this.pid} ended without an answer`);
    const answer = JSON.parse(value) as { readonly ok?: unknown; readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.ok;
  }

  /** Ends the child: closes its input, and kills it when that isn't enough. */
  async stop(): Promise<void> {
    await this.#writer.close().catch(() => {});
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await this.#child.status;
    clearTimeout(timer);
  }
}

/** The child's side: answers each line of standard input with what `handle` returns, until it ends. */
export async function serveRequests(handle: (request: unknown) => Promise<unknown>): Promise<void> {
  for await (const line of lines(Deno.stdin.readable)) {
    try {
      say({ ok: await handle(JSON.parse(line)) ?? null });
    } catch (error) {
      say({ error: error instanceof Error ? error.stack ?? error.message : String(error) });
    }
  }
}

/** Writes one answer. */
export function say(answer: { readonly ok: unknown } | { readonly error: string }): void {
  console.log(JSON.stringify(answer));
}
