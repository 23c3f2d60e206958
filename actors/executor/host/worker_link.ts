/**
 * WorkerLink: one Deno Worker and the Comlink endpoint on it, from birth to death.
 *
 * Intuition: Comlink's promises never settle when a worker dies, so each call here races the link's own end.
 * The endpoint is made once; commands of one turn travel in one call, and one `collect` call is always
 * waiting for what the worker has to say. Nothing is exposed to the worker: it can answer and no more,
 * so code that gets hold of its port still cannot call into the host.
 *
 * Invariants: N1. After `terminate` or `down` nothing more is heard of the worker. N2. `down` is told at most once.
 * @module
 */
import * as comlink from "comlink";
import {
  isSaying,
  type WorkerApi,
  type WorkerCommand,
  type WorkerEvent,
} from "../pool/protocol.ts";
import type { BootMessage } from "../worker/boot.ts";
import { handlerEntry } from "./entry.ts";
import type { Seat } from "./seat.ts";

/** As runtime/telemetry/tracer.ts has it; hosts have the environment of their node. */
const TRACED = Deno.env.get("OTEL_DENO") === "true";

/** What a link tells. */
export interface LinkListener {
  up(): void;
  down(problem: string): void;
  said(events: readonly WorkerEvent[]): void;
}

/** The driver of one seat. */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #remote: comlink.Remote<WorkerApi>;
  readonly #listener: LinkListener;
  readonly #racing = new Set<(error: Error) => void>();
  #commands: WorkerCommand[] = [];
  #over = false;

  constructor(seat: Seat, listener: LinkListener) {
    this.#listener = listener;
    this.#worker = new Worker(handlerEntry(seat.profile), {
      type: "module",
      name: `handlers-${seat.id}`,
      deno: { permissions: mutable(seat.profile.permissions) },
    });
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#remote = comlink.wrap<WorkerApi>(port1);
    this.#worker.onmessage = () => {
      this.#worker.onmessage = null;
      if (this.#over) return;
      listener.up();
      void this.#listen();
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(`its worker failed: ${event.message.slice(0, 2_000)}`);
    };
    this.#worker.onmessageerror = () => this.#fail("its worker sent what cannot be read");
    const message: BootMessage = { port: port2, memory: seat.table.buffer, traced: TRACED };
    this.#worker.postMessage(message, [port2]);
  }

  /** Queues a command for the next flush. */
  post(command: WorkerCommand): void {
    this.#commands.push(command);
  }

  /** Sends what is queued as one call. */
  flush(): void {
    if (this.#commands.length === 0 || this.#over) return;
    const commands = this.#commands;
    this.#commands = [];
    this.#orEnd(this.#remote.push(commands)).catch((error) => this.#fail(messageOf(error)));
  }

  /** Ends the worker, whatever it does. Idempotent. */
  terminate(): void {
    if (this.#over) return;
    this.#over = true;
    this.#worker.terminate();
    this.#port.close();
    for (const reject of this.#racing) reject(new Error("its worker was terminated"));
    this.#racing.clear();
  }

  async #listen(): Promise<void> {
    try {
      while (!this.#over) {
        const events: unknown = await this.#orEnd(this.#remote.collect());
        if (!isEvents(events)) throw new Error("its worker said what no attempt says");
        this.#listener.said(events);
      }
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  /** `call`, or a rejection when the worker ends first. */
  #orEnd<Value>(call: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#racing.add(reject);
      const settled = () => this.#racing.delete(reject);
      call.then(resolve, reject).finally(settled);
    });
  }

  #fail(problem: string): void {
    if (this.#over) return; // (N1, N2)
    this.terminate();
    this.#listener.down(problem);
  }
}

function isEvents(value: unknown): value is readonly WorkerEvent[] {
  return Array.isArray(value) &&
    value.every((event) =>
      Array.isArray(event) && typeof event[0] === "number" && typeof event[1] === "number" &&
      isSaying(event[2])
    );
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2_000);
}

/** Deno's option type wants its own, mutable arrays. */
function mutable(permissions: Seat["profile"]["permissions"]): Deno.PermissionOptionsObject {
  const entries = Object.entries(permissions).map(([kind, grant]) => [
    kind,
    typeof grant === "boolean" ? grant : [...grant],
  ]);
  return Object.fromEntries(entries);
}
