/**
 * Keygen: `keygen FILE`: a new key file for the nodes of a cluster.
 * @module
 */
import type { ProgramCommand } from "../command.ts";
import { keyFileText, newKeyPair } from "../../../runtime/transport/zmq/key_file.ts";

/** The command. */
export const KEYGEN_COMMAND: ProgramCommand = {
  operands: [1, 1],
  takes: "FILE",
  summary: "make a key file for the nodes of a cluster (asks no node)",
  options: [],
  examples: ["keygen cluster.key"],
  run: async ({ operands }, world) => {
    const { code, text } = await keygen(operands);
    (code === 0 ? world.print : world.complain)(text);
    return code;
  },
};

/** Only its owner may read a secret. */
const MODE = 0o600;

/** What is printed, and the exit code: 0 written, 1 not written, 2 wrong arguments. */
export interface KeygenResult {
  readonly code: 0 | 1 | 2;
  readonly text: string;
}

/** Writes a new key pair to the file that `args` name; never over an existing one. */
export async function keygen(args: readonly string[]): Promise<KeygenResult> {
  const [path, ...rest] = args;
  if (path === undefined || path.startsWith("-") || rest.length > 0) {
    return { code: 2, text: "Usage: deno task cli keygen FILE" };
  }
  const pair = await newKeyPair();
  try {
    await Deno.writeTextFile(path, keyFileText(pair), { createNew: true, mode: MODE });
  } catch (error) {
    const why = error instanceof Deno.errors.AlreadyExists
      ? "it exists already, and a key is never overwritten"
      : error instanceof Error
      ? error.message
      : String(error);
    return { code: 1, text: `${path} was not written: ${why}` };
  }
  return {
    code: 0,
    text: `${path} is written: copy it to each node and set security.curve.secretKeyFile.\n` +
      `public key: ${pair.publicKey}`,
  };
}
