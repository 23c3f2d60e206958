/**
 * KeyCommand: `key create`: a new API key, and the line with its hash for `security.keys`.
 *
 * The key is printed once and kept nowhere.
 * @module
 */
import { EXIT, type ProgramCommand, type Values } from "../command.ts";
import type { World } from "../world.ts";
import { SCOPES } from "../../auth/access.ts";
import { hashOfKey } from "../../auth/key_ring.ts";
import { parseDuration } from "../../../runtime/duration.ts";
import { parseInstant } from "../../schemas/instant.ts";

/** Tells what leaked text is, to people and to programs that look for secrets. */
const PREFIX = "orrery_";
/** Random bytes of a key: more than anybody can try. */
const KEY_BYTES = 32;
const NAME = /^[A-Za-z0-9._-]{1,100}$/;
const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;
const RATE = /^([1-9]\d{0,5})\/(\S+)$/;

/** The command. */
export const KEY_COMMAND: ProgramCommand = {
  operands: [0, 0],
  summary: "make an API key, and the line with its hash for security.keys (asks no node)",
  options: ["name", "scopes", "namespaces", "expires", "rate"],
  meanings: { name: "whose it is; the audit log names it", rate: "requests per span, like 100/1s" },
  examples: ["key create --name ci --scopes read,write --expires 90d"],
  run: ({ values, json }, world) => {
    const { key, entry } = newApiKey(values, world);
    world.print(
      json
        ? JSON.stringify({ key, entry })
        : `${key}\n\nThis is the key: it is shown once and kept nowhere. ` +
          `For security.keys in cluster.json:\n\n${JSON.stringify(entry)}`,
    );
    return Promise.resolve(EXIT.done);
  },
};

function newApiKey(
  { name, scopes, namespaces, expires, rate }: Values,
  { wallMs, randomBytes }: World,
) {
  const key = PREFIX +
    randomBytes(KEY_BYTES).toBase64({ alphabet: "base64url", omitPadding: true });
  const entry = {
    name: readName(name),
    sha256: hashOfKey(key),
    scopes: readList("scopes", scopes, (scope) => SCOPES.some((known) => known === scope)),
    ...(namespaces !== undefined && {
      namespaces: readList("namespaces", namespaces, (one) => NAMESPACE.test(one)),
    }),
    ...(expires !== undefined && { expires: readExpiry(expires, wallMs()) }),
    ...(rate !== undefined && { rate: readRate(rate) }),
  };
  return { key, entry };
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
