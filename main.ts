/**
 * The program: `deno task node`. Reads the configuration, starts a node, obeys signals.
 *
 * SIGTERM and SIGINT drain and exit 0; a second one exits at once with 1; SIGHUP reads the handlers
 * and the calendars' files again. Exit code 2: the configuration is wrong, and every problem of it was printed.
 * @module
 */
import { describeProblems, loadConfig } from "./config/load.ts";
import type { Config } from "./config/schema.ts";

import { type RunningNode, StartGivenUp, startNode } from "./node.ts";
import { tracesOf } from "./node/traces/node_traces.ts";
import { configureLog, log } from "./runtime/telemetry/log.ts";

const EXIT_FAILED = 1;
const EXIT_MISCONFIGURED = 2;

function readFile(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The configuration, or the end of the process with everything that is wrong with it. */
function configure(): Config {
  const outcome = loadConfig({ args: Deno.args, env: Deno.env.toObject(), readFile });
  switch (outcome.kind) {
    case "config":
      return outcome.config;
    case "help":
      console.log(outcome.text);
      return Deno.exit(0);
    case "problems":
      console.error(describeProblems(outcome.problems));
      return Deno.exit(EXIT_MISCONFIGURED);
  }
}

/** Stops the node, or its start, at the first request; the second one does not wait. */
function stopper(started: Promise<RunningNode>, giveUp: AbortController): () => void {
  let stopping = false;
  return () => {
    if (stopping) Deno.exit(EXIT_FAILED);
    stopping = true;
    giveUp.abort();
    started.then((node) => node.stop()).then(() => Deno.exit(0), fail);
  };
}

function fail(error: unknown): never {
  if (error instanceof StartGivenUp) Deno.exit(0);
  log("error", error instanceof Error ? error.message : String(error), { event: "node.failed" });
  Deno.exit(EXIT_FAILED);
}

function main(): void {
  const config = configure();
  configureLog({ level: config.log.level });
  const giveUp = new AbortController();
  let stop = (): void => {};
  const traces = tracesOf(Deno.env.get("OTEL_DENO"), config.node.id);
  const started = startNode({
    ...{ config, traces },
    log: traces?.log(log) ?? log,
    onDrain: () => stop(),
    giveUp: giveUp.signal,
  });
  stop = stopper(started, giveUp);
  started.catch(fail);
  Deno.addSignalListener("SIGTERM", stop);
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGHUP", () => void started.then((node) => node.reload()).catch(fail));
}

if (import.meta.main) main();
