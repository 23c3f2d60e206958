/**
 * The thread that SQLite's blocking calls run in. It imports nothing but the engine: whatever it
 * imports is added to the start of every node.
 * @module
 */
import type { Request } from "./protocol.ts";
import { Service } from "./service.ts";

/** What a worker's global scope offers, as far as it is used here. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;
const service = new Service();
scope.onmessage = (event) => scope.postMessage(service.answer(event.data));
