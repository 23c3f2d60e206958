/**
 * The thread that SQLite's blocking calls run in. It imports little beside the engine: whatever it
 * imports is added to the start of every node.
 * @module
 */
import { collectWhenIdle, exposedCollector } from "../../idle_heap.ts";
import { systemClock } from "../../system/system_clock.ts";
import type { Request } from "./protocol.ts";
import { Service } from "./service.ts";

/** What a worker's global scope offers, as far as it is used here. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;
const service = new Service();
collectWhenIdle(systemClock, { worked: () => service.applied, collect: exposedCollector() });
scope.onmessage = (event) => scope.postMessage(service.answer(event.data));
