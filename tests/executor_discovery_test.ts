import assert from "node:assert/strict";
import { listHandlerFiles } from "../actors/executor/catalog/discovery.ts";

Deno.test("listHandlerFiles() follows links to files, not to folders, and skips broken ones", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/..data`);
    await Deno.writeTextFile(`${dir}/..data/mounted.ts`, "export default {};");
    await Deno.symlink(`${dir}/..data/mounted.ts`, `${dir}/mounted.ts`);
    await Deno.symlink(`${dir}/nowhere.ts`, `${dir}/broken.ts`);
    await Deno.symlink(dir, `${dir}/circle`);
    await Deno.writeTextFile(`${dir}/plain.ts`, "export default {};");
    const files = await listHandlerFiles(dir);
    assert.deepEqual(files.map(({ file }) => file), ["mounted.ts", "plain.ts"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
