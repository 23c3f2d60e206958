/**
 * FakeWorld: a world of memory for the command line, over a gateway or over scripted answers.
 * @module
 */
import type { World } from "../world.ts";

/** A world, and what was shown in it. */
export interface WorldUnderTest {
  readonly world: World;
  readonly printed: string[];
  readonly complaints: string[];
  readonly statuses: string[];
}

/** What a test gives of the world; `files` are texts by their paths. */
export type WorldParts = Partial<World> & { readonly files?: Readonly<Record<string, string>> };

/** A world in which time stands still and nothing answers, but for what `parts` say. */
export function fakeWorld({ files = {}, ...parts }: WorldParts = {}): WorldUnderTest {
  const printed: string[] = [];
  const complaints: string[] = [];
  const statuses: string[] = [];
  const readText = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error(`no such file: ${path}`);
    return text;
  };
  const world: World = {
    print: (line) => void printed.push(line),
    complain: (line) => void complaints.push(line),
    status: (text) => void statuses.push(text),
    env: () => undefined,
    fetch: () => Promise.reject(new TypeError("connection refused")),
    readText,
    openLines: (path) => {
      const text = readText(path);
      return Promise.resolve({ bytes: text.length, lines: linesOf(text) });
    },
    jsonFiles: (path) => {
      if (!path.endsWith("/")) return undefined;
      return Object.keys(files).filter((name) => name.startsWith(path)).sort();
    },
    wallMs: () => 0,
    nowMs: () => 0,
    wait: () => Promise.resolve(),
    randomBytes: (count) => new Uint8Array(count),
    ...parts,
  };
  return { world, printed, complaints, statuses };
}

async function* linesOf(text: string) {
  let bytesRead = 0;
  for (const line of text.split("\n")) {
    bytesRead += line.length + 1;
    yield await Promise.resolve({ text: line, bytesRead });
  }
}
