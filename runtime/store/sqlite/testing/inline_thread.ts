/**
 * InlineThread: the service without a thread, for tests: the same messages, copied the same way,
 * answered in the next turn of the same thread.
 * @module
 */
import type { ThreadPort } from "../channel.ts";
import type { Request, Response } from "../protocol.ts";
import { Service } from "../service.ts";

/** Stands in for a Worker. */
export class InlineThread implements ThreadPort {
  onmessage: ((event: MessageEvent<Response>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  onmessageerror: ((event: MessageEvent) => void) | null = null;
  readonly #service = new Service();

  postMessage(message: Request): void {
    const request = structuredClone(message);
    queueMicrotask(() => {
      const data = structuredClone(this.#service.answer(request));
      this.onmessage?.(new MessageEvent("message", { data }));
    });
  }

  terminate(): void {
    this.onmessage = null;
  }
}
