/**
 * Boot: what a worker's generated entry module calls. It locks the realm, loads the handlers, then serves its host.
 *
 * Intuition: the entry (host/entry.ts) names every handler file in a literal `import()`, which needs no
 * permission to read; so a worker without any permission can still load its handlers, one failing apart
 * from the others. The host talks to it through one Comlink endpoint on a private port.
 *
 * Not here: third-party imports go directly, not through `deps.ts`: what a worker imports is its start-up time.
 * @module
 */
import * as comlink from "comlink";
import { BEAT_EVERY_MS, ClaimTable } from "../pool/claims.ts";
import type { WorkerApi } from "../pool/protocol.ts";
import { Outbox } from "./outbox.ts";
import { type LoadedHandler, Runner } from "./runner.ts";
import { lockDown } from "./sandbox.ts";

const MIB = 1024 * 1024;

/** The host's first message. */
export interface BootMessage {
  readonly port: MessagePort;
  readonly memory: SharedArrayBuffer;
  /** What handlers do is seen in traces. */
  readonly traced: boolean;
}

/** A handler's name and what imports its file. */
export type HandlerImport = readonly [name: string, load: () => Promise<unknown>];

/** Serves the handlers of `imports`. Posts one message, `up`, when it is ready. */
export function boot(imports: readonly HandlerImport[]): void {
  const scope = globalThis as unknown as DedicatedScope;
  const post = scope.postMessage.bind(scope);
  scope.addEventListener("message", (event: MessageEvent<BootMessage>) => {
    void start(event.data, imports).then(() => post("up"));
  }, { once: true });
}

/** The part of a worker's global that is used. */
interface DedicatedScope {
  postMessage(message: string): void;
  addEventListener(
    type: "message",
    listener: (event: MessageEvent<BootMessage>) => void,
    options: { once: boolean },
  ): void;
}

async function start({ port, memory, traced }: BootMessage, imports: readonly HandlerImport[]) {
  const { setImmediate, setInterval } = globalThis;
  const handlers = new Map<string, LoadedHandler>();
  const table = new ClaimTable(memory);
  const outbox = new Outbox((flush) => setImmediate(flush));
  const spans = traced ? (await import("./spans.ts")).codeSpans : undefined;
  const runner = new Runner({ table, handlers, outbox, spans });
  lockDown((parts) => runner.consoleLine(parts));
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    runner.uncaught(event.reason, "unhandled rejection");
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    runner.uncaught(event.error ?? event.message, "uncaught error");
  });
  setInterval(() => {
    if (runner.load === 0) return;
    table.beat();
    const { heapUsed, external } = Deno.memoryUsage();
    table.sampleHeap(Math.round((heapUsed + external) / MIB));
  }, BEAT_EVERY_MS);
  for (const [name, load] of imports) handlers.set(name, await loaded(load));
  const api: WorkerApi = {
    push: (commands) => runner.push(commands),
    collect: () => outbox.collect(),
  };
  comlink.expose(api, port);
}

async function loaded(load: () => Promise<unknown>): Promise<LoadedHandler> {
  try {
    const { default: definition } = await load() as { default: { run: LoadedRun } };
    if (typeof definition.run !== "function") throw new TypeError("it has no function `run`");
    return { kind: "loaded", run: (ctx, payload) => definition.run(ctx, payload) };
  } catch (error) {
    return { kind: "failed", error };
  }
}

type LoadedRun = (LoadedHandler & { kind: "loaded" })["run"];
