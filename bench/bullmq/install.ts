/**
 * Install: gets the competitor's packages from npm, once, into `data/bench-peers`.
 *
 * @module
 */
import { PACKAGES } from "./library.ts";

const FOLDER = "data/bench-peers";

/** Installs the pinned packages unless they are there; throws with npm's own words when it can't. */
export async function installBullMq(): Promise<void> {
  const wanted = JSON.stringify({ private: true, dependencies: PACKAGES });
  if (await readText(`${FOLDER}/installed.json`) === wanted) return;
  await Deno.mkdir(FOLDER, { recursive: true });
  await Deno.writeTextFile(`${FOLDER}/package.json`, wanted);
  const { success, stderr } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--silent"],
    cwd: FOLDER,
    stdin: "null",
  }).output();
  if (!success) {
    throw new Error(`npm install of BullMQ failed: ${new TextDecoder().decode(stderr)}`);
  }
  await Deno.writeTextFile(`${FOLDER}/installed.json`, wanted);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return undefined;
  }
}
