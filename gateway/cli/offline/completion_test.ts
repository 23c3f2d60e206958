import assert from "node:assert/strict";
import { COMMANDS } from "../commands.ts";
import { completionScript, SHELLS } from "./completion.ts";

Deno.test("completion knows every command and every option", () => {
  for (const shell of SHELLS) {
    const script = completionScript(shell, COMMANDS);
    for (const [name, { options }] of Object.entries(COMMANDS)) {
      for (const word of name.split(" ")) assert.ok(script.includes(word), `${shell} ${name}`);
      for (const option of options) assert.ok(script.includes(option), `${shell} --${option}`);
    }
  }
});

/** What bash offers for `words`, the last of which is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const script = completionScript("bash", COMMANDS) +
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})\n` +
    `COMP_CWORD=${words.length - 1}\n_orrery\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`;
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["--norc", "-c", script],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test("completion in bash offers commands, options and what options take", async () => {
  assert.deepEqual(await offered("orrery", "sub"), ["submit"]);
  assert.ok((await offered("orrery", "schedule", "")).includes("backfill"));
  assert.deepEqual(await offered("orrery", "submit", "mail", "--deb"), ["--debounce"]);
  assert.deepEqual(await offered("orrery", "schedule", "create", "x", "--dst-g"), ["--dst-gap"]);
  assert.deepEqual(await offered("orrery", "submit", "a", "--on-conflict", "k"), ["keep"]);
});
