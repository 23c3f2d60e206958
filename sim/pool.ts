/**
 * Pool: runs many seeds on all cores.
 *
 * Invariant: each seed is run once; its verdict does not depend on the thread that ran it, since a run
 * shares nothing with another.
 * @module
 */
import type { Verdict } from "./verdict.ts";
import type { RunRequest } from "./worker.ts";

/** Runs `count` seeds from `from` on, on `threads` threads; `told` gets each verdict as it comes. */
export async function runSeeds(
  seeds: { readonly from: number; readonly count: number },
  options: {
    readonly threads: number;
    readonly ticksMax: number;
    readonly told: (verdict: Verdict) => void;
  },
): Promise<void> {
  let next = seeds.from;
  const end = seeds.from + seeds.count;
  const serve = () =>
    new Promise<void>((done, fail) => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      const ask = () => {
        if (next < end) {
          const request: RunRequest = { seed: next++, ticksMax: options.ticksMax };
          return worker.postMessage(request);
        }
        worker.terminate();
        done();
      };
      worker.onmessage = ({ data }: MessageEvent<Verdict>) => {
        options.told(data);
        ask();
      };
      worker.onerror = (event) => fail(new Error(event.message));
      ask();
    });
  await Promise.all(Array.from({ length: options.threads }, serve));
}
