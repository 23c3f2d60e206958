/**
 * A thread that runs the seeds it is sent, one message each.
 * @module
 */
import { run } from "./run.ts";
import { verdictOf } from "./verdict.ts";

/** What a thread is asked. */
export interface RunRequest {
  readonly seed: number;
  readonly ticksMax: number;
  readonly cluster: boolean;
}

/** Lines of a failed run's trace that are kept. */
const FAILURE_LINES = 40;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<RunRequest>) => void;
  postMessage: (message: unknown) => void;
};

scope.onmessage = async ({ data: { seed, ticksMax, cluster } }) => {
  const report = await run(seed, { ticksMax, cluster });
  scope.postMessage(verdictOf(report, report.failure ? FAILURE_LINES : 0));
};
