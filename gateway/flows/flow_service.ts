/**
 * FlowService over the actor system.
 *
 * Intuition: as with jobs, changes are questions to the flow's actor, reads go to the store, and an
 * Idempotency-Key becomes the flow's id.
 * @module
 */
import { decodeFlow, draftOfFlow, FLOW_KIND, flowStateLabel } from "../../actors/flow/codec.ts";
import { flowActorId, flowIdOf, isFlowId } from "../../actors/flow/ids.ts";
import type { FlowMessage, FlowReply } from "../../actors/flow/messages.ts";
import type { FlowPlan } from "../../actors/flow/spec.ts";
import { JOB_KIND, label } from "../../actors/job/codec.ts";
import type { Clock } from "../../runtime/clock.ts";
import { Fault, unreachable } from "../../runtime/fault.ts";
import type { ActorId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import { keyId } from "../jobs/submission.ts";
import type { FlowCreation, FlowNaming, FlowOutcome, FlowRecord, FlowService } from "./service.ts";

/** Tries to find a free generated id, or to catch a flow that is swept between insert and read. */
const NAMING_TRIES_MAX = 3;
/** Flows of one read of a list: with the largest bodies 20 MiB. */
const LIST_READ_MAX = 10;

/** What the service needs of the node. */
export interface FlowServiceDeps {
  readonly system: Pick<ActorSystem, "create" | "ref" | "read" | "find">;
  readonly clock: Pick<Clock, "wallMs">;
  readonly ids: { next(nowMs: number): ActorId };
}

/** The node's flow service. It holds no resources: nothing to close. */
export function createFlowService(deps: FlowServiceDeps): FlowService {
  return new Flows(deps);
}

class Flows implements FlowService {
  constructor(private readonly deps: FlowServiceDeps) {}

  async create(plan: FlowPlan, naming: FlowNaming): Promise<FlowCreation> {
    switch (naming.kind) {
      case "own":
        return await this.#createOwn(plan, naming.id);
      case "idempotent":
        return await this.#createIdempotent(plan, keyId(naming.key));
      case "generated":
        break;
      default:
        return unreachable(naming);
    }
    for (let tries = 0; tries < NAMING_TRIES_MAX; tries++) {
      const record = await this.#insert(plan, this.deps.ids.next(this.deps.clock.wallMs()));
      if (record !== undefined) return { kind: "accepted", record };
    }
    throw new Fault("flow.create", "unavailable", { message: "no generated id was free" });
  }

  async get(id: string): Promise<FlowRecord | undefined> {
    const snapshot = isFlowId(id) ? await this.deps.system.read(flowActorId(id)) : undefined;
    return snapshot?.kind === FLOW_KIND ? recordOf(snapshot) : undefined;
  }

  async list(
    { state, limit, cursor }: Parameters<FlowService["list"]>[0],
  ): ReturnType<FlowService["list"]> {
    const records: FlowRecord[] = [];
    let next: string | null | undefined = cursor;
    do {
      const step = Math.min(LIST_READ_MAX, limit - records.length);
      const page = await this.deps.system.find({
        kind: FLOW_KIND,
        labels: state === undefined ? [] : [flowStateLabel(state)],
        order: "newest",
        limit: step,
        ...(next !== undefined && { cursor: next }),
      });
      records.push(...page.snapshots.map(recordOf));
      next = page.cursor;
      if (page.snapshots.length < step) break;
    } while (next !== null && records.length < limit);
    return { records, cursor: next };
  }

  cancel(id: string): Promise<FlowOutcome> {
    return this.#command(id, { kind: "cancel" });
  }

  retry(id: string): Promise<FlowOutcome> {
    return this.#command(id, { kind: "retry" });
  }

  /** Jobs outlive their flow: a new one of its id would find them where it wants to make its own. */
  async #createOwn(plan: FlowPlan, id: string): Promise<FlowCreation> {
    const earlier = {
      kind: JOB_KIND,
      labels: [label.flow(id)],
      order: "newest",
      limit: 1,
    } as const;
    const left = await this.deps.system.find(earlier);
    if (left.snapshots.length > 0) {
      const there = await this.get(id) !== undefined;
      const why = there ? "a flow with this id exists" : "jobs of an earlier flow of this id exist";
      return { kind: "taken", id, why };
    }
    const record = await this.#insert(plan, id);
    if (record !== undefined) return { kind: "accepted", record };
    return { kind: "taken", id, why: "a flow with this id exists" };
  }

  async #createIdempotent(plan: FlowPlan, id: ActorId): Promise<FlowCreation> {
    for (let tries = 0; tries < NAMING_TRIES_MAX; tries++) {
      const made = await this.#insert(plan, id);
      if (made !== undefined) return { kind: "accepted", record: made };
      const record = await this.get(id);
      // Its retention ran out in between: the key is free again.
      if (record === undefined) continue;
      const same = record.flow.spec.fingerprint === plan.fingerprint;
      return same ? { kind: "replayed", record } : { kind: "key-reused" };
    }
    throw new Fault("flow.create", "unavailable", { message: `${id} comes and goes` });
  }

  /** Inserts a flow; undefined when the id is taken. */
  async #insert(plan: FlowPlan, id: string): Promise<FlowRecord | undefined> {
    const nowMs = this.deps.clock.wallMs();
    const made = await this.deps.system.create(draftOfFlow(plan, { id, nowMs }));
    return made.kind === "created" ? recordOf(made.snapshot) : undefined;
  }

  async #command(id: string, message: FlowMessage): Promise<FlowOutcome> {
    if (!isFlowId(id)) return { kind: "missing" };
    const { system } = this.deps;
    const ref = system.ref<FlowMessage, FlowReply>(FLOW_KIND, flowActorId(id));
    const outcome = await ref.ask(message);
    switch (outcome.kind) {
      case "replied": {
        const { reply, snapshot } = outcome;
        return reply.kind === "refused" ? reply : { kind: reply.kind, record: recordOf(snapshot) };
      }
      case "missing":
      case "busy":
        return { kind: outcome.kind };
      case "deadline":
      case "crashed":
        return { kind: "unknown" };
      default:
        return unreachable(outcome);
    }
  }
}

function recordOf(snapshot: Snapshot): FlowRecord {
  const { id, version } = snapshot;
  return { id: flowIdOf(id), version, flow: decodeFlow(snapshot) };
}
