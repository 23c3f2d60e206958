/**
 * Commands: what the command line can do, as data: from arguments to a plan.
 *
 * Intuition: nearly every command is one request of the API, so the command line can do nothing that the API
 * cannot, and is tested without a server. Those that are more than one request, or none, are programs.
 *
 * Not here: sending, printing, exit codes (execute.ts).
 * @module
 */
import {
  type Command,
  type Commands,
  EXIT,
  parseCommand,
  type Plan,
  type ProgramCommand,
  type ProgramPlan,
  type ReadText,
} from "./command.ts";
import { helpOf, overview, type Section } from "./help.ts";
import { completionScript, SHELLS } from "./offline/completion.ts";
import { KEY_COMMAND } from "./offline/key_command.ts";
import { KEYGEN_COMMAND } from "./offline/keygen.ts";
import { GLOBAL_OPTIONS } from "./options.ts";
import { ALERT_COMMANDS } from "./requests/alert_commands.ts";
import { CALENDAR_COMMANDS } from "./requests/calendar_commands.ts";
import { FLOW_COMMANDS } from "./requests/flow_commands.ts";
import { JOB_COMMANDS } from "./requests/job_commands.ts";
import { NODE_COMMANDS } from "./requests/node_commands.ts";
import { QUEUE_COMMAND } from "./requests/queue_command.ts";
import { SCHEDULE_COMMANDS } from "./requests/schedule_commands.ts";
import { WEBHOOK_COMMANDS } from "./requests/webhook_commands.ts";
import { RUN_COMMANDS } from "./runs/run_commands.ts";

/** Why there is no plan: wrong arguments, or a wish for help or the version. */
export type NoPlan =
  | {
    readonly kind: "usage";
    /** Null: help was wished for. */
    readonly problem: string | null;
    /** The command that it is about; null: none. */
    readonly command: string | null;
  }
  | { readonly kind: "version" };

const COMPLETION_COMMAND: ProgramCommand = {
  operands: [1, 1],
  takes: SHELLS.join("|"),
  summary: "print what makes the shell complete commands and options",
  options: [],
  examples: ["completion bash"],
  run: ({ operands: [asked] }, world) => {
    const shell = SHELLS.find((known) => known === asked);
    if (shell === undefined) throw new Error(`completion takes ${SHELLS.join(", ")}`);
    world.print(completionScript(shell, COMMANDS));
    return Promise.resolve(EXIT.done);
  },
};

const { watch, import: importJobs, apply, bench } = RUN_COMMANDS;

const SECTIONS: readonly (Section & { readonly commands: Commands })[] = [
  { title: "Jobs", commands: { ...JOB_COMMANDS, watch, import: importJobs } },
  { title: "Queues", commands: { queue: QUEUE_COMMAND } },
  { title: "Schedules", commands: { ...SCHEDULE_COMMANDS, apply, ...CALENDAR_COMMANDS } },
  { title: "Flows", commands: FLOW_COMMANDS },
  { title: "Alerts", commands: ALERT_COMMANDS },
  { title: "Webhooks", commands: WEBHOOK_COMMANDS },
  { title: "Nodes", commands: { ...NODE_COMMANDS, bench } },
  {
    title: "Keys and this program",
    commands: {
      "key create": KEY_COMMAND,
      "keygen": KEYGEN_COMMAND,
      "completion": COMPLETION_COMMAND,
    },
  },
];

/** Every command by its name. */
export const COMMANDS: Commands = Object.assign({}, ...SECTIONS.map(({ commands }) => commands));
/** The words that begin commands of two words. */
const GROUPS: ReadonlySet<string> = new Set(
  Object.keys(COMMANDS).filter((name) => name.includes(" ")).map((name) => name.split(" ")[0]!),
);

/** How it is used: the command, or all of them. */
export function helpText(name: string | null): string {
  return name === null ? overview(SECTIONS) : helpOf(name, COMMANDS[name]!);
}

/** Reads the arguments, and files that they name; `defaultUrl` is used where they name none. */
export function planCommand(
  args: readonly string[],
  defaultUrl: string,
  readText: ReadText = Deno.readTextFileSync,
): Plan | ProgramPlan | NoPlan {
  let command: string | null = null;
  try {
    const parsed = parseCommand(args);
    const [name, operands] = nameOf(parsed.positionals);
    const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    command = found === undefined ? null : name;
    const { values } = parsed;
    if (values.version === true) return { kind: "version" };
    if (values.help === true || name === "") return { kind: "usage", problem: null, command };
    if (found === undefined) throw new Error(`unknown command: ${name}`);
    return plan(name, found, { operands, values, defaultUrl, readText });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { kind: "usage", problem, command };
  }
}

function nameOf(positionals: readonly string[]): [name: string, operands: readonly string[]] {
  const words = GROUPS.has(positionals[0] ?? "") ? 2 : 1;
  return [positionals.slice(0, words).join(" "), positionals.slice(words)];
}

interface Arguments {
  readonly operands: readonly string[];
  readonly values: ReturnType<typeof parseCommand>["values"];
  readonly defaultUrl: string;
  readonly readText: ReadText;
}

/** Commands first, then operands, then options: the message names the first thing that is wrong. */
function plan(
  name: string,
  command: Command,
  { operands, values, defaultUrl, readText }: Arguments,
): Plan | ProgramPlan {
  const [least, most] = command.operands;
  if (operands.length < least || operands.length > most) {
    throw new Error(`${name} takes ${least === most ? least : `${least} to ${most}`} operands`);
  }
  const known: readonly string[] = [...GLOBAL_OPTIONS, ...command.options];
  const stray = Object.keys(values).find((option) => !known.includes(option));
  if (stray !== undefined) throw new Error(`${name} takes no --${stray}`);
  const asking = {
    json: values.json ?? false,
    url: values.url ?? defaultUrl,
    credentials: { key: values.key, keyFile: values["key-file"] },
  };
  const program = { ...asking, kind: "program", operands, values } as const;
  if ("run" in command) return { ...program, run: command.run };
  const { next, ...request } = command.request(operands, values, readText);
  return {
    ...{ kind: "plan", method: "GET", headers: {}, body: null },
    ...asking,
    ...request,
    next: next === undefined ? null : (answer) => ({ ...program, values: {}, ...next(answer) }),
  };
}
