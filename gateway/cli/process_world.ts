/**
 * ProcessWorld: this process as the world of a command: its streams, files, environment and clocks.
 * @module
 */
import type { InputLine, LineInput, World } from "./world.ts";

const CLEAR_LINE = "\r\x1b[K";

function readText(path: string): string {
  if (path !== "-") return Deno.readTextFileSync(path);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (let read = Deno.stdin.readSync(buffer); read !== null; read = Deno.stdin.readSync(buffer)) {
    text += decoder.decode(buffer.subarray(0, read), { stream: true });
  }
  return text + decoder.decode();
}

async function openLines(path: string): Promise<LineInput> {
  if (path === "-") return { bytes: null, lines: linesOf(Deno.stdin.readable) };
  const file = await Deno.open(path);
  const { size, isFile } = await file.stat();
  return { bytes: isFile ? size : null, lines: linesOf(file.readable) };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<InputLine> {
  const decoder = new TextDecoder();
  let rest = "";
  let bytesRead = 0;
  for await (const chunk of stream) {
    bytesRead += chunk.length;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) yield { text, bytesRead };
  }
  if (rest !== "") yield { text: rest, bytesRead };
}

function jsonFiles(path: string): readonly string[] | undefined {
  if (!Deno.statSync(path).isDirectory) return undefined;
  const names = [...Deno.readDirSync(path)].filter(({ isFile, name }) =>
    isFile && name.endsWith(".json")
  ).map(({ name }) => name);
  return names.sort().map((name) => `${path.replace(/\/+$/, "")}/${name}`);
}

function showStatus(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(CLEAR_LINE + text));
}

/** This process, as the world of a command. */
export const PROCESS_WORLD: World = {
  print: console.log,
  complain: console.error,
  status: Deno.stderr.isTerminal() ? showStatus : null,
  env: (name) => Deno.env.get(name),
  fetch,
  readText,
  openLines,
  jsonFiles,
  wallMs: Date.now,
  nowMs: () => performance.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
};
