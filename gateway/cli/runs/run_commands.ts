/**
 * RunCommands: the commands that are more than one request.
 * @module
 */
import type { ProgramCommand } from "../command.ts";
import { apply } from "./apply.ts";
import { bench } from "./bench.ts";
import { importJobs } from "./import_jobs.ts";
import { watch } from "./watch.ts";

/** More files than that are better kept in a folder. */
const FILES_MAX = 1_000;

/** The commands by their names. */
export const RUN_COMMANDS = {
  watch: {
    operands: [0, 1],
    takes: "[ID]",
    summary: "follow a job to its end, or without ID all jobs as they change",
    options: ["state", "name", "queue", "count"],
    meanings: { count: "stop after so many changes" },
    examples: ["watch order-7", "watch --queue mail --state failed --json"],
    run: watch,
  },
  import: {
    operands: [1, 1],
    takes: "FILE",
    summary: "submit the jobs of a file, one JSON object a line or an array; - is stdin",
    options: ["batch", "id-prefix"],
    examples: ["import jobs.ndjson --id-prefix nightly-2027-01-01-"],
    run: importJobs,
  },
  apply: {
    operands: [1, FILES_MAX],
    takes: "FILE|FOLDER…",
    summary: "make the schedules of JSON files so; others stay as they are",
    options: ["dry-run"],
    examples: ["apply schedules/ --dry-run", "apply nightly.json"],
    run: apply,
  },
  bench: {
    operands: [0, 0],
    summary: "measure how fast jobs are taken and done",
    options: ["count", "batch", "concurrency", "name", "payload", "queue"],
    meanings: {
      count: "so many jobs; default 10000",
      batch: "jobs per request; default 250",
      concurrency: "requests at once; default 4",
      name: "jobs of this handler; default noop",
      queue: "default: one of its own",
    },
    examples: ["bench --count 20000 --concurrency 8"],
    run: bench,
  },
} as const satisfies Readonly<Record<string, ProgramCommand>>;
