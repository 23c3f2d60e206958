/**
 * BullMQ's process: `contestant_main.ts PORT`, a queue and a worker on the Redis at PORT, with
 * BullMQ's defaults.
 *
 * @module
 */
import type { BenchJob, BenchPayload, Contestant, WorkListener } from "../contestant.ts";
import { serveContestant } from "../harness/contestant_child.ts";
import { type BullWorker, connectionTo, loadBullMq } from "./library.ts";

const { Queue, Worker } = loadBullMq();
const connection = connectionTo(Number(Deno.args[0]));
const queue = new Queue("bench", { connection });
await queue.waitUntilReady();
let worker: BullWorker | undefined;

function optionsOf(job: BenchJob): { opts: { delay: number } } | Record<never, never> {
  return job.runAtMs === undefined
    ? {}
    : { opts: { delay: Math.max(0, job.runAtMs - Date.now()) } };
}

const contestant: Contestant = {
  submit: (job) => queue.add("noop", job.payload),
  submitBulk: (jobs) =>
    queue.addBulk(jobs.map((job) => ({ name: "noop", data: job.payload, ...optionsOf(job) }))),
  async work(slots: number, listener: WorkListener) {
    const handler = (job: { readonly data: unknown }) => {
      listener.started(job.data as BenchPayload);
      return Promise.resolve();
    };
    worker = new Worker("bench", handler, { connection, concurrency: slots });
    worker.on("completed", () => listener.finished());
    worker.on("error", (error) => console.error("worker:", error));
    await worker.waitUntilReady();
  },
  rest: () => worker?.close() ?? Promise.resolve(),
  async stored() {
    const counts = await queue.getJobCounts("waiting", "active", "delayed", "completed", "failed");
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  },
  close: () => queue.close(),
};

await serveContestant(contestant);
