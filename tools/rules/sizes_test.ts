import assert from "node:assert/strict";
import { factsOf } from "./facts.ts";
import { checkShape, checkSizes, describeShape } from "./sizes.ts";

const file = (path: string, text: string) => factsOf({ path, text });
const lines = (count: number) => "const a = 1;\n".repeat(count);

Deno.test("checkSizes() refuses files of more than 400 lines, tests included", () => {
  assert.deepEqual(checkSizes([file("a.ts", lines(400)), file("a_test.ts", lines(400))]), []);
  const found = checkSizes([file("a.ts", lines(401)), file("a_test.ts", lines(401))]);
  assert.deepEqual(found.map((finding) => finding.path), ["a.ts", "a_test.ts"]);
});

Deno.test("checkSizes() refuses functions of more than 60 lines, but not in tests", () => {
  const long = (count: number) => `function f() {\n${lines(count - 2)}}\n`;
  assert.deepEqual(checkSizes([file("a.ts", long(60)), file("a_test.ts", long(99))]), []);
  assert.deepEqual(checkSizes([file("a.ts", `\n${long(61)}`)]), [
    { path: "a.ts", line: 2, problem: "f has 61 lines; at most 60" },
  ]);
});

Deno.test("checkSizes() refuses more than 12 source files in a folder, tests not counted", () => {
  const folder = (count: number) =>
    Array.from({ length: count }, (_, n) => [file(`x/a${n}.ts`, ""), file(`x/a${n}_test.ts`, "")])
      .flat();
  assert.deepEqual(checkSizes(folder(12)), []);
  assert.equal(checkSizes(folder(13))[0]?.path, "x");
});

Deno.test("checkShape() reports the median, the ninetieth percentile and the shares", () => {
  const files = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((count, n) =>
    file(`x/${n}.ts`, lines(count))
  );
  const { report, findings } = checkShape([
    ...files,
    file("y.ts", "/** Doc. */\nexport const a = 1;\n"),
    file("x/0_test.ts", lines(551)),
  ]);
  assert.deepEqual(findings, []);
  assert.equal(report.files, 11);
  assert.equal(report.medianLines, 50);
  assert.equal(report.p90Lines, 90);
  assert.equal(report.testRatio, 1);
  assert.equal(report.documentedShare, 1);
  assert.equal(report.commentShare, 1 / 552);
  assert.match(describeShape(report), /^11 files of 50 lines \(p90 90, max 100\)/);
});

Deno.test("checkShape() finds a median, a percentile and a share that are out of bounds", () => {
  const { findings } = checkShape([
    file("a.ts", lines(300)),
    file("b.ts", `export const b = 1;\n${lines(300)}`),
  ]);
  assert.deepEqual(findings.map((finding) => finding.problem), [
    "median of lines per source file is 300; at most 140",
    "ninetieth percentile of lines per source file is 301; at most 250",
    "export b has no comment",
  ]);
});

Deno.test("checkShape() has an answer for an empty repository", () => {
  assert.deepEqual(checkShape([]).findings, []);
});
