/**
 * Command: the built-in handler that runs a program, without a shell, and keeps what it prints within bounds.
 *
 * Intuition: a program may start others. It gets a session and process group of its own, and a mark in its
 * environment that its children inherit; when the attempt must stop, the group is killed, and then whatever
 * still carries the mark. When the program ends by itself, leftovers of its group are killed too; when the node
 * is killed, its warden ends the program (warden.ts).
 *
 * Invariants: Z1. Only listed programs run (command_rules.ts). Z2. The environment is the payload's, PATH, and the
 * job's facts: nothing of the node's. Z3. Output beyond its bound is read and dropped, so the program does not block.
 * @module
 */
import { fitJson } from "../attempt/json.ts";
import type { InlineRun } from "../inline.ts";
import { readCommandPayload } from "./command_rules.ts";
import { killGroup, MARK_VARIABLE } from "./process_mark.ts";
import type { Warden } from "./warden.ts";

/** Characters kept of each of the two streams, as JSON: together they fit a result. */
const OUTPUT_CHARS_MAX = 120 * 1024;
/** How long streams may stay open after the program ended: a grandchild may hold them. */
const STREAMS_MS_MAX = 1_000;

/** A program that ended with another code than 0. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";

  constructor({ code, signal, stderr }: { code: number; signal: string | null; stderr: string }) {
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    const tail = stderr.trim().slice(-1_000);
    super(`the program ended ${how}${tail === "" ? "" : `: ${tail}`}`);
  }
}

/** The handler, for the programs in `allow`; `warden` is told of each. */
export function commandHandler(
  { allow, warden }: {
    readonly allow: readonly string[];
    readonly warden: Pick<Warden, "watch" | "started" | "reap" | "forget">;
  },
): InlineRun {
  return async (ctx, payload) => {
    const { program, args, env, cwd, stdin } = readCommandPayload(payload, allow);
    const { signal } = ctx;
    signal.throwIfAborted();
    const mark = crypto.randomUUID();
    await warden.watch(mark);
    try {
      signal.throwIfAborted();
      const child = spawn({ program, args, cwd, stdin }, {
        ORRERY_JOB_ID: ctx.jobId,
        ORRERY_ATTEMPT: String(ctx.attempt),
        ORRERY_FENCE: String(ctx.fence),
        ORRERY_IDEMPOTENCY_KEY: ctx.idempotencyKey,
        ...env,
        [MARK_VARIABLE]: mark,
      });
      warden.started(mark, child.pid);
      const stop = () => {
        killGroup(child.pid);
        warden.reap(mark);
      };
      signal.addEventListener("abort", stop, { once: true });
      try {
        return await outcomeOf(child, stdin);
      } finally {
        signal.removeEventListener("abort", stop);
        signal.throwIfAborted();
      }
    } finally {
      warden.forget(mark);
    }
  };
}

function spawn(
  { program, args, cwd, stdin }: Pick<
    ReturnType<typeof readCommandPayload>,
    "program" | "args" | "cwd" | "stdin"
  >,
  env: Record<string, string>,
): Deno.ChildProcess {
  return new Deno.Command(program, {
    args: [...args],
    env: { PATH: Deno.env.get("PATH") ?? "/usr/local/bin:/usr/bin:/bin", ...env },
    clearEnv: true, // (Z2)
    ...(cwd === undefined ? {} : { cwd }),
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
}

async function outcomeOf(
  child: Deno.ChildProcess,
  stdin: string | undefined,
): Promise<{ code: number; stdout: string; stderr: string }> {
  if (stdin !== undefined) void feed(child.stdin, stdin);
  const stdout = capture(child.stdout);
  const stderr = capture(child.stderr);
  const { code, signal } = await child.status;
  killGroup(child.pid); // What it left behind would be nobody's.
  const timer = setTimeout(() => {
    stdout.stop();
    stderr.stop();
  }, STREAMS_MS_MAX);
  const [out, err] = await Promise.all([stdout.text, stderr.text]);
  clearTimeout(timer);
  if (code !== 0) throw new CommandFailed({ code, signal, stderr: err });
  return { code, stdout: out, stderr: err };
}

/** Writes `text`; a program that does not read it to the end is within its rights. */
async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It closed its end.
  }
}

/** Reads `stream` to its end and keeps the beginning (Z3). */
function capture(
  stream: ReadableStream<Uint8Array>,
): { readonly text: Promise<string>; readonly stop: () => void } {
  const reader = stream.getReader();
  const read = async () => {
    const decoder = new TextDecoder();
    let text = "";
    let dropped = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const room = OUTPUT_CHARS_MAX - text.length;
      if (room > 0) text += decoder.decode(value.subarray(0, room), { stream: true });
      dropped += Math.max(0, value.length - Math.max(0, room));
    }
    const fitting = fitJson(text, OUTPUT_CHARS_MAX);
    if (dropped === 0 && fitting.length === text.length) return text;
    return `${fitting}\n[${dropped + text.length - fitting.length} more, cut]`;
  };
  return { text: read(), stop: () => void reader.cancel().catch(() => {}) };
}
