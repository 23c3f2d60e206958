import assert from "node:assert/strict";
import { factsOf } from "./facts.ts";
import { checkWords } from "./words.ts";

const problems = (path: string, text: string) =>
  checkWords(factsOf({ path, text })).map((finding) => `${finding.line}: ${finding.problem}`);

Deno.test("checkWords() finds unfinished work at its own line of a long comment", () => {
  for (const word of ["TO" + "DO", "FIX" + "ME", "X" + "XX"]) {
    assert.match(problems("a.ts", `/*\n * ${word}: later\n */`)[0] ?? "", /^2: /);
  }
});

Deno.test("checkWords() finds rules that are switched off", () => {
  for (const word of ["@ts-" + "ignore", "@ts-" + "expect-error", "deno-" + "lint-ignore no-x"]) {
    assert.equal(problems("a.ts", `const a = 1;\n// ${word}\nconst b = 1;`).length, 1, word);
  }
});

Deno.test("checkWords() leaves the same words alone in strings and inside longer words", () => {
  assert.deepEqual(problems("a.ts", `const a = "TO` + `DO"; // METHODOLOGY, todos`), []);
});

Deno.test("checkWords() finds the type any", () => {
  assert.match(problems("a.ts", "\nlet a: any;")[0] ?? "", /^2: `any`/);
});

Deno.test("checkWords() refuses names that say nothing", () => {
  for (
    const path of [
      "utils.ts",
      "x/helper.ts",
      "x/common/a.ts",
      "x/types_test.ts",
      "x/test.ts",
      "a.test.ts",
    ]
  ) {
    assert.equal(problems(path, "").length, 1, path);
  }
  for (const path of ["x/prototypes.ts", "commonmark.ts", "x/type.ts", "x/latest.ts"]) {
    assert.deepEqual(problems(path, ""), [], path);
  }
});
