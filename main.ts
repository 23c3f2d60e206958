/**
 * The program: `deno task node`. Reads the configuration, starts a node, obeys signals.
 *
 * SIGTERM and SIGINT drain and exit 0; a second one exits at once with 1; SIGHUP reads the handlers
 * again. Exit code 2: the configuration is wrong, and every problem of it was printed.
 * @module
 */
import { describeProblems, loadConfig } from "./config/load.ts";
import { helpText } from "./config/flags.ts";
import { type RunningNode, startNode } from "./node.ts";
import { openLog } from "./runtime/telemetry/log.ts";

const EXIT_FAILED = 1;
const EXIT_MISCONFIGURED = 2;
