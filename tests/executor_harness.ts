/**
 * Harness: a real executor over a folder of handlers, with outcomes as promises, for the tests beside it.
 * @module
 */
import { createExecutor } from "../actors/executor/executor.ts";
import type { ExecutorOptions } from "../actors/executor/options.ts";
import type {
  AttemptKey,
  AttemptOrder,
  AttemptOutcome,
  AttemptReports,
  Executor,
  HandlerProblem,
} from "../actors/executor/port.ts";
import { systemClock } from "../runtime/system/system_clock.ts";

/** The handlers that the tests use. */
export const HANDLERS_DIR = new URL("./executor_handlers", import.meta.url).pathname;

/** An executor under test and what it reported. */
export interface Harness {
  readonly executor: Executor;
  readonly problems: readonly HandlerProblem[];
  readonly steps: { jobId: string; name: string; result: string }[];
  readonly checkpoints: string[];
  readonly logs: string[];
  readonly progress: number[];
  /** Outcomes that came for tokens that had ended or were never ordered: must stay empty (E1). */
  readonly strays: string[];
  /** Orders an attempt of `name` and resolves with its outcome. */
  run(name: string, payload: unknown, order?: Partial<AttemptOrder>): Promise<AttemptOutcome>;
}

/** Runs `body` with a fresh executor, and closes it whatever happens. */
export async function withExecutor(
  options: Partial<ExecutorOptions>,
  body: (harness: Harness) => Promise<void>,
): Promise<void> {
  const waiting = new Map<string, (outcome: AttemptOutcome) => void>();
  const seen = {
    steps: [] as Harness["steps"],
    checkpoints: [] as string[],
    logs: [] as string[],
    progress: [] as number[],
    strays: [] as string[],
  };
  const reports: AttemptReports = {
    progress: (_key, percent) => seen.progress.push(percent),
    log: (_key, lines) => seen.logs.push(...lines),
    step(key, name, result) {
      seen.steps.push({ jobId: key.jobId, name, result });
      return Promise.resolve();
    },
    checkpoint(_key, value) {
      seen.checkpoints.push(value);
      return Promise.resolve();
    },
    ended(key: AttemptKey, outcome) {
      const resolve = waiting.get(key.token);
      if (!resolve) seen.strays.push(key.token);
      waiting.delete(key.token);
      resolve?.(outcome);
    },
  };
  const executor = createExecutor(
    {
      handlersDir: HANDLERS_DIR,
      permissionsCap: null,
      inlineAllowed: [],
      workers: 2,
      heapMiB: 192,
      commandAllow: [],
      httpAllowPrivate: false,
      node: "test",
      boot: "b1",
      ...options,
    },
    reports,
    { clock: systemClock, log: () => {} },
  );
  let sequence = 0;
  try {
    const { problems } = await executor.reload();
    await body({
      executor,
      problems,
      ...seen,
      run(name, payload, order = {}) {
        const token = order.key?.token ?? `token-${++sequence}`;
        return new Promise((resolve) => {
          waiting.set(token, resolve);
          executor.run({
            key: { jobId: `job-${sequence}`, attempt: 1, token },
            name,
            payload: JSON.stringify(payload),
            timeoutMs: 5_000,
            notBeforeMs: 0,
            scheduledForMs: 0,
            fence: 1,
            checkpoint: "null",
            steps: new Map(),
            exclusive: false,
            ...order,
          });
        });
      },
    });
  } finally {
    await executor.close();
  }
}
