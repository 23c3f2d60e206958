/**
 * ConfinedFlows: the flows all of whose jobs go to queues of some namespaces, as if there were no others.
 *
 * Invariants: N1–N3 as of confined jobs, in jobs.ts. Cost: whether a flow is seen is read from all of its jobs.
 * @module
 */
import { readFlowJob } from "../../../actors/flow/codec.ts";
import type { FlowPlan } from "../../../actors/flow/spec.ts";
import type {
  FlowCreation,
  FlowNaming,
  FlowOutcome,
  FlowPage,
  FlowRecord,
  FlowService,
} from "../../flows/service.ts";
import { covers } from "../access.ts";
import { apart, demand } from "./jobs.ts";

/** The part of `flows` that belongs to `namespaces`. */
export class ConfinedFlows implements FlowService {
  constructor(
    private readonly flows: FlowService,
    private readonly namespaces: readonly string[],
  ) {}

  async create(plan: FlowPlan, naming: FlowNaming): Promise<FlowCreation> {
    const jobs = [...plan.nodes, ...(plan.callback === null ? [] : [plan.callback])];
    const queues = jobs.map(({ job }) => job.queue);
    for (const queue of queues) demand(this.namespaces, queue);
    const outcome = await this.flows.create(plan, apart(naming, queues));
    // The same request by its fingerprint, and so of the same queues; to be sure, it is looked at (N1).
    if (!("record" in outcome) || this.#sees(outcome.record)) return outcome;
    return { kind: "key-reused" };
  }

  async get(id: string): Promise<FlowRecord | undefined> {
    const record = await this.flows.get(id);
    return record !== undefined && this.#sees(record) ? record : undefined;
  }

  async list(query: Parameters<FlowService["list"]>[0]): Promise<FlowPage> {
    const { records, cursor } = await this.flows.list(query);
    return { records: records.filter((record) => this.#sees(record)), cursor };
  }

  cancel(id: string): Promise<FlowOutcome> {
    return this.#ifSeen(id, () => this.flows.cancel(id));
  }

  retry(id: string): Promise<FlowOutcome> {
    return this.#ifSeen(id, () => this.flows.retry(id));
  }

  async #ifSeen(id: string, change: () => Promise<FlowOutcome>): Promise<FlowOutcome> {
    return await this.get(id) === undefined ? { kind: "missing" } : await change();
  }

  #sees({ flow: { spec, createdAtMs } }: FlowRecord): boolean {
    const jobs = spec.nodes.map(({ job }) => job);
    return [...jobs, ...(spec.callback === null ? [] : [spec.callback])].every((job) =>
      covers(this.namespaces, readFlowJob(job, { createdAtMs, nowMs: createdAtMs }).queue)
    );
  }
}
