/**
 * Command: what one command of the command line is: its operands, its options, and the request that they become.
 * @module
 */
import { parseArgs } from "node:util";

import type { KeyChoice } from "./credentials.ts";

/** An answer of the API, parsed. */
export type Answer = Readonly<Record<string, unknown>>;

/** One request, and how to show its answer to people. */
export interface Plan {
  readonly kind: "plan";
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Show the answer as it came, for machines. */
  readonly json: boolean;
  readonly url: string;
  /** The key that the node is shown, as far as the arguments say. */
  readonly credentials: KeyChoice;
  readonly show: (answer: Answer) => string;
}

const text = { type: "string" } as const;
// One namespace for all commands: an option means the same wherever it is taken.
export const OPTIONS = {
  "url": text,
  "json": { type: "boolean" },
  "help": { type: "boolean" },
  "id": text,
  "queue": text,
  "priority": text,
  "delay": text,
  "run-at": text,
  "timeout": text,
  "attempts": text,
  "tag": { type: "string", multiple: true },
  "idempotency-key": text,
  "key": text,
  "key-file": text,
  "payload": text,
  "unique": text,
  "window": text,
  "on-conflict": text,
  "debounce": text,
  "wait": text,
  "max-wait": text,
  "throttle": text,
  "state": text,
  "name": text,
  "order": text,
  "limit": text,
  "cursor": text,
  "after": text,
  "cron": text,
  "every": text,
  "rrule": text,
  "timezone": text,
  "start-at": text,
  "end-at": text,
  "count": text,
  "jitter": text,
  "overlap": text,
  "misfire": text,
  "exclude": { type: "string", multiple: true },
  "exclude-calendar": { type: "string", multiple: true },
  "note": text,
  "pause": { type: "boolean" },
  "resume": { type: "boolean" },
  "concurrency": text,
  "rate": text,
  "key-concurrency": text,
  "key-rate": text,
  "for": text,
  "status": text,
} as const;

/** The options as they were given. */
export type Values = ReturnType<typeof parseCommand>["values"];
/** What a command adds to a plan. */
export type Request =
  & Partial<Pick<Plan, "method" | "headers" | "body">>
  & Pick<Plan, "path" | "show">;

/** Reads a file's text; throws when it cannot. */
export type ReadText = (path: string) => string;

/** What a command takes, and the request it becomes. */
export interface Command {
  /** Least and most operands. */
  readonly operands: readonly [number, number];
  /** Beside --url, --json, --key and --key-file. */
  readonly options: readonly (keyof typeof OPTIONS)[];
  readonly request: (operands: readonly string[], values: Values, readText: ReadText) => Request;
}

/** Reads the arguments; throws where they are no options. */
export function parseCommand(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

/** The body of a submission; the API validates it. Throws when a number or the payload cannot be read. */
export function submission(
  { name, payload, values }: { name: string; payload: string | undefined; values: Values },
): Record<string, unknown> {
  return {
    name,
    ...(payload !== undefined && { payload: readJson("PAYLOAD", payload) }),
    ...(values.id !== undefined && { id: values.id }),
    ...(values.queue !== undefined && { queue: values.queue }),
    ...(values.priority !== undefined && { priority: readNumber("priority", values.priority) }),
    ...(values.delay !== undefined && { delay: values.delay }),
    ...(values["run-at"] !== undefined && { runAt: values["run-at"] }),
    ...(values.timeout !== undefined && { timeout: values.timeout }),
    ...(values.attempts !== undefined &&
      { retry: { attempts: readNumber("attempts", values.attempts) } }),
    ...(values.tag !== undefined && { tags: values.tag }),
    ...sharedKey(values),
  };
}

/** The key that the job shares, and its rule. */
function sharedKey(values: Values): Record<string, unknown> {
  const { unique, window, debounce, wait, throttle, every } = values;
  const onConflict = values["on-conflict"];
  const maxWait = values["max-wait"];
  return {
    ...(unique !== undefined && { unique: given({ key: unique, window, onConflict }) }),
    ...(debounce !== undefined && { debounce: given({ key: debounce, wait, maxWait }) }),
    ...(throttle !== undefined && { throttle: given({ key: throttle, every }) }),
  };
}

/** The fields that were given. */
export function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** `value` as the JSON that the operand is. Throws when it is none. */
export function readJson(operand: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new Error(`${operand} is not JSON: ${value.slice(0, 100)}`);
  }
}

/** `value` as the number that `--option` takes. Throws when it is none. */
export function readNumber(option: string, value: string): number {
  const number = Number(value);
  if (value.trim() === "" || Number.isNaN(number)) throw new Error(`--${option} takes a number`);
  return number;
}

/** Options that were not given are left out, so that the defaults of the API hold. */
export function queryText(values: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.set(name, value);
  }
  return query.size === 0 ? "" : `?${query}`;
}

/** The part of a request that sends `value` as JSON. */
export function jsonBody(value: unknown): Pick<Request, "body" | "headers"> {
  return { body: JSON.stringify(value), headers: { "content-type": "application/json" } };
}
