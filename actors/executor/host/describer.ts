/**
 * Describer: has handler files described in a sandbox, and finds the one that hangs or ends it.
 *
 * Intuition: one worker describes all files, each announced before it is imported. If the worker falls
 * silent or dies, the announced file is to blame; a fresh worker goes on behind it. If memory kills the
 * whole host, the node does the same one level up (pool/discovery.ts).
 * @module
 */
import { NO_PERMISSIONS } from "../catalog/permissions.ts";
import type { DescribeMessage } from "../worker/describe.ts";
import { describeEntry } from "./entry.ts";

/** A file whose top level takes longer is a problem, ms. The first file also waits for the worker to start. */
const FILE_MS_MAX = 5_000;

/** Describes `urls` in order; `tell` hears about each one, then `describe-ended`, once. */
export async function describeAll(
  urls: readonly string[],
  tell: (message: DescribeMessage) => void,
): Promise<void> {
  let left = urls;
  while (left.length > 0) {
    const described = await describeUntilStuck(left, tell);
    const culprit = left[described];
    if (culprit !== undefined) {
      const problem = `it cannot be imported: its top level did not end within ${FILE_MS_MAX} ms`;
      tell({ kind: "described", url: culprit, result: { kind: "failed", problem } });
    }
    left = left.slice(described + 1);
  }
  tell({ kind: "describe-ended" });
}

/** Runs one worker over `urls`; resolves with how many it described before it ended or got stuck. */
function describeUntilStuck(
  urls: readonly string[],
  tell: (message: DescribeMessage) => void,
): Promise<number> {
  return new Promise((resolve) => {
    const worker = new Worker(describeEntry(urls), {
      type: "module",
      name: "describe",
      deno: { permissions: { ...NO_PERMISSIONS } as Deno.PermissionOptionsObject },
    });
    let described = 0;
    const finish = () => {
      clearTimeout(timer);
      worker.terminate();
      resolve(described);
    };
    let timer = setTimeout(finish, FILE_MS_MAX);
    worker.onerror = (event) => {
      event.preventDefault();
      finish();
    };
    worker.onmessage = ({ data }: MessageEvent<DescribeMessage>) => {
      clearTimeout(timer);
      timer = setTimeout(finish, FILE_MS_MAX);
      if (data.kind === "describe-ended") return finish();
      if (data.kind === "described") described++;
      tell(data);
    };
  });
}
