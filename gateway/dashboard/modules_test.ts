/** The dashboard's modules, which nothing compiles, held against their own types. */
import assert from "node:assert/strict";
import { ts } from "../../tools/rules/deps.ts";

const APP = new URL("./app.js", import.meta.url).pathname;

Deno.test("the dashboard's modules are what their JSDoc says, as browsers see it", () => {
  const program = ts.createProgram([APP], {
    ...{ allowJs: true, checkJs: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ strict: true, noImplicitAny: false, useUnknownInCatchVariables: false },
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  });
  const wrong = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
    return `${file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
  assert.deepEqual(wrong, []);
});
