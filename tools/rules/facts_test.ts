import assert from "node:assert/strict";
import { factsOf } from "./facts.ts";

const facts = (text: string) => factsOf({ path: "runtime/a.ts", text });

Deno.test("factsOf() finds static, dynamic, type-only and re-exported imports", () => {
  const { imports } = facts(
    `import { a } from "./a.ts";\nimport type { B } from "./b.ts";\n` +
      `export { c } from "./c.ts";\nconst d = await import("./d.ts");\n`,
  );
  assert.deepEqual(imports, [
    { line: 1, text: "./a.ts" },
    { line: 2, text: "./b.ts" },
    { line: 3, text: "./c.ts" },
    { line: 4, text: "./d.ts" },
  ]);
});

Deno.test("factsOf() measures functions of every form, from their first line to their last brace", () => {
  const { functions } = facts(
    `function a() {\n  return "}";\n}\nconst b = () => {\n};\n` +
      `class C {\n  constructor() {}\n  get d() {\n    return 1;\n  }\n}\n[1].map((x) => x);\n`,
  );
  assert.deepEqual(functions.map(({ name, line, lines }) => [name, line, lines]), [
    ["a", 1, 3],
    ["b", 4, 2],
    ["constructor", 7, 1],
    ["d", 8, 3],
    ["(anonymous)", 12, 1],
  ]);
});

Deno.test("factsOf() leaves out overloads and abstract signatures, which have no body", () => {
  const { functions, exports } = facts(
    `/** Doc. */\nexport function a(x: string): void;\nexport function a(x: number): void;\n` +
      `export function a(_x: unknown) {}\n`,
  );
  assert.equal(functions.length, 1);
  assert.deepEqual(exports.map(({ name, documented }) => [name, documented]), [["a", true]]);
});

Deno.test("factsOf() tells which exports are documented", () => {
  const { exports } = facts(
    `/** Says so. */\nexport const a = 1;\nexport interface B {}\n// not a doc comment\n` +
      `export type C = string;\n/** Default. */\nexport default {};\nconst inner = 2;\n` +
      `export { inner };\n`,
  );
  assert.deepEqual(exports.map(({ name, line, documented }) => [name, line, documented]), [
    ["a", 2, true],
    ["B", 3, false],
    ["C", 5, false],
  ]);
});

Deno.test("factsOf() counts comment, code and blank lines, whatever strings contain", () => {
  const { lines, commentLines, codeLines } = facts(
    `/**\n * Header.\n */\n\nconst a = "/* not a comment */"; // trailing\n` +
      "const b = `\n// text\n`;\n// alone\n",
  );
  assert.deepEqual({ lines, commentLines, codeLines }, { lines: 9, commentLines: 4, codeLines: 4 });
});

Deno.test("factsOf() sees comments inside empty blocks and at the end of the file", () => {
  const { comments } = facts(`function a() {\n  // nothing to do\n}\n// the end\n`);
  assert.deepEqual(comments, [
    { line: 2, text: "// nothing to do" },
    { line: 4, text: "// the end" },
  ]);
});

Deno.test("factsOf() finds the type any and not the word", () => {
  const { anys } = facts(`const any = "any";\nlet a: any;\nlet b: Array<any>;\n// any\n`);
  assert.deepEqual(anys.map(({ line }) => line), [2, 3]);
});

Deno.test("factsOf() finds everything impure", () => {
  const impure: readonly [string, string][] = [
    ["async function f() {}", "async"],
    ["await 1;", "await"],
    ["Date.now();", "Date.now"],
    ["new Date();", "new Date()"],
    ["new Date;", "new Date()"],
    ["Math.random();", "Math.random"],
    ["Temporal.Now.instant();", "Temporal.Now"],
    ["setTimeout(f, 1);", "setTimeout"],
    ["queueMicrotask(f);", "queueMicrotask"],
    ["Deno.exit();", "Deno"],
    ["console.log(1);", "console"],
    ["crypto.randomUUID();", "crypto"],
    ["performance.now();", "performance"],
    ["const t = { setTimeout };", "setTimeout"],
  ];
  for (const [text, word] of impure) {
    assert.deepEqual(facts(text).impurities.map((one) => one.text), [word], text);
  }
});

Deno.test("factsOf() takes neither members nor names for impure", () => {
  const pure = [
    "new Date(1);",
    "Math.floor(1);",
    "env.console.log(1);",
    "const a = { crypto: 1, fetch: 2 };",
    "interface A { performance: number; fetch(): void }",
    "Date.parse('2027-01-01');",
    "const p: Promise<void> = q;",
  ];
  for (const text of pure) assert.deepEqual(facts(text).impurities, [], text);
});
