import assert from "node:assert/strict";
import { parseCommand } from "./command.ts";
import { COMMANDS, helpText, planCommand } from "./commands.ts";
import { OPTIONS } from "./options.ts";

/** The words of a shell's line: quotes of one kind hold words together. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
}

Deno.test("every example of every command is one that the command takes", () => {
  for (const [name, { examples }] of Object.entries(COMMANDS)) {
    for (const example of examples) {
      const words = shellWords(example);
      assert.ok(example.startsWith(name), example);
      const plan = planCommand(words, "http://node:1", () => "{}");
      assert.notEqual(plan.kind, "usage", `${example}: ${JSON.stringify(plan)}`);
    }
  }
});

Deno.test("help of every command shows its example and its options", () => {
  for (const [name, { examples, options }] of Object.entries(COMMANDS)) {
    const help = helpText(name);
    assert.ok(help.includes(`orrery ${examples[0]}`), name);
    for (const option of options) assert.ok(help.includes(`--${option} `), `${name} ${option}`);
    assert.ok(helpText(null).includes(`  ${name} `), name);
  }
});

Deno.test("every option is taken by a command or by all", () => {
  const taken = new Set<string>([
    ...["url", "key", "key-file", "json", "help", "version"],
    ...Object.values(COMMANDS).flatMap(({ options }) => options),
  ]);
  assert.deepEqual(Object.keys(OPTIONS).filter((option) => !taken.has(option)), []);
});

Deno.test("parseCommand() reads words, repeated options and flags", () => {
  const { values, positionals } = parseCommand(["a", "--tag", "x", "--tag=y", "--json", "b"]);
  assert.deepEqual([values.tag, values.json, positionals], [["x", "y"], true, ["a", "b"]]);
  assert.throws(() => parseCommand(["--nope"]), /nope/);
});
