/**
 * KeyClients: those who submit jobs that share keys, through the gateway's own way of it.
 * @module
 */
import { RETENTION_DEFAULT, RETRY_DEFAULT } from "../../actors/job/spec.ts";
import type { JobSpec } from "../../actors/job/spec.ts";
import { submitGated } from "../../gateway/jobs/gated_submission.ts";
import { QueueBook } from "../../gateway/jobs/queue_book.ts";
import { Feed } from "../../gateway/feed.ts";
import { Fault } from "../../runtime/fault.ts";
import { IdMaker } from "../../runtime/ids.ts";
import type { Machine } from "../node/machine.ts";
import type { PlannedKeyed } from "../plans/keys.ts";
import type { Observe } from "../record/events.ts";
import type { Random } from "./random.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** The clients of the keys of one run. */
export class KeyClients {
  readonly #ids: IdMaker;
  #submitted = 0;

  constructor(
    private readonly options: {
      /** The node that the next request goes to. */
      readonly next: () => Machine;
      readonly time: Pick<VirtualTime, "nowMs">;
      readonly observe: Observe;
      readonly random: Random;
    },
  ) {
    const { random } = options;
    this.#ids = new IdMaker((count) =>
      Uint8Array.from({ length: count }, () => random.int(0, 255))
    );
  }

  /** Submits once; a request that is lost is not repeated. */
  submit({ gate, name }: PlannedKeyed): void {
    const { next, time, observe } = this.options;
    const { process, wall } = next();
    const sentAtMs = time.nowMs;
    const payload = String(++this.#submitted);
    process?.lifeline.enter(async () => {
      const { system, clock } = process;
      const deps = {
        ...{
          system,
          clock,
          ids: this.#ids,
          feed: new Feed({ boot: process.boot }),
          queues: new QueueBook(),
        },
      };
      try {
        const outcome = await submitGated(deps, specOf({ name, payload }, wall.nowMs()), gate);
        if (process.lifeline.dead) return;
        const id = "record" in outcome ? outcome.record.id : null;
        observe({ kind: "keyed", gate, sentAtMs, payload, outcome: outcome.kind, job: id });
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
    });
  }
}

function specOf(
  { name, payload }: { readonly name: string; readonly payload: string },
  nowMs: number,
): JobSpec {
  return {
    name,
    payload,
    queue: "default",
    priority: 0,
    runAtMs: nowMs,
    retry: { ...RETRY_DEFAULT, attempts: 2, baseMs: 100 },
    timeoutMs: null,
    sla: { startWithinMs: null, finishWithinMs: null },
    delivery: "at-least-once",
    tags: [],
    retention: RETENTION_DEFAULT,
    concurrencyKey: null,
    traceId: null,
    fingerprint: null,
  };
}
