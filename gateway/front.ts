/**
 * Front: what answers on the node's port from the first moment on: at first itself, then the gateway.
 *
 * Intuition: a store may be away for minutes when a node starts. Whoever watches the node must be
 * able to tell that from a dead process, and whoever submits must get an answer that says "later".
 *
 * States: waiting → open (`open`). Invariant: F1. While waiting, `/healthz` is 200 and everything else
 * is a 503 with `Retry-After`: nothing is accepted.
 * @module
 */
import type { Gateway } from "./gateway.ts";
import type { Connection } from "./http/mount.ts";
import { Problem, problemResponse } from "./http/problem.ts";
import { json } from "./http/reply.ts";

/** Stands where the gateway will be. */
export class Front implements Pick<Gateway, "fetch" | "stop"> {
  readonly #node: string;
  #reason = "store: not open yet";
  #gateway: Pick<Gateway, "fetch" | "stop"> | null = null;

  /** `node`: the node's name, for `/healthz`. */
  constructor(node: string) {
    this.#node = node;
  }

  /** What is waited for now, as `/readyz` tells it. */
  waitFor(reason: string): void {
    this.#reason = reason;
  }

  /** From now on `gateway` answers. */
  open(gateway: Pick<Gateway, "fetch" | "stop">): void {
    this.#gateway = gateway;
  }

  fetch(request: Request, connection?: Connection): Response | Promise<Response> {
    return this.#gateway === null ? this.#wait(request) : this.#gateway.fetch(request, connection);
  }

  stop(): Promise<void> {
    return this.#gateway === null ? Promise.resolve() : this.#gateway.stop();
  }

  #wait(request: Request): Response { // (F1)
    const path = new URL(request.url).pathname;
    if (path === "/healthz") return json({ status: "alive", node: this.#node });
    const members = path === "/readyz" ? { ready: false, reasons: [this.#reason] } : {};
    const detail = `the node is starting (${this.#reason}); nothing was accepted`;
    return problemResponse(new Problem("not-ready", detail, { members }), path);
  }
}
