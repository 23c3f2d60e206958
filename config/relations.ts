/**
 * Relations: what the sections must fulfil together, and what this version can't do yet.
 *
 * A field that is understood and would be ignored is refused: whoever sets it counts on it.
 * @module
 */
import { formatEndpoint, isLoopback } from "./endpoint.ts";
import type { Config } from "./schema.ts";

/** One thing that is wrong, at a path like `queues.mail.rate` or a flag like `--http`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** How many roles there are. */
const ROLES = 2;

/** The sections that are right by themselves. */
export type KnownSections = Partial<Config>;

/** Everything that the right sections break among themselves. */
export function checkRelations(config: KnownSections): Problem[] {
  return [
    ...unsafe(config),
    ...contradictory(config),
    ...alertsAmiss(config),
    ...keysAmiss(config),
  ];
}

/** Tells whether whoever calls the API must show something. */
export function asksForKeys({ keys, jwt }: Config["security"]): boolean {
  return keys.length > 0 || jwt !== null;
}

function* unsafe({ node, security }: KnownSections): Generator<Problem> {
  if (node === undefined || security === undefined) return;
  if (isLoopback(node.http.host) || security.insecure || asksForKeys(security)) return;
  yield {
    path: "node.http",
    message: `other machines can reach ${formatEndpoint(node.http)} and no key is asked for: ` +
      "listen on 127.0.0.1, make keys (deno task cli key create) for security.keys, or say " +
      "--insecure when the network itself keeps strangers out",
  };
}

function* contradictory({ node, store, security }: KnownSections): Generator<Problem> {
  if (node === undefined) return;
  if (new Set(node.roles).size < node.roles.length) {
    yield { path: "node.roles", message: "names a role twice" };
  }
  if (node.peer === null && node.seeds.length > 0) {
    yield {
      path: "node.seeds",
      message: "nodes are joined through node.peer: set --peer HOST:PORT",
    };
  }
  if (node.peer === null && new Set(node.roles).size < ROLES) {
    yield {
      path: "node.roles",
      message: "a node that is alone does everything: set --peer, or leave the roles out",
    };
  }
  if (node.peer === null) return;
  if (store !== undefined && !store.url.startsWith("redis")) {
    yield {
      path: "node.peer",
      message: "nodes of a cluster share one store: set --store redis://HOST:PORT",
    };
  }
  if (security !== undefined && security.curve === null && !isLoopback(node.peer.host)) {
    yield {
      path: "node.peer",
      message: `other machines can reach ${formatEndpoint(node.peer)} and no key is asked for: ` +
        "set security.curve (deno task cli keygen makes keys)",
    };
  }
}

/** Rules that tell nobody, or share a name: their incidents would be one. */
function* alertsAmiss({ alerts }: KnownSections): Generator<Problem> {
  if (alerts === undefined) return;
  const names = new Set<string>();
  for (const [at, { name, channels }] of alerts.rules.entries()) {
    for (const channel of channels) {
      if (Object.hasOwn(alerts.channels, channel)) continue;
      yield { path: `alerts.rules[${at}].channels`, message: `there is no channel ${channel}` };
    }
    if (names.has(name)) {
      yield { path: `alerts.rules[${at}].name`, message: `${name} names an earlier rule` };
    }
    names.add(name);
  }
}

/** Keys that can't be told apart, and an audit log that nobody would see. */
function* keysAmiss({ security, log }: KnownSections): Generator<Problem> {
  if (security === undefined) return;
  const seen = new Set<string>();
  for (const [at, { name, sha256 }] of security.keys.entries()) {
    if (seen.has(name)) {
      yield { path: `security.keys[${at}].name`, message: `${name} names an earlier key` };
    }
    if (seen.has(sha256)) {
      yield { path: `security.keys[${at}].sha256`, message: "is that of an earlier key" };
    }
    seen.add(name).add(sha256);
  }
  const audited = security.audit === "log" || (security.audit === null && asksForKeys(security));
  if (audited && (log?.level === "warn" || log?.level === "error")) {
    yield {
      path: "security.audit",
      message:
        `its lines would not be printed at log.level ${log.level}: name a file:PATH, or none`,
    };
  }
}
