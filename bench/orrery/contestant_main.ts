/**
 * Orrery's process: `contestant_main.ts HANDLER SLOTS STORE`, a node in this process with Orrery's defaults.
 * HANDLER is `bench-inline` or `bench-worker`, STORE the URL of an empty store.
 *
 * @module
 */
import { type JobSpec, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import type { BenchJob, BenchPayload, Contestant } from "../contestant.ts";
import { openQueue } from "../../gateway/jobs/queue_book.ts";
import { serveContestant } from "../harness/contestant_child.ts";
import { LISTENER } from "./handlers/bench_inline.ts";
import { startNode } from "./start_node.ts";

const QUEUE = "bench";
const DAY_MS = 86_400_000;
const [handler = "bench-inline", slots = "100", store = ""] = Deno.args;
const node = await startNode({
  store,
  handlersDir: new URL("./handlers", import.meta.url).pathname,
  slots: Number(slots),
});
const { jobs } = node;

function specOf(job: BenchJob): JobSpec {
  return {
    name: handler,
    payload: JSON.stringify(job.payload),
    queue: QUEUE,
    priority: 0,
    runAtMs: job.runAtMs ?? Date.now(),
    retry: RETRY_DEFAULT,
    timeoutMs: null,
    sla: { startWithinMs: null, finishWithinMs: null },
    delivery: "at-least-once",
    tags: [],
    retention: { completedMs: 3 * DAY_MS, failedMs: 14 * DAY_MS },
    concurrencyKey: null,
    traceId: null,
    fingerprint: null,
  };
}

const submit = (job: BenchJob) => jobs.submit(specOf(job), { kind: "generated" });
const setPaused = (paused: boolean) => jobs.setQueue({ ...openQueue(QUEUE), paused });
let unsubscribe = () => {};

const contestant: Contestant = {
  submit,
  submitBulk: (batch) => Promise.all(batch.map(submit)),
  async work(_slots, listener) {
    Reflect.set(globalThis, LISTENER, (payload: BenchPayload) => listener.started(payload));
    const subscription = jobs.feed.subscribe({}, (event) => {
      if (event.state === "completed") listener.finished();
    });
    unsubscribe = () => subscription.stop();
    await setPaused(false);
  },
  async rest() {
    await setPaused(true);
    unsubscribe();
  },
  async stored() {
    let sum = 0;
    for (const states of (await jobs.counts()).values()) {
      for (const count of states.values()) sum += count;
    }
    return sum;
  },
  async close() {
    await node.close();
  },
};

await setPaused(true);
await serveContestant(contestant);
