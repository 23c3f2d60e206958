/**
 * NodeProcess: one real node as a child process: its log, its address, its end.
 *
 * Intuition: a test sees a node as an operator does: a command line, JSON lines on standard output,
 * signals and an exit code. Nothing of the node is imported.
 *
 * Invariants: N1. A node that a test leaves running is killed when its scope ends, with its own pid.
 * N2. Every wait has a bound, and says what it waited for and what the node logged last.
 * @module
 */

/**
 * One line of the node's log: `event`, `level`, `message`, `error` and whatever is told beside them, each by its own
 * name; lines that are not JSON come as `{message}`.
 */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly message?: unknown };

/** How a node ended. */
export interface NodeExit {
  readonly code: number;
  readonly signal: string | null;
}

/** How a node is started. */
export interface LaunchOptions {
  /** Its working folder: relative permissions and paths start there. */
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A program that becomes the node, such as one that enters a network namespace, with its arguments. */
  readonly through?: readonly string[];
}

const ROOT = new URL("../../", import.meta.url).pathname;
/** What `deno task node` runs: the task's own permissions and flags, so that tests see what users start. */
const NODE_ARGS = nodeArguments(await Deno.readTextFile(`${ROOT}deno.json`));
/** How long a node may take to be ready, ms: many times the figure that is promised. */
export const READY_WITHIN_MS = 20_000;
const EXIT_WITHIN_MS = 40_000;
const LINES_SHOWN = 20;

/** A running or ended node. */
export class NodeProcess implements AsyncDisposable {
  readonly pid: number;
  /** Every line of its log so far. */
  readonly lines: LogRecord[] = [];
  /** The same, as it was written. */
  readonly texts: string[] = [];
  /** What it wrote to standard error. */
  errors = "";
  /** When it was launched, monotonic ms. */
  readonly launchedMs = performance.now();
  /** From launch to the ready line, ms. */
  readyMs = Number.NaN;
  readonly exited: Promise<NodeExit>;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  readonly #heard = new Set<() => void>();
  #url: string | undefined;
  #over = false;

  private constructor({ cwd, args, env, through = [] }: LaunchOptions) {
    const words = [...through, Deno.execPath(), ...NODE_ARGS, ...args];
    this.#child = new Deno.Command(words[0] as string, {
      args: words.slice(1),
      cwd,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#child.pid;
    this.#reading = Promise.all([this.#readLines(), this.#readErrors()]);
    this.exited = this.#child.status.then(async ({ code, signal }) => {
      await this.#reading;
      this.#over = true;
      this.#tell();
      return { code, signal };
    });
  }

  /** Starts the program; does not wait for anything. */
  static launch(options: LaunchOptions): NodeProcess {
    return new NodeProcess(options);
  }

  /** Where its API is; only once it is ready. */
  get url(): string {
    if (this.#url === undefined) throw new Error(`node ${this.pid} is not ready`);
    return this.#url;
  }

  /** Waits for the ready line and returns it. */
  async ready(withinMs = READY_WITHIN_MS): Promise<LogRecord> {
    const line = await this.line((one) => one.event === "node.ready", {
      what: "the ready line",
      withinMs,
    });
    this.readyMs = performance.now() - this.launchedMs;
    this.#url = String(line.http);
    return line;
  }

  /** Waits for a line of the log, past ones included (N2). */
  async line(
    wanted: (line: LogRecord) => boolean,
    { what, withinMs = 10_000 }: { readonly what: string; readonly withinMs?: number },
  ): Promise<LogRecord> {
    const untilMs = performance.now() + withinMs;
    while (true) {
      const found = this.lines.find(wanted);
      if (found !== undefined) return found;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || this.#over) throw new Error(this.#missing(what));
      await this.#nextLine(leftMs);
    }
  }

  /** Sends a signal; nothing happens when it has ended already. */
  signal(name: Deno.Signal): void {
    try {
      this.#child.kill(name);
    } catch {
      // It has ended.
    }
  }

  /** Sends a signal and waits for the end. */
  async end(name: Deno.Signal = "SIGTERM"): Promise<NodeExit> {
    this.signal(name);
    return await this.exit();
  }

  /** Waits for the end (N2). */
  async exit(withinMs = EXIT_WITHIN_MS): Promise<NodeExit> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), withinMs);
    });
    const outcome = await Promise.race([this.exited, late]);
    clearTimeout(timer);
    if (outcome === "late") throw new Error(this.#missing(`the end of process ${this.pid}`));
    return outcome;
  }

  /** Throws, with the end of its log, when it has ended. */
  assertAlive(): void {
    if (this.#over) throw new Error(this.#missing(`what a living process ${this.pid} would do`));
  }

  /** Pids of its child processes (the executor-hosts), from /proc. */
  async children(): Promise<number[]> {
    const text = await Deno.readTextFile(`/proc/${this.pid}/task/${this.pid}/children`)
      .catch(() => "");
    const all = text.split(" ").filter((pid) => pid !== "").map(Number);
    return all.length > 0 ? all : await childrenByStat(this.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGCONT");
    if (!this.#over) this.signal("SIGKILL"); // (N1)
    await this.exited;
  }

  async #readLines(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) this.#take(part);
      this.#tell();
    }
    if (rest !== "") this.#take(rest);
  }

  #take(text: string): void {
    this.texts.push(text);
    this.lines.push(parse(text));
  }

  async #readErrors(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.errors += text;
    }
  }

  #nextLine(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const heard = () => {
        clearTimeout(timer);
        this.#heard.delete(heard);
        resolve();
      };
      const timer = setTimeout(heard, withinMs);
      this.#heard.add(heard);
    });
  }

  #tell(): void {
    for (const heard of [...this.#heard]) heard();
  }

  #missing(what: string): string {
    const latest = this.lines.slice(-LINES_SHOWN).map((line) => JSON.stringify(line)).join("\n");
    return `${what} did not come; the node's log ends:\n${latest}\n${this.errors.slice(-2_000)}`;
  }
}

function nodeArguments(manifest: string): string[] {
  const { tasks } = JSON.parse(manifest) as { readonly tasks: { readonly node: string } };
  const [program, command, ...flags] = tasks.node.split(" ");
  if (program !== "deno" || command !== "run" || flags.pop() !== "main.ts") {
    throw new Error(`the task "node" is not as expected: ${tasks.node}`);
  }
  return ["run", ...flags, `--config=${ROOT}deno.json`, `${ROOT}main.ts`];
}

function parse(text: string): LogRecord {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return recordOf(value as LogRecord);
  } catch {
    // Not a line of the log.
  }
  return { message: text };
}

function recordOf(line: LogRecord): LogRecord {
  const own = line["orrery"];
  return {
    ...(typeof own === "object" ? own : {}),
    event: line["event.action"] ?? line["event"],
    level: line["log.level"],
    message: line.message,
    error: line["error.message"],
    code: line["error.code"],
    ...line,
  };
}

/** Kernels without the `children` file have the parent in every process's `stat`. */
async function childrenByStat(parent: number): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(fields[1]) === parent) found.push(Number(name));
  }
  return found;
}

/** Tells whether a process exists and is no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  return stat !== "" && stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
}
