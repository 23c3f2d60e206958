/**
 * Discovery: finds the handler files and has each described in a sandbox of a process of its own.
 *
 * Intuition: a handler's top level may do anything, so it is run where it can do nothing: in a worker without
 * permissions, in an executor-host that is thrown away afterwards. If a file kills even that host, the
 * file that was announced last is to blame, and a fresh host goes on behind it.
 *
 * Not here: judging what was found (catalog.ts).
 * @module
 */
import type { Clock } from "../../../runtime/clock.ts";
import type { HostLimits } from "../host/events.ts";
import { HostProcess } from "../pool/host_process.ts";
import type { HostEvent } from "../pool/protocol.ts";
import type { FoundModule } from "./catalog.ts";

/** Most handler files of one folder; beyond it something else than handlers was configured. */
const FILES_MAX = 2_000;
const HANDLER_FILE = /\.(ts|js|mjs)$/;
const IGNORED_NAME = /^[_.]|_test\.(ts|js|mjs)$|\.d\.ts$|^node_modules$/;

/** A handler file. */
export interface HandlerFile {
  /** Relative to the folder, with `/`. */
  readonly file: string;
  readonly url: string;
}

/** Tells whether a folder or file of this name is looked at: not `_…`, `.…`, `*_test.*`, `*.d.ts`, `node_modules`. */
export function isCandidate(name: string, isFile: boolean): boolean {
  return !IGNORED_NAME.test(name) && (!isFile || HANDLER_FILE.test(name));
}

/** The handler files below `dir`, in the order of their paths. Rejects when `dir` cannot be read. */
export async function listHandlerFiles(dir: string): Promise<HandlerFile[]> {
  const root = await Deno.realPath(dir);
  const files: HandlerFile[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory, ...entry } of Deno.readDir(`${root}/${folder}`)) {
      // Mounted configuration often consists of links to files; links to folders could go in circles.
      const isFile = entry.isFile ||
        (entry.isSymlink && await isFileBehind(`${root}/${folder}${name}`));
      if (!isCandidate(name, isFile) || files.length >= FILES_MAX) continue;
      if (isDirectory) await walk(`${folder}${name}/`);
      else if (isFile) files.push({ file: folder + name, url: urlOf(`${root}/${folder}${name}`) });
    }
  };
  await walk("");
  return files.sort((a, b) => a.file < b.file ? -1 : 1);
}

/** Tells whether the link at `path` leads to a file; one that leads nowhere does not. */
async function isFileBehind(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/** `files` with what each exports; a file that hangs or kills its sandbox is a problem of its own. */
export async function describeFiles(
  files: readonly HandlerFile[],
  { clock, heapMiB }: { clock: Clock; heapMiB: number },
): Promise<FoundModule[]> {
  const found = new Map<string, FoundModule["outcome"]>();
  let left = files.map(({ url }) => url);
  while (left.length > 0) {
    await describeInHost(left, { clock, heapMiB, found });
    left = files.map(({ url }) => url).filter((url) => !found.has(url));
  }
  const missing = { kind: "failed", problem: "it was not described" } as const;
  return files.map(({ file, url }) => ({ file, url, outcome: found.get(url) ?? missing }));
}

/** One host's work. Resolves when it ends; then at least one more of `urls` is in `found`. */
function describeInHost(
  urls: readonly string[],
  { clock, heapMiB, found }: {
    readonly clock: Clock;
    readonly heapMiB: number;
    readonly found: Map<string, FoundModule["outcome"]>;
  },
): Promise<void> {
  return new Promise((resolve) => {
    let current = urls[0];
    let complete = false;
    const hear = (event: HostEvent): void => {
      if (event.kind === "describing") current = event.url;
      if (event.kind === "described") found.set(event.url, event.result);
      if (event.kind === "describe-ended") {
        complete = true;
        process.kill();
      }
    };
    const process = new HostProcess(describeLimits(heapMiB), {
      clock,
      listener: {
        up: () => process.send({ kind: "describe", urls }),
        said: (batch) => batch.forEach(hear),
        down: ({ description }) => {
          if (!complete && current !== undefined && !found.has(current)) {
            const problem = `importing it ended its sandbox: ${description}`;
            found.set(current, { kind: "failed", problem });
          }
          resolve();
        },
      },
    });
  });
}

function describeLimits(heapMiB: number): HostLimits {
  return {
    size: { active: 0, spare: 0 },
    seatsMax: 0,
    warmProfilesMax: 0,
    recycleAfter: 1,
    heapMiB,
    solo: false,
    graceMs: 0,
  };
}

/** The `file:` URL of an absolute path; every character that means something in URLs is escaped. */
function urlOf(path: string): string {
  return new URL(`file://${path.split("/").map(encodeURIComponent).join("/")}`).href;
}
