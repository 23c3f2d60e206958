/**
 * Warden process: ends the programs of `command` jobs when their node asks for it, or has ended itself.
 *
 * Intuition: a node that is killed cannot end anything; a process beside it can. The end of its standard
 * input is the end of the node, however that came about: then all that it watches is killed, and it ends.
 *
 * Started by the node (warden.ts), in a session of its own, so that what is sent to the node's group
 * does not reach it.
 * @module
 */
import { killGroup, reapMarked } from "./process_mark.ts";

/** What the node tells, a line of JSON each. */
export type WardenOrder =
  /** A program with this mark is about to run, or runs as the leader of `group`. */
  | { readonly kind: "watch"; readonly mark: string; readonly group: number | null }
  /** It has ended, and what it left behind is its own affair. */
  | { readonly kind: "forget"; readonly mark: string }
  /** Everything that carries the mark is to end now. */
  | { readonly kind: "reap"; readonly mark: string };

/** What is watched, by mark. */
const watched = new Map<string, number | null>();
/** The sweeps under way: none is cut short by the node's end. */
let reaping: Promise<void> = Promise.resolve();

function obey(order: WardenOrder): void {
  switch (order.kind) {
    case "watch":
      watched.set(order.mark, order.group);
      return;
    case "forget":
      watched.delete(order.mark);
      return;
    case "reap":
      reaping = reaping.then(() => reapMarked(new Set([order.mark])));
      return;
  }
}

/** Obeys until the node's end of the pipe is closed. */
async function serve(): Promise<void> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) obey(JSON.parse(line) as WardenOrder);
  }
}

if (import.meta.main) {
  // It ends with its node and not before.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {});
  }
  try {
    await serve();
  } finally {
    for (const group of watched.values()) if (group !== null) killGroup(group);
    await reapMarked(new Set(watched.keys()));
    await reaping;
  }
  Deno.exit(0);
}
