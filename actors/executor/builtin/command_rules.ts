/**
 * CommandRules: which programs a `command` job may run, and what its payload means. Pure.
 *
 * Intuition: there is no shell, so nothing in the arguments is interpreted. The program must be in the operator's
 * list: a bare name there allows that name, found in the node's own PATH; a path allows exactly that path.
 * @module
 */
import { invalid, record, textRecord } from "./payload.ts";

/** A payload, read. */
export interface CommandOrder {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly stdin: string | undefined;
}

const ARGS_MAX = 1_000;
/**
 * Variables by which loaders, shells and interpreters run code, or find another program: with them, whoever may
 * choose the environment of an allowed program could run any other.
 */
const CODE_VARIABLES =
  /^(PATH|LD_.*|DYLD_.*|GCONV_PATH|BASH_ENV|BASH_FUNC_.*|ENV|SHELLOPTS|BASHOPTS|PS4|IFS|PROMPT_COMMAND|ZDOTDIR|NODE_OPTIONS|NODE_PATH|DENO_.*|PYTHON.*|PERL.*|RUBY.*|LUA_.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|GIT_.*|EDITOR|VISUAL|PAGER|ORRERY_.*)$/;

/** A program that the operator does not allow. The same job would be refused again. */
export class CommandRefusedError extends Error {
  override readonly name = "CommandRefusedError";
  readonly retryable = false;
}

/** Reads `{argv, env?, cwd?, stdin?}` and checks the program against `allow`. */
export function readCommandPayload(payload: unknown, allow: readonly string[]): CommandOrder {
  const { argv, env, cwd, stdin } = record("command", payload);
  if (
    !Array.isArray(argv) || argv.length === 0 || argv.length > ARGS_MAX ||
    !argv.every((arg) => typeof arg === "string" && !arg.includes("\0"))
  ) {
    throw invalid(`command: \`argv\` must be a list of 1 to ${ARGS_MAX} texts`);
  }
  const [program, ...args] = argv as [string, ...string[]];
  if (!allow.includes(program) || program.includes("/") && !program.startsWith("/")) {
    throw new CommandRefusedError(
      `the program ${JSON.stringify(program)} is not in executors.command.allow`,
    );
  }
  return {
    program,
    args,
    env: readEnv(env),
    cwd: optionalText(cwd, "cwd"),
    stdin: optionalText(stdin, "stdin"),
  };
}

function readEnv(value: unknown): Record<string, string> {
  const env = textRecord(value, "command: env");
  for (const [name, text] of Object.entries(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || text.includes("\0")) {
      throw invalid(`command: \`env\` holds ${JSON.stringify(name)}, which is not a variable`);
    }
    if (CODE_VARIABLES.test(name)) {
      throw new CommandRefusedError(
        `the variable ${name} may not be set: it can run other programs`,
      );
    }
  }
  return env;
}

function optionalText(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(`command: \`${field}\` must be text`);
  return value;
}
