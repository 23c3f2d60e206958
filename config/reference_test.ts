import assert from "node:assert/strict";
import page from "../docs/configuration.md" with { type: "text" };
import schemaFile from "../docs/cluster.schema.json" with { type: "text" };
import sample from "../cluster.json" with { type: "json" };
import { fieldReferences, schemaFileText, withReferenceTable } from "./reference.ts";

Deno.test("docs/configuration.md and docs/cluster.schema.json are current (deno task docs)", () => {
  assert.equal(withReferenceTable(page), page);
  assert.ok(page.includes("| `retention.failed` |"), "the page has lost its marks");
  assert.equal(schemaFile, schemaFileText());
});

Deno.test("fieldReferences() documents every field of the sample", () => {
  const documented = new Set(fieldReferences().map((field) => field.path));
  const paths: string[] = [];
  const walk = (value: unknown, path: string) => {
    const leaf = typeof value !== "object" || value === null || Array.isArray(value) ||
      documented.has(path);
    if (leaf) return void paths.push(path);
    for (const [name, inner] of Object.entries(value as object)) {
      walk(inner, path === "" ? name : `${path}.${name === "default" ? "*" : name}`);
    }
  };
  const { $schema: _, ...fields } = sample;
  walk(fields, "");
  assert.ok(paths.length > 25);
  for (const path of paths) assert.ok(documented.has(path), path);
});

Deno.test("fieldReferences() gives type, default, unit and relation", () => {
  const field = fieldReferences().find((one) => one.path === "executors.heapMiB");
  assert.deepEqual(field, {
    path: "executors.heapMiB",
    type: "integer, 64 to 65536",
    fallback: "`512`",
    unit: "MiB",
    about: "Heap of one worker; an attempt that needs more fails alone.",
  });
});

Deno.test("withReferenceTable() leaves a page without marks alone", () => {
  assert.equal(withReferenceTable("# Page\n"), "# Page\n");
});
