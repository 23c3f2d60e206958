/**
 * Command: what one command of the command line is: its operands, its options, what it becomes, and how it is
 * explained.
 * @module
 */
import { parseArgs } from "node:util";

import type { KeyChoice } from "./credentials.ts";
import { type OptionForm, type OptionName, OPTIONS } from "./options.ts";
import type { World } from "./world.ts";

/** An answer of the API, parsed. */
export type Answer = Readonly<Record<string, unknown>>;

/** What a command's end tells scripts; help.ts says it to people. */
export type ExitCode = 0 | 1 | 2 | 3;

/** The exit codes. */
export const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const;

/** Whom a command asks, and how it tells what it found. */
export interface Asking {
  readonly url: string;
  /** Print JSON, for machines. */
  readonly json: boolean;
  /** The key that the node is shown, as far as the arguments say. */
  readonly credentials: KeyChoice;
}

/** One request, and how to show its answer to people. */
export interface Plan extends Asking {
  readonly kind: "plan";
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly show: (answer: Answer) => string;
  /** What goes on after the answer was shown; null: nothing. */
  readonly next: ((answer: Answer) => ProgramPlan) | null;
}

/** A command that is more than one request. */
export interface ProgramPlan extends Asking {
  readonly kind: "program";
  readonly operands: readonly string[];
  readonly values: Values;
  readonly run: Program;
}

/** Does all of it, printing included. Rejects as the client does, and with an Error for what is wrong with the arguments. */
export type Program = (plan: ProgramPlan, world: World) => Promise<ExitCode>;

const FORMS: typeof OPTIONS & Readonly<Record<string, OptionForm>> = OPTIONS;

/** The options as they were given. */
export type Values = ReturnType<typeof parseCommand>["values"];
/** What a command adds to a plan. */
export type Request =
  & Partial<Pick<Plan, "method" | "headers" | "body">>
  & Pick<Plan, "path" | "show">
  & { readonly next?: (answer: Answer) => Pick<ProgramPlan, "operands" | "run"> };

/** Reads a file's text, or stdin's for `-`; throws when it cannot. */
export type ReadText = (path: string) => string;

/** What a command takes, and how it is explained. */
export interface CommandForm {
  /** Least and most operands… */
  readonly operands: readonly [number, number];
  /** …as help shows them: `NAME [PAYLOAD]`. */
  readonly takes?: string;
  /** Beside the global ones. */
  readonly options: readonly OptionName[];
  /** One line, beginning in lower case. */
  readonly summary: string;
  /** What options mean here, where that is not what they mean elsewhere. */
  readonly meanings?: Readonly<Partial<Record<OptionName, string>>>;
  /** Arguments that work, without the program's name; the first teaches the usual case. */
  readonly examples: readonly [string, ...string[]];
}

/** A command that is one request. */
export interface RequestCommand extends CommandForm {
  readonly request: (operands: readonly string[], values: Values, readText: ReadText) => Request;
}

/** A command that is a program of its own. */
export interface ProgramCommand extends CommandForm {
  readonly run: Program;
}

/** A command. */
export type Command = RequestCommand | ProgramCommand;

/** Commands by their names, of one or two words. */
export type Commands = Readonly<Record<string, Command>>;

/** Reads the arguments; throws where they are no options. */
export function parseCommand(args: readonly string[]) {
  return parseArgs({ args: [...args], options: FORMS, allowPositionals: true });
}

/** The fields that were given. */
export function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The same, or undefined when none was given. */
export function givenAny(
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  const some = given(fields);
  return Object.keys(some).length === 0 ? undefined : some;
}

/** `value` as the JSON that the operand is; `@FILE` and `-` stand for texts elsewhere. Throws when it is none. */
export function readJson(operand: string, value: string, readText?: ReadText): unknown {
  const path = value === "-" ? value : value.startsWith("@") ? value.slice(1) : undefined;
  const text = path !== undefined && readText !== undefined ? readText(path) : value;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${operand} is not JSON: ${text.slice(0, 100)}`);
  }
}

/** `value` as the number that `--option` takes. Throws when it is none. */
export function readNumber(option: string, value: string): number {
  const number = Number(value);
  if (value.trim() === "" || Number.isNaN(number)) throw new Error(`--${option} takes a number`);
  return number;
}

/** `value` as a whole number from 1 to `max`; `fallback` when it was not given. Throws when it is none. */
export function readCount(
  option: string,
  value: string | undefined,
  { fallback, max }: { readonly fallback: number; readonly max: number },
): number {
  if (value === undefined) return fallback;
  const number = readNumber(option, value);
  if (Number.isInteger(number) && number >= 1 && number <= max) return number;
  throw new Error(`--${option} takes a whole number from 1 to ${max}`);
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
