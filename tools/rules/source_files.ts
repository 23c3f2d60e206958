/**
 * SourceFiles: the TypeScript files of the repository, as the gate's checkers read them.
 *
 * @module
 */
import type { SourceFile } from "./facts.ts";

const FOLDERS_SKIPPED: ReadonlySet<string> = new Set(["node_modules", "data", "coverage"]);

/** Reads every `.ts` file below `root`, hidden folders and packages left out, in the order of their paths. */
export function readSourceFiles(root: string): SourceFile[] {
  const files: SourceFile[] = [];
  const walk = (folder: string): void => {
    for (const entry of Deno.readDirSync(`${root}/${folder}`)) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory && !FOLDERS_SKIPPED.has(entry.name)) walk(path);
      if (entry.isFile && entry.name.endsWith(".ts")) {
        files.push({ path, text: Deno.readTextFileSync(`${root}/${path}`) });
      }
    }
  };
  walk("");
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
