/**
 * StartNode: a whole node inside the benchmark's process, without HTTP.
 *
 * The one place where the benchmark meets the composition root.
 * @module
 */
import { loadConfig } from "../../config/load.ts";
import type { ScheduleService } from "../../gateway/schedules/service.ts";
import type { JobService } from "../../gateway/service.ts";
import { startNode as startEmbedded } from "../../node.ts";
import type { Log } from "../../runtime/telemetry/log.ts";

/** A node in this process. */
export interface EmbeddedNode {
  /** Where its API is, which only metrics are asked of. */
  readonly url: string;
  readonly jobs: JobService;
  readonly schedules: ScheduleService;
  /** Drains and lets go of everything. */
  close(): Promise<void>;
}

/** What it is started with; everything else as by default, `synchronous=FULL` included. */
export interface EmbeddedOptions {
  /** The store's URL, as `--store` takes it. */
  readonly store: string;
  readonly handlersDir: string;
  readonly slots: number;
  /** Whether it measures itself; as by default unless given. */
  readonly metrics?: boolean;
}

/** Starts a node; resolves when it is ready. */
export async function startNode(options: EmbeddedOptions): Promise<EmbeddedNode> {
  const loaded = loadConfig({
    args: [
      ...["--http", "127.0.0.1:0", "--store", options.store],
      ...["--handlers", options.handlersDir, "--slots", String(options.slots)],
    ],
    env: {},
    readFile: () => undefined,
  });
  if (loaded.kind !== "config") throw new Error(`configuration: ${JSON.stringify(loaded)}`);
  const { metrics = loaded.config.telemetry.metrics } = options;
  const config = { ...loaded.config, telemetry: { metrics } };
  const node = await startEmbedded({ config, log });
  await node.ready;
  const { url, jobs, schedules } = node;
  return { url, jobs, schedules, close: () => node.stop() };
}

/** The protocol is on standard output: what the node says goes to standard error. */
const log: Log = (level, message, fields) => {
  if (level !== "debug" && level !== "info") console.error(level, message, fields);
};
