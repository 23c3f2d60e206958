/**
 * Library: the part of BullMQ that the benchmark uses, loaded from a folder of its own.
 *
 * BullMQ is no dependency of Orrery: its packages are installed when the benchmark first runs, and
 * the types here say what of it is called.
 * @module
 */
import { createRequire } from "node:module";

/** The competitor's packages, pinned. */
export const PACKAGES = { bullmq: "6.7.0", ioredis: "6.0.0", hono: "4.13.19" } as const;

/** Connection settings, as ioredis takes them. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  /** BullMQ's workers demand null: they wait for Redis without end. */
  readonly maxRetriesPerRequest: null;
}

/** BullMQ's queue. */
export interface BullQueue {
  add(name: string, data: unknown, options?: { delay: number }): Promise<unknown>;
  addBulk(
    jobs: readonly { name: string; data: unknown; opts?: { delay: number } }[],
  ): Promise<unknown>;
  getJobCounts(...states: string[]): Promise<Record<string, number>>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

/** BullMQ's worker. */
export interface BullWorker {
  on(event: "completed" | "error", listener: (detail: unknown) => void): void;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

/** BullMQ's exports. */
export interface BullMq {
  readonly Queue: new (name: string, options: { connection: Connection }) => BullQueue;
  readonly Worker: new (
    name: string,
    handler: (job: { readonly data: unknown }) => Promise<unknown>,
    options: { connection: Connection; concurrency: number },
  ) => BullWorker;
}

/** The part of Hono that the HTTP route uses. */
export interface HonoApp {
  post(path: string, handler: (context: HonoContext) => Promise<Response>): void;
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** What a Hono route is given. */
export interface HonoContext {
  readonly req: { json(): Promise<unknown> };
  json(body: unknown, status: number): Response;
}

const require = createRequire(new URL("../../data/bench-peers/package.json", import.meta.url));

/** BullMQ as installed by `install.ts`. */
export function loadBullMq(): BullMq {
  return require("bullmq") as BullMq;
}

/** Hono's class, of the same version as Orrery's. */
export function loadHono(): new () => HonoApp {
  return (require("hono") as { readonly Hono: new () => HonoApp }).Hono;
}

/** How BullMQ reaches the benchmark's Redis. */
export function connectionTo(port: number): Connection {
  return { host: "127.0.0.1", port, maxRetriesPerRequest: null };
}
