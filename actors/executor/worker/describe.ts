/**
 * Describe: imports handler files in a worker without any permission and says what they export.
 *
 * Intuition: reading a definition means running the file's top level, and that is foreign code. It gets
 * nothing to touch, and each file is announced before it is imported, so that whoever waits knows which
 * one hangs or kills.
 *
 * Not here: judging what was found (catalog/description.ts), time-outs (host/describer.ts).
 * @module
 */
import { reportOf } from "../attempt/failure.ts";
import { encodeJson } from "../attempt/json.ts";
import type { RawDescription } from "../catalog/description.ts";
import type { DescribeResult } from "../pool/protocol.ts";
import { lockDown } from "./sandbox.ts";

/** A file's URL and what imports it. */
export type FileImport = readonly [url: string, load: () => Promise<unknown>];

/** What the worker posts: a file is begun, it is done, all are done. */
export type DescribeMessage =
  | { readonly kind: "describing"; readonly url: string }
  | { readonly kind: "described"; readonly url: string; readonly result: DescribeResult }
  | { readonly kind: "describe-ended" };

/** Longest JSON text of one field of a definition. */
const FIELD_CHARS_MAX = 16 * 1024;

/** Describes `files` one after another. */
export async function describeFiles(files: readonly FileImport[]): Promise<void> {
  const scope = globalThis as unknown as { postMessage(message: DescribeMessage): void };
  const post = scope.postMessage.bind(scope);
  lockDown(() => {});
  // Errors of one file's timers and promises must not end the worker that describes the others.
  for (const type of ["unhandledrejection", "error"]) {
    addEventListener(type, (event) => event.preventDefault());
  }
  for (const [url, load] of files) {
    post({ kind: "describing", url });
    post({ kind: "described", url, result: await describeOne(load) });
  }
  post({ kind: "describe-ended" });
}

async function describeOne(load: () => Promise<unknown>): Promise<DescribeResult> {
  try {
    return { kind: "described", raw: rawDescription(await load()) };
  } catch (error) {
    const { name, message } = reportOf(error);
    const hint = name === "NotCapable"
      ? " (a file's top level runs without permissions; do this inside `run`)"
      : "";
    return { kind: "failed", problem: `it cannot be imported: ${name}: ${message}${hint}` };
  }
}

/** The default export's plain fields; `run` by its type. Getters may throw: the caller catches. */
function rawDescription(module: unknown): RawDescription {
  const definition = (module as { default?: unknown }).default;
  if (definition === undefined) return { exportType: "none", runType: "undefined", fields: {} };
  if (typeof definition !== "object" || definition === null) {
    const exportType = definition === null ? "null" : typeof definition;
    return { exportType, runType: "undefined", fields: {} };
  }
  const fields: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(definition)) {
    if (field !== "run" && value !== undefined) fields[field] = plain(value);
  }
  return {
    exportType: "object",
    runType: typeof (definition as { run?: unknown }).run,
    fields,
  };
}

/** `value` as JSON sees it; `[function]` and the like for what JSON cannot hold. */
function plain(value: unknown): unknown {
  try {
    return JSON.parse(encodeJson(value, { charsMax: FIELD_CHARS_MAX, what: "a field" }));
  } catch {
    return `[${typeof value}]`;
  }
}
