/**
 * KeyCommand: `deno task cli key create`: a new API key, and the line with its hash for `security.keys`.
 *
 * The key is printed once and kept nowhere. It asks no node, so it is not one of the commands that are requests.
 * @module
 */
import { parseArgs } from "node:util";
import { SCOPES } from "../auth/access.ts";
import { hashOfKey } from "../auth/key_ring.ts";
import { parseDuration } from "../../runtime/duration.ts";
import { parseInstant } from "../schemas/instant.ts";

/** What is printed, and the exit code: 0 made, 2 wrong arguments. */
export interface KeyResult {
  readonly code: 0 | 2;
  readonly text: string;
}

/** What the outside gives. */
export interface KeyWorld {
  readonly nowMs: number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Tells what leaked text is, to people and to programs that look for secrets. */
const PREFIX = "orrery_";
/** Random bytes of a key: more than anybody can try. */
const KEY_BYTES = 32;
const NAME = /^[A-Za-z0-9._-]{1,100}$/;
const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;
const RATE = /^([1-9]\d{0,5})\/(\S+)$/;
const USAGE = `Usage: deno task cli key create --name NAME --scopes read,write,admin
    --namespaces NAME,…   only the queues of these names, and below them at a dot
    --expires 90d | TIME  --rate 100/1s    --json`;

const text = { type: "string" } as const;
const OPTIONS = {
  ...{ name: text, scopes: text, namespaces: text, expires: text, rate: text },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parse>["values"];

/** Makes a key as `args` (after `key`) say. */
export function keyCommand(args: readonly string[], world: KeyWorld): KeyResult {
  try {
    const { values, positionals } = parse(args);
    const asked = positionals.join(" ");
    if (values.help === true) return { code: 2, text: USAGE };
    if (asked !== "create") {
      throw new Error(asked === "" ? "create is missing" : `unknown: ${asked}`);
    }
    return created(values, world);
  } catch (error) {
    return { code: 2, text: `${error instanceof Error ? error.message : error}\n\n${USAGE}` };
  }
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

function created(values: Values, { nowMs, randomBytes }: KeyWorld): KeyResult {
  const key = PREFIX +
    randomBytes(KEY_BYTES).toBase64({ alphabet: "base64url", omitPadding: true });
  const entry = {
    name: readName(values.name),
    sha256: hashOfKey(key),
    scopes: readList("scopes", values.scopes, (scope) => SCOPES.some((known) => known === scope)),
    ...(values.namespaces !== undefined && {
      namespaces: readList("namespaces", values.namespaces, (one) => NAMESPACE.test(one)),
    }),
    ...(values.expires !== undefined && { expires: readExpiry(values.expires, nowMs) }),
    ...(values.rate !== undefined && { rate: readRate(values.rate) }),
  };
  if (values.json === true) return { code: 0, text: JSON.stringify({ key, entry }) };
  return {
    code: 0,
    text: `${key}\n\nThis is the key: it is shown once and kept nowhere. ` +
      `For security.keys in cluster.json:\n\n${JSON.stringify(entry)}`,
  };
}

function readName(name: string | undefined): string {
  if (name !== undefined && NAME.test(name)) return name;
  throw new Error("--name takes 1 to 100 of A-Z a-z 0-9 . _ -");
}

function readList(
  option: string,
  given: string | undefined,
  isOne: (part: string) => boolean,
): readonly string[] {
  const parts = (given ?? "").split(",").map((part) => part.trim());
  if (parts.every(isOne)) return [...new Set(parts)];
  throw new Error(
    option === "scopes"
      ? `--scopes takes ${SCOPES.join(", ")}, divided by commas`
      : `--${option} takes names of queues, divided by commas`,
  );
}

/** A span from now on, or a moment to come. */
function readExpiry(given: string, nowMs: number): string {
  const spanMs = parseDuration(given);
  const ms = spanMs === undefined ? parseInstant(given) : nowMs + spanMs;
  if (ms === undefined || ms <= nowMs) {
    throw new Error(
      "--expires takes a span like 90d, or a moment to come like 2030-01-01T00:00:00Z",
    );
  }
  return new Date(ms).toISOString();
}

function readRate(given: string): { readonly requests: number; readonly per: string } {
  const [, requests, per = ""] = RATE.exec(given) ?? [];
  const perMs = parseDuration(per);
  if (requests === undefined || perMs === undefined || perMs < 1) {
    throw new Error("--rate takes requests per span, like 100/1s");
  }
  return { requests: Number(requests), per };
}
