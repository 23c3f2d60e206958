/**
 * Options: what an executor is made with.
 * @module
 */
import type { Clock } from "../../runtime/clock.ts";
import type { CodeSpans } from "./attempt/spans.ts";
import type { HandlerPermissions } from "./define.ts";
import type { InlineRun } from "./inline.ts";
import type { AttemptOrder } from "./port.ts";

/** The operator's settings. */
export interface ExecutorOptions {
  /** Folder of the handler files; one that does not exist is an empty one, and a problem. */
  readonly handlersDir: string;
  /** Most that any handler may touch; null: what it declares. See catalog/permissions.ts for the rule. */
  readonly permissionsCap: HandlerPermissions | null;
  /** Handlers that may run in the node's process although a cap is set. */
  readonly inlineAllowed: readonly string[];
  /** Workers that share the load of handlers with equal permissions, over all hosts. 0: handlers are described, none is run. */
  readonly workers: number;
  /** V8's bound on the heap of each worker, MiB. */
  readonly heapMiB: number;
  /** Programs that `command` jobs may run: exact names or absolute paths. */
  readonly commandAllow: readonly string[];
  /** Lets `http` jobs reach private, loopback and link-local addresses. */
  readonly httpAllowPrivate: boolean;
  /**
   * Handlers of the program's own, `orrery.…`: they run inline whatever the number of workers, and are in no list.
   * Absent: there are none.
   */
  readonly own?: ReadonlyMap<string, InlineRun>;
  /** The node's name and boot id, for logs and for requests. */
  readonly node: string;
  readonly boot: string;
}

/** Levels of the log. */
export type LogLevel = "debug" | "info" | "warn" | "error";
/** Takes one line for the node's log. */
export type LogLine = (level: LogLevel, message: string, fields: Record<string, unknown>) => void;

/** The world as an executor sees it. */
export interface ExecutorEnv {
  readonly clock: Clock;
  readonly log: LogLine;
  /** A due attempt is handed to its handler, or to a worker that has it. Must not throw. */
  readonly began?: ((order: AttemptOrder) => void) | undefined;
  /** Absent: nothing is traced. */
  readonly spans?: CodeSpans | undefined;
}
