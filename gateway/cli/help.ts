/**
 * Help: what the command line says of itself, made from its commands and options.
 * @module
 */
import type { CommandForm } from "./command.ts";
import { GLOBAL_OPTIONS, type OptionForm, type OptionName, OPTIONS } from "./options.ts";
import { table } from "./table.ts";

/** How the program is called in its own texts. */
export const PROGRAM = "orrery";

/** Commands that belong together. */
export interface Section {
  readonly title: string;
  readonly commands: Readonly<Record<string, CommandForm>>;
}

const EXIT_TEXT = `Exit codes:
  0  done
  1  refused, or it did not end well: a watched job failed, some of many were refused
  2  wrong arguments
  3  no answer, or the node is full or draining: try again`;

/** All commands, one line each. */
export function overview(sections: readonly Section[]): string {
  const width = Math.max(
    ...sections.flatMap(({ commands }) =>
      Object.entries(commands).map(([name, form]) => call(name, form).length)
    ),
  );
  const lines = sections.map(({ title, commands }) =>
    [
      `${title}:`,
      ...Object.entries(commands).map(([name, form]) =>
        `  ${call(name, form).padEnd(width)}  ${form.summary}`
      ),
    ].join("\n")
  );
  return [
    `Usage: ${PROGRAM} COMMAND [OPTION…]      (${PROGRAM} is \`deno task cli\`, or the compiled binary)`,
    ...lines,
    `Everywhere:\n${optionLines(GLOBAL_OPTIONS, {})}`,
    EXIT_TEXT,
    `${PROGRAM} COMMAND --help says more, with an example.`,
  ].join("\n\n");
}

/** One command: its options, and examples. */
export function helpOf(name: string, form: CommandForm): string {
  const options = form.options.length === 0 ? "" : " [OPTION…]";
  return [
    `${PROGRAM} ${call(name, form)}${options}`,
    `${form.summary.charAt(0).toUpperCase()}${form.summary.slice(1)}.`,
    `Example:\n${form.examples.map((example) => `  ${PROGRAM} ${example}`).join("\n")}`,
    ...(form.options.length === 0
      ? []
      : [`Options:\n${optionLines(form.options, form.meanings ?? {})}`]),
    `Everywhere:\n${optionLines(GLOBAL_OPTIONS, {})}`,
  ].join("\n\n");
}

function call(name: string, { takes }: CommandForm): string {
  return takes === undefined ? name : `${name} ${takes}`;
}

function optionLines(
  names: readonly OptionName[],
  meanings: Readonly<Partial<Record<OptionName, string>>>,
): string {
  return table(names.map((name) => {
    const { takes, what }: OptionForm = OPTIONS[name];
    return [`  --${name}${takes === undefined ? "" : ` ${takes}`}`, meanings[name] ?? what];
  }));
}
