/**
 * Pool: runs many seeds on all cores.
 *
 * Invariants: each seed is run once; its verdict does not depend on the thread that ran it, since a run
 * shares nothing with another. A run that hangs (promises that go on for ever let no timer fire) is
 * ended from outside, and is a broken promise like others.
 * @module
 */
import { planOf } from "./plan.ts";
import type { Verdict } from "./verdict.ts";
import type { RunRequest } from "./worker.ts";

/** A run of tens of ms that takes this long, of the machine's time, hangs. */
const HANG_MS = 60_000;

/** Runs `count` seeds from `from` on, on `threads` threads; `told` gets each verdict as it comes. */
export async function runSeeds(
  seeds: { readonly from: number; readonly count: number },
  options: {
    readonly threads: number;
    readonly ticksMax: number;
    readonly cluster: boolean;
    readonly told: (verdict: Verdict) => void;
  },
): Promise<void> {
  const { ticksMax, cluster } = options;
  let next = seeds.from;
  const end = seeds.from + seeds.count;
  const serve = async () => {
    let worker = newWorker();
    while (next < end) {
      const request: RunRequest = { seed: next++, ticksMax, cluster };
      const verdict = await ask(worker, request);
      if (verdict.failure?.checker === NO_HANG) {
        worker.terminate();
        worker = newWorker();
      }
      options.told(verdict);
    }
    worker.terminate();
  };
  await Promise.all(Array.from({ length: options.threads }, serve));
}

const NO_HANG = "no-hang";

function newWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

/** The verdict on one seed; a hang is one too. */
function ask(worker: Worker, request: RunRequest): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(hung(request)), HANG_MS);
    worker.onmessage = ({ data }: MessageEvent<Verdict>) => {
      clearTimeout(timer);
      resolve(data);
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(request);
  });
}

function hung({ seed, cluster }: RunRequest): Verdict {
  const message = `no end after ${HANG_MS / 1_000} s of the machine's time`;
  return {
    seed,
    character: planOf(seed).character,
    cluster,
    failure: { checker: NO_HANG, job: null, message },
    hash: "unknown",
    stats: { virtualMs: 0, ticks: 0, events: 0, jobs: 0, commits: 0, boots: 0 },
    lines: [],
  };
}
