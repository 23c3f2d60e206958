/**
 * The program: `deno task node`. Reads the configuration, starts a node, obeys signals.
 *
 * SIGTERM and SIGINT drain and exit 0; a second one exits at once with 1; SIGHUP reads the handlers
 * and the calendars' files again. Exit code 2: the configuration is wrong, and every problem of it was printed.
 * @module
 */
import { describeProblems, loadConfig } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { StartGivenUp } from "./node/patience.ts";
import { tracesOf } from "./node/traces/node_traces.ts";
import { type RunningNode, startNode } from "./node.ts";
import { configureLog, log, takeConsole } from "./runtime/telemetry/log.ts";
import { VERSION } from "./version.ts";

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
  const message = error instanceof Error ? error.message : String(error);
  log("error", message, { event: "node.failed", error });
  Deno.exit(EXIT_FAILED);
}

/** What nobody caught is a line like any other, and the end. */
function catchTheRest(): void {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    fail(event.error);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
}

function main(): void {
  catchTheRest();
  const config = configure();
  const service = { version: VERSION, node: config.node.id };
  const traces = tracesOf(Deno.env.get("OTEL_DENO"), config.node.id);
  const span = traces && (() => traces.tracer.active());
  configureLog({ level: config.log.level, service, span });
  takeConsole();
  const giveUp = new AbortController();
  let stop = (): void => {};
  const started = startNode({
    ...{ config, log, traces },
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
