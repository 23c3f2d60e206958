/**
 * Address: the three kinds of Redis that a store can be kept in, as URLs.
 *
 *     redis://[USER:PASSWORD@]HOST:PORT[/DB]                      one server; rediss:// through TLS
 *     redis-sentinel://[USER:PASSWORD@]HOST:PORT,…/NAME[/DB]      the primary that Sentinels call NAME
 *     redis-cluster://[USER:PASSWORD@]HOST:PORT,…                 a Redis Cluster, through any of its nodes
 *
 * Several hosts are no URL to the platform's parser, hence one of our own. Passwords are percent-decoded; no message
 * repeats any of the text (RS2).
 * @module
 */
import { Fault } from "../../fault.ts";

/** Where one server listens. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Who one is to the server. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** An address, taken apart; a single server's URL is read by the client. */
export type RedisAddress =
  | { readonly kind: "single"; readonly url: string }
  | {
    readonly kind: "sentinel";
    readonly sentinels: readonly HostPort[];
    readonly name: string;
    readonly db: number;
    readonly credentials: Credentials;
  }
  | {
    readonly kind: "cluster";
    readonly nodes: readonly HostPort[];
    readonly credentials: Credentials;
  };

const SINGLE = /^rediss?:\/\/[^/]/;
const SEVERAL =
  /^redis-(sentinel|cluster):\/\/(?:([^:@/]*):([^@/]*)@)?([^@/]+)(?:\/([^/]+))?(?:\/(\d+))?$/;
const HOST = /^(\[[0-9a-fA-F:]+\]|[^:[\]]+):(\d{1,5})$/;

/** Tells whether `url` is meant for Redis, well-formed or not. */
export function isRedisUrl(url: string): boolean {
  return /^redis(s|-cluster|-sentinel)?:\/\//.test(url);
}

/** The address in `url`; throws a `mismatch` Fault (`store.open`) that says which form is expected. */
export function parseRedisUrl(url: string): RedisAddress {
  if (SINGLE.test(url)) return { kind: "single", url };
  const [, kind, username, password, hosts = "", name, db = "0"] = SEVERAL.exec(url) ?? [];
  if (kind === "sentinel" && name !== undefined) {
    const credentials = credentialsOf(username, password);
    return { kind, sentinels: hostsOf(hosts), name, db: Number(db), credentials };
  }
  if (kind === "cluster" && name === undefined) {
    return { kind, nodes: hostsOf(hosts), credentials: credentialsOf(username, password) };
  }
  throw unreadable();
}

function hostsOf(text: string): HostPort[] {
  return text.split(",").map((part) => {
    const [, host, port] = HOST.exec(part) ?? [];
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535) throw unreadable();
    return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  });
}

function credentialsOf(username: string | undefined, password: string | undefined): Credentials {
  try {
    return {
      ...(username ? { username: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
    };
  } catch {
    throw unreadable();
  }
}

function unreadable(): Fault {
  const message = "the store's address can't be read: use redis://HOST:PORT/DB, " +
    "redis-sentinel://HOST:PORT,HOST:PORT/NAME or redis-cluster://HOST:PORT,HOST:PORT";
  return new Fault("store.open", "mismatch", { message });
}
