/**
 * Serve: a gateway on a TCP port.
 *
 * Known limit: the platform's server waits for a request's headers without a time limit (bodies are
 * timed by the gateway), and answers malformed HTTP itself, with a bare 400. A node that faces the
 * open internet belongs behind a proxy.
 * @module
 */
import type { Gateway } from "./gateway.ts";
import { STOP_GRACE_MS } from "./limits.ts";

/** Where and how to listen. */
export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** How long a stop waits for requests under way, ms. Beyond it they are cut. */
  readonly stopGraceMs?: number;
}

/** A gateway that listens. */
export interface ServedGateway {
  /** E.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** Refuses new work, ends streams, waits for requests under way, closes the port. Idempotent. */
  stop(): Promise<void>;
}

/** Host names under which a loopback address may be asked. */
export const LOOPBACK_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** The host names to serve for a listening address: loopback ones are guarded against DNS rebinding. */
export function servedHosts(host: string): readonly string[] | undefined {
  const name = host.includes(":") ? `[${host}]` : host;
  return LOOPBACK_HOSTS.includes(name) || name.startsWith("127.")
    ? [...new Set([...LOOPBACK_HOSTS, name])]
    : undefined;
}

/** Listens. Throws an error that says what to do when the address cannot be had. */
export function serveGateway(
  gateway: Pick<Gateway, "fetch" | "stop">,
  options: ServeOptions,
): ServedGateway {
  const abort = new AbortController();
  const server = listen(gateway, options, abort.signal);
  const { port } = server.addr;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    const cut = setTimeout(() => abort.abort(), options.stopGraceMs ?? STOP_GRACE_MS);
    await Promise.race([gateway.stop(), server.finished]);
    await server.shutdown();
    clearTimeout(cut);
  };
  return { url: `http://${host}:${port}`, port, stop: () => stopped ??= stop() };
}

function listen(
  gateway: Pick<Gateway, "fetch">,
  { host, port }: ServeOptions,
  signal: AbortSignal,
): Deno.HttpServer<Deno.NetAddr> {
  const options = { hostname: host, port, signal, onListen: () => {} };
  try {
    return Deno.serve(options, (request, connection) => gateway.fetch(request, connection));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message =
      `cannot listen on ${host}:${port}: ${why}; --http HOST:PORT takes another address`;
    throw new Error(message, { cause: error });
  }
}
