/**
 * Credentials: which key the command line shows to a node.
 *
 * In this order: `--key`, `--key-file`, `ORRERY_KEY`, `ORRERY_KEY_FILE`. A key on the command line is seen by
 * everyone who may list the machine's processes; a file is not.
 * @module
 */
import type { ReadText } from "./command.ts";

/** What the arguments say of it. */
export interface KeyChoice {
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
}

/** The variables of the environment that count. */
export type KeyEnvironment = Readonly<Record<"ORRERY_KEY" | "ORRERY_KEY_FILE", string | undefined>>;

const KEY = /^[\x21-\x7e]+$/;

/** The key; undefined when there is none. Throws, without repeating it, when it cannot be one or its file not be read. */
export function chosenKey(
  { key, keyFile }: KeyChoice,
  env: KeyEnvironment,
  readText: ReadText,
): string | undefined {
  if (key !== undefined && keyFile !== undefined) {
    throw new Error("--key and --key-file exclude each other");
  }
  if (key !== undefined) return checked(key, "--key");
  if (keyFile !== undefined) return checked(readText(keyFile), keyFile);
  if (env.ORRERY_KEY) return checked(env.ORRERY_KEY, "ORRERY_KEY");
  if (env.ORRERY_KEY_FILE) return checked(readText(env.ORRERY_KEY_FILE), env.ORRERY_KEY_FILE);
  return undefined;
}

function checked(text: string, source: string): string {
  const key = text.trim();
  if (!KEY.test(key)) throw new Error(`${source} does not hold a key`);
  return key;
}
