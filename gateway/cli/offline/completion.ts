/**
 * Completion: `completion SHELL`: what makes a shell complete commands and options, made from their table.
 *
 * Ids and names are not completed: that would ask a node at every keystroke.
 * @module
 */
import type { Commands } from "../command.ts";
import { PROGRAM } from "../help.ts";
import { GLOBAL_OPTIONS, type OptionForm, type OptionName, OPTIONS } from "../options.ts";

/** The shells. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** The script for `shell`. */
export function completionScript(shell: (typeof SHELLS)[number], commands: Commands): string {
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      return zsh(commands);
    case "fish":
      return fish(commands);
  }
}

/** The first words of commands, and of those that have one the second words. */
function words(commands: Commands) {
  const names = Object.keys(commands);
  const first = [...new Set(names.map((name) => name.split(" ", 1)[0]!))];
  const second = new Map<string, string[]>();
  for (const name of names) {
    const [group, word] = name.split(" ");
    if (word !== undefined) second.set(group!, [...second.get(group!) ?? [], word]);
  }
  return { first, second };
}

function optionsOf(commands: Commands, name: string): OptionName[] {
  return [...commands[name]?.options ?? [], ...GLOBAL_OPTIONS];
}

/** The words that an option takes, when there are no others. */
function choices(option: OptionName): string[] | undefined {
  const { takes }: OptionForm = OPTIONS[option];
  return takes !== undefined && /^[a-z-]+(\|[a-z-]+)+$/.test(takes) ? takes.split("|") : undefined;
}

function bash(commands: Commands): string {
  const { first, second } = words(commands);
  const chosen = (Object.keys(OPTIONS) as OptionName[]).flatMap((option) => {
    const some = choices(option);
    return some === undefined ? [] : [`    --${option}) words="${some.join(" ")}" ;;`];
  });
  return `# ${PROGRAM} completion for bash: source <(${PROGRAM} completion bash)
_${PROGRAM}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=""
  case "$before" in
${chosen.join("\n")}
    --key-file) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$word")); return
  fi
  if [[ $word != -* ]]; then
    case "$COMP_CWORD:\${COMP_WORDS[1]}" in
      1:*) words="${first.join(" ")}" ;;
${[...second].map(([group, rest]) => `      2:${group}) words="${rest.join(" ")}" ;;`).join("\n")}
      *) COMPREPLY=($(compgen -f -- "$word")); return ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word")); return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${
    Object.keys(commands).map((name) =>
      `    "${name}"${name.includes(" ") ? "" : `" "*`}) words="${
        optionsOf(commands, name).map((option) => `--${option}`).join(" ")
      }" ;;`
    ).join("\n")
  }
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _${PROGRAM} ${PROGRAM}
`;
}

function zsh(commands: Commands): string {
  const { first, second } = words(commands);
  const described = (group: string | null) =>
    (group === null ? first : second.get(group)!).map((word) => {
      const name = group === null ? word : `${group} ${word}`;
      return `    ${quoted(`${word}:${commands[name]?.summary ?? `what ${word}s can do`}`)}`;
    }).join("\n");
  const specs = Object.keys(commands).map((name) => {
    const options = optionsOf(commands, name).map((option) => {
      const { takes, what, multiple }: OptionForm = OPTIONS[option];
      const some = choices(option);
      const files = option === "key-file" ? "_files" : "";
      const value = takes === undefined
        ? ""
        : `:value:${some === undefined ? files : `(${some.join(" ")})`}`;
      return quoted(
        `${multiple ? "*" : ""}--${option}[${what.replaceAll(/[[\]:]/g, "\\$&")}]${value}`,
      );
    });
    return `    ${quoted(name)}) _arguments ${options.join(" ")} '*:operand:_files' ;;`;
  });
  const groups = [...second.keys()];
  return `#compdef ${PROGRAM}
# ${PROGRAM} completion for zsh: source <(${PROGRAM} completion zsh), or a file _${PROGRAM} in $fpath
_${PROGRAM}() {
  local -a first second
  first=(
${described(null)}
  )
  if (( CURRENT == 2 )); then _describe command first; return; fi
  local command=$words[2]
  case $command in
${
    groups.map((group) =>
      `    ${group})
  second=(
${described(group)}
  )
      if (( CURRENT == 3 )); then _describe command second; return; fi
      command="$command $words[3]" ;;`
    ).join("\n")
  }
  esac
  case $command in
${specs.join("\n")}
  esac
}
compdef _${PROGRAM} ${PROGRAM}
`;
}

function fish(commands: Commands): string {
  const { first, second } = words(commands);
  const lines = [`# ${PROGRAM} completion for fish: ${PROGRAM} completion fish | source`];
  const complete = `complete -c ${PROGRAM}`;
  for (const word of first) {
    const summary = commands[word]?.summary ?? "";
    lines.push(`${complete} -n __fish_use_subcommand -f -a ${word} -d ${quoted(summary)}`);
  }
  for (const [group, rest] of second) {
    for (const word of rest) {
      const seen = `'__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${
        rest.join(" ")
      }'`;
      const summary = commands[`${group} ${word}`]!.summary;
      lines.push(`${complete} -n ${seen} -f -a ${word} -d ${quoted(summary)}`);
    }
  }
  for (const name of Object.keys(commands)) {
    const seen = name.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
    for (const option of optionsOf(commands, name)) {
      const { takes, what }: OptionForm = OPTIONS[option];
      const some = choices(option);
      const value = takes === undefined
        ? ""
        : some === undefined
        ? " -r"
        : ` -x -a '${some.join(" ")}'`;
      lines.push(`${complete} -n '${seen.join("; and ")}' -l ${option}${value} -d ${quoted(what)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** As one word of any of the shells. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
