/**
 * Security: the section `security`: who may use the API, how often, and what is written down of it.
 *
 * @module
 */
import { z } from "../deps.ts";
import { isLoopback } from "./endpoint.ts";
import { duration, field, instant, name } from "./values.ts";

const DAY_MS = 86_400_000;

const scope = z.enum(["read", "write", "admin"]);

const rate = z.strictObject({
  requests: field(z.int().min(1).max(1_000_000), {
    description: "Requests per `per`.",
    unit: "requests",
  }),
  per: field(duration({ minMs: 1, maxMs: DAY_MS }).prefault("1s"), {
    description: "The span that `requests` is for.",
    unit: "duration",
  }),
  burst: field(z.int().min(1).max(1_000_000).nullable().default(null), {
    description: "Requests that may come at once after a pause; null: as many as `requests`.",
    unit: "requests",
  }),
}).transform(({ requests, per, burst }) => ({ requests, perMs: per, burst: burst ?? requests }));

const limit = (whose: string) =>
  field(rate.nullable().prefault(null), {
    description: `How often ${whose} may ask, over all nodes together; null: no limit. ` +
      "Each job of a `POST /jobs` counts as well.",
  });

const namespace = z.string().regex(
  /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/,
  "must be the name of a queue: 1 to 100 of A-Z a-z 0-9 . _ : -",
);

const key = z.strictObject({
  name: field(name(), {
    description: "Who uses the key: in the audit log.",
    relation: "Unique among the keys.",
  }),
  sha256: field(z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hex digits in lower case"), {
    description: "SHA-256 of the key, hex: the key itself is never written down.",
  }),
  scopes: field(z.array(scope).min(1), {
    description:
      "What the key allows: `read`, `write` (jobs, schedules, flows), `admin` (queues, nodes). None contains another.",
  }),
  namespaces: field(z.array(namespace).min(1).max(100).nullable().default(null), {
    description:
      "What it is good for: `billing` means the queues `billing` and `billing.…`, and what goes through them. null: everything.",
  }),
  expires: field(instant().nullable().prefault(null), {
    description: "When it ends, as in `2027-01-01T00:00:00Z`; null: never.",
  }),
  rate: limit("it"),
});

const jwt = z.strictObject({
  jwks: field(
    z.string().max(2_000).refine(isKeySetPlace, "must be https://… or the path of a file"),
    {
      description:
        "Where the issuer's public keys are: an `https://` URL (`http://` on this machine only), or a file.",
    },
  ),
  issuer: field(z.string().min(1).max(2_000), { description: "What `iss` must be." }),
  audience: field(z.string().min(1).max(2_000), { description: "What `aud` must be, or contain." }),
  algorithms: field(
    z.array(z.enum(["RS256", "ES256", "EdDSA"])).min(1).default(["RS256", "ES256", "EdDSA"]),
    { description: "Signatures that are accepted." },
  ),
  scopesClaim: field(z.string().min(1).max(200).default("scope"), {
    description: "The claim that holds the scopes: text divided by spaces, or a list.",
  }),
  scopePrefix: field(z.string().max(200).default("orrery:"), {
    description: "What the scopes begin with there: `orrery:read`. Others are somebody else's.",
  }),
  namespacesClaim: field(z.string().min(1).max(200).nullable().default(null), {
    description:
      "The claim that holds the namespaces, a list that every token must have then; null: tokens are good for everything.",
  }),
  leeway: field(duration({ minMs: 0, maxMs: 300_000 }).prefault("30s"), {
    description: "How far the issuer's clock may be from ours.",
    unit: "duration",
  }),
  rate: limit("each subject"),
}).transform(({ leeway, ...rest }) => ({ ...rest, leewayMs: leeway }));

/** The section. */
export const security = z.strictObject({
  keys: field(z.array(key).max(1_000).prefault([]), {
    description:
      "API keys; `deno task cli key create` makes them. Without any, and without `security.jwt`, no key is asked for.",
    relation: "The same on all nodes.",
  }),
  jwt: field(jwt.nullable().prefault(null), {
    description: "Tokens of an identity provider that are good as keys; null: none.",
  }),
  audit: field(
    z.string().regex(/^(log|none|file:[^\0]+)$/, "must be log, none or file:PATH").nullable()
      .default(null),
    {
      description:
        "Where it is written down who changed what: `log`, `none` or `file:PATH`. null: `log` where keys are asked for, else `none`.",
      relation: "`log` needs `log.level` `info` or `debug`.",
    },
  ),
  curve: field(
    z.strictObject({ secretKeyFile: z.string().min(1), allowed: z.array(z.string()) })
      .nullable().default(null),
    { description: "CURVE keys of the nodes' own connections; null: none." },
  ),
  insecure: field(z.boolean().default(false), {
    description: "Accept that anyone who reaches `node.http` may do anything.",
    relation: "Needed for an address that other machines can reach while no key is asked for.",
  }),
}).prefault({});

/** Keys that anyone on the way could replace prove nothing. */
function isKeySetPlace(text: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text.length > 0 && !text.includes("\0");
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username } = new URL(text);
  if (username !== "") return false;
  return protocol === "https:" ||
    (protocol === "http:" && isLoopback(hostname.replaceAll(/[[\]]/g, "")));
}
