/**
 * StartNode: a whole node inside the benchmark's process, without HTTP.
 *
 * The one place where the benchmark meets the composition root.
 * @module
 */
import type { JobService } from "../../gateway/service.ts";

/** A node in this process. */
export interface EmbeddedNode {
  readonly jobs: JobService;
  /** Drains and lets go of everything. */
  close(): Promise<void>;
}

/** What it is started with; everything else as by default, `synchronous=FULL` included. */
export interface EmbeddedOptions {
  readonly databasePath: string;
  readonly handlersDir: string;
  readonly slots: number;
}

/** Starts a node; resolves when it is ready. */
export function startNode(options: EmbeddedOptions): Promise<EmbeddedNode> {
  return Promise.reject(
    new Error(`no composition root to start a node with ${JSON.stringify(options)}`),
  );
}
