/**
 * The node's guard and audit log, as the configuration wants them.
 * @module
 */
import { asksForKeys } from "../config/relations.ts";
import type { Config } from "../config/schema.ts";
import { Audit, type AuditSink } from "../gateway/audit/audit.ts";
import { AuditFile } from "../gateway/audit/audit_file_driver.ts";
import type { Security } from "../gateway/auth/guard.ts";
import { KeyRing } from "../gateway/auth/key_ring.ts";
import { keyReader } from "../gateway/auth/jwt/key_reader_driver.ts";
import { KeySource } from "../gateway/auth/jwt/key_source_driver.ts";
import { JwtVerifier } from "../gateway/auth/jwt/verifier_driver.ts";
import type { Peers } from "../gateway/feeds/peers.ts";
import { RateLimiter } from "../gateway/rates/rate_limiter_driver.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/telemetry/log.ts";

/** What stands between callers and services. */
export interface NodeSecurity {
  /** Undefined: nobody is asked for a key. */
  readonly security: Security | undefined;
  /** Undefined: nothing is written down. */
  readonly audit: Audit | undefined;
  /** Goes on in a new audit file of the same name: for rotation. */
  readonly reopen: () => void;
  /** Writes what waits. */
  readonly close: () => Promise<void>;
}

/** What it is made with; `gateways`: the other nodes that answer the API, undefined when this one is alone. */
export interface NodeSecurityOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateways: Peers | undefined;
}

/** Puts it together. Throws when the audit file cannot be opened. */
export function openSecurity(options: NodeSecurityOptions): NodeSecurity {
  const { config: { security }, clock, log } = options;
  const where = security.audit ?? (asksForKeys(security) ? "log" : "none");
  if (where === "none") {
    const close = () => Promise.resolve();
    return { security: securityOf(options), audit: undefined, reopen: () => {}, close };
  }
  if (where === "log") {
    const sink: AuditSink = (line) => log("info", "a request that changes something", line);
    const close = () => Promise.resolve();
    const audit = new Audit({ clock, sink });
    return { security: securityOf(options), audit, reopen: () => {}, close };
  }
  const tell = (level: "info" | "error", message: string) =>
    log(level, message, { event: "audit.file" });
  const file = new AuditFile({ path: where.slice("file:".length), clock, tell });
  return {
    security: securityOf(options),
    audit: new Audit({ clock, sink: (line) => file.write(line) }),
    reopen: () => file.reopen(),
    close: () => file.close(),
  };
}

function securityOf(
  { config: { security }, clock, log, gateways }: NodeSecurityOptions,
): Security | undefined {
  if (!asksForKeys(security)) return undefined;
  const { keys, jwt } = security;
  return {
    keys: new KeyRing(keys.map(({ expires, ...key }) => ({ ...key, expiresMs: expires }))),
    jwt: jwt === null ? undefined : verifierOf(jwt, { clock, log }),
    limiter: new RateLimiter({ clock, peers: gateways }),
  };
}

/** The key set is read now, so that the first token need not wait. */
function verifierOf(
  { jwks, ...rules }: NonNullable<Config["security"]["jwt"]>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): JwtVerifier {
  const failed = (why: string) =>
    log("warn", "the key set of the tokens' issuer cannot be read", {
      ...{ event: "jwks.failed", jwks, why },
    });
  const keys = new KeySource({ clock, read: keyReader(jwks), failed });
  void keys.fresh();
  return new JwtVerifier(rules, { keys, clock });
}
