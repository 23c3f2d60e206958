/**
 * Files: the folder that a store's file lies in, and what the file system has against it.
 *
 * SQLite opens a file that it may only read, and fails later with a code that says nothing ("disk
 * I/O error"). So when opening fails, the file system is asked what is wrong. Not before: that would
 * be work at every start. The store's own file is never opened here, because closing it would drop
 * the locks that this process holds on it.
 * @module
 */
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { FaultCode } from "../../../fault.ts";

const CODES: ReadonlyMap<string, FaultCode> = new Map([
  ["EROFS", "read-only"],
  ["EACCES", "read-only"],
  ["EPERM", "read-only"],
  ["ENOSPC", "full"],
]);

/** Makes the folder of `path`, and those above it. */
export function makeFolder(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
}

/** Why no store can be written at `path`; undefined when the file system has nothing against it. */
export function fileProblem(path: string): { code: FaultCode; message: string } | undefined {
  const probe = `${path}-probe`;
  try {
    makeFolder(path);
    if (existsSync(path)) accessSync(path, constants.W_OK);
    closeSync(openSync(probe, "w"));
    rmSync(probe);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { code: CODES.get(code ?? "") ?? "unavailable", message };
  }
}
