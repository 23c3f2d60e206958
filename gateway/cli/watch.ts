/**
 * Watch: `cli watch ID`: a job's changes as they come, until it is over.
 *
 * Exit codes: 0 completed, 1 refused, unreachable, failed or cancelled, 2 wrong arguments.
 * @module
 */
import { createClient, RefusedError, UnreachableError } from "../client.ts";
import type { JobEvent, RequesterOptions } from "../client.ts";
import { parseCommand } from "./command.ts";

/** Where `watch` asks and prints; `url` holds where the arguments name none. */
export interface WatchOptions extends RequesterOptions {
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** Follows the job that `args` name; tells the exit code. One line per change, of JSON with `--json`. */
export async function watch(args: readonly string[], options: WatchOptions): Promise<number> {
  const { print, complain } = options;
  try {
    const { values, positionals: [id, ...rest] } = parseCommand(args);
    const stray = Object.keys(values).find((option) => option !== "url" && option !== "json");
    if (stray !== undefined) throw new Error(`watch takes no --${stray}`);
    if (id === undefined || rest.length > 0) throw new Error("watch takes 1 operand");
    const client = createClient({ ...options, url: values.url ?? options.url });
    let state = "";
    for await (const event of client.job(id).events()) {
      state = event.state;
      print(values.json === true ? JSON.stringify(event) : eventLine(event));
    }
    return state === "completed" ? 0 : 1;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return error instanceof RefusedError || error instanceof UnreachableError ? 1 : 2;
  }
}

function eventLine({ at, state, attempt, progress }: JobEvent): string {
  return `${at}  ${state}  attempt ${attempt}${progress === null ? "" : `  ${progress} %`}`;
}
