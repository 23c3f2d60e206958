/**
 * NodeProcess: a node as users start it: `main.ts` in a process of its own, spoken to over HTTP.
 *
 * @module
 */
import manifest from "../../deno.json" with { type: "json" };
import { lines } from "../harness/lines.ts";

/** What `deno task node` runs, without the task's own process around it. */
const NODE_ARGS = manifest.tasks.node.split(" ").slice(1);

/** A hundredth of a second, as Linux counts it on every machine of today. */
const TICK_MS = 10;

/** A ready node. */
export interface NodeProcess {
  readonly url: URL;
  readonly pid: number;
  /** From the start of the process to its ready line. */
  readonly readyMs: number;
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Starts a node on a free port and the store at `url`, with further flags and variables; rejects when it ends before it is ready. */
export async function startNodeProcess(
  url: string,
  { more = [], env = {} }: {
    readonly more?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<NodeProcess> {
  const startedMs = performance.now();
  const flags = ["--http", "127.0.0.1:0", "--store", url, ...more];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...NODE_ARGS, ...flags, "--handlers", "bench/orrery/handlers"],
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = lines(child.stdout);
  for (;;) {
    const { value, done } = await output.next();
    if (done) throw new Error("the node ended before it was ready");
    const line = parse(value);
    if (line["event"] !== "node.ready") continue;
    void drain(output);
    return {
      url: new URL(String(line["http"])),
      pid: child.pid,
      readyMs: performance.now() - startedMs,
      stop: async (signal) => {
        child.kill(signal);
        await child.status;
      },
    };
  }
}

/** Resident memory of the process `pid`, MiB. */
export function residentMiB(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1_024;
}

/** Processor time that the process `pid` and its children have used, ms. */
export function processorMs(pid: number): number {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
  const pids = [pid, ...children.split(" ").filter((child) => child !== "").map(Number)];
  return pids.reduce((sum, one) => sum + ticksOf(one) * TICK_MS, 0);
}

/** User and system time of one process, of all its threads. */
function ticksOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

/** A pipe that nobody reads would stop the node. */
async function drain(output: AsyncGenerator<string>): Promise<void> {
  while (!(await output.next()).done);
}
