/**
 * Log: one JSON object a line on standard output, for machines first.
 *
 * `{"time", "level", "message", …fields}`; by convention a field `event` names what happened
 * (`node.ready`), so that nobody parses messages. It is a thin layer over LogTape: synchronous,
 * cheap below the level, and it never throws, because a log must not break what it tells of.
 *
 * Not here: what is secret (`redact.ts`).
 * @module
 */
import { configureSync, getLogger, type LogRecord } from "../../deps.ts";
import { redact } from "./redact.ts";

/** How important a line is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a line tells beside its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

const CATEGORY = "orrery";

/** Sets the level, and where lines go (default: standard output). Until then: `info`. */
export function configureLog(
  options: { readonly level: LogLevel; readonly write?: (line: string) => void },
): void {
  const write = options.write ?? console.log;
  const sink = (record: LogRecord) => write(lineOf(record));
  configureSync({
    reset: true,
    sinks: { lines: sink },
    loggers: [
      {
        category: CATEGORY,
        sinks: ["lines"],
        lowestLevel: options.level === "warn" ? "warning" : options.level,
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

function lineOf(record: LogRecord): string {
  const given = record.properties["fields"];
  const fields = redact(typeof given === "object" && given !== null ? given as LogFields : {});
  // The three fixed fields come last, so that no field can pass for them, and first in the line.
  const fixed = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level === "warning" ? "warn" : record.level,
    message: record.message.join(""),
  };
  return JSON.stringify({ ...fixed, ...fields, ...fixed });
}

configureLog({ level: "info" });
