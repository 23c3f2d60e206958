import assert from "node:assert/strict";
import { NO_PERMISSIONS } from "../catalog/permissions.ts";
import { describeEntry, handlerEntry } from "./entry.ts";

const textOf = (url: string) => decodeURIComponent(url.replace("data:text/javascript,", ""));

Deno.test("handlerEntry() names each file in an import of its own, whatever it is called", () => {
  const url = "file:///h/a%22%27%3B.ts";
  const text = textOf(handlerEntry({
    id: "p",
    permissions: NO_PERMISSIONS,
    modules: [{ name: 'quo"te', url }, { name: "b", url: "file:///h/b.ts" }],
  }));
  assert.match(text, /^import\{boot\}from "file:.*\/worker\/boot\.ts";boot\(\[/);
  assert.ok(text.includes(`["quo\\"te",()=>import("${url}")]`));
  assert.ok(text.includes(`["b",()=>import("file:///h/b.ts")]`));
});

Deno.test("describeEntry() is a module of its own kind", () => {
  const text = textOf(describeEntry(["file:///h/a.ts"]));
  assert.match(text, /describeFiles\(\[\["file:\/\/\/h\/a\.ts",\(\)=>import\("file:.*"\)\]\]\);$/);
});
