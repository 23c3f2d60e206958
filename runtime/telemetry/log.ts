/**
 * Log: one JSON object a line on standard output, for machines first, in the Elastic Common Schema.
 *
 * By convention a field `event` names what happened (`node.ready`), so that nobody parses messages, and `error` is
 * what went wrong, best as it was thrown. It is a thin layer over LogTape: synchronous, cheap below the level, and
 * it never throws, because a log must not break what it tells of.
 *
 * Not here: what a line looks like (`ecs.ts`), what is secret (`redact.ts`).
 * @module
 */
import { format } from "node:util";
import { configureSync, getLogger, type LogRecord } from "../../deps.ts";
import { ecsLine, type LogService, type SpanIds } from "./ecs.ts";

/** How important a line is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a line tells beside its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

const CATEGORY = "orrery";
/** The way out, whoever else is given the console. */
const print = console.log.bind(console);

/** How lines are written. */
export interface LogOptions {
  readonly level: LogLevel;
  /** Who writes them; as far as it is known. */
  readonly service?: LogService;
  /** Where they go; absent: standard output. */
  readonly write?: (line: string) => void;
  /** The span within which a line is written; absent: there are none. */
  readonly span?: (() => SpanIds | undefined) | undefined;
}

/** Sets how lines are written from now on. Until then: `info`, of nobody. */
export function configureLog(options: LogOptions): void {
  const { level, service = {}, write = print, span } = options;
  const sink = (record: LogRecord) => write(lineOf(record, service, span?.()));
  configureSync({
    reset: true,
    sinks: { lines: sink },
    loggers: [
      {
        category: CATEGORY,
        sinks: ["lines"],
        lowestLevel: level === "warn" ? "warning" : level,
      },
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "error" },
    ],
  });
}

/** Writes one line, unless `level` is below the configured one. Cost below it: a comparison. */
export function log(level: LogLevel, message: string, fields: LogFields = {}): void {
  try {
    // Braces are LogTape's placeholders; in our messages they are braces.
    getLogger(CATEGORY)[level](message.replace(/[{}]/g, "$&$&"), { fields });
  } catch {
    // A sink that fails (a closed pipe) must not take down what it would have told of.
  }
}

/** From now on what anyone in this process writes to the console is a line of the log: libraries, inline handlers. */
export function takeConsole(): void {
  for (const level of ["debug", "info", "warn", "error"] as const) {
    console[level] = (...parts) => log(level, format(...parts), { event: "console" });
  }
  console.log = console.info;
}

function lineOf(record: LogRecord, service: LogService, span: SpanIds | undefined): string {
  const given = record.properties["fields"];
  const fields = typeof given === "object" && given !== null ? given as LogFields : {};
  const level = record.level === "warning" ? "warn" : record.level;
  const said = { atMs: record.timestamp, level, message: record.message.join(""), fields, span };
  return JSON.stringify(ecsLine(said, service));
}

configureLog({ level: "info" });
