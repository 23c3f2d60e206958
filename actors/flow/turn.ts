/**
 * Turn: what one message makes of a flow: which nodes are settled, skipped and made, and whether it has ended.
 *
 * Intuition: a turn starts from the committed state, is told what to do by the reducer, and ends in one
 * step that commits statuses and new jobs together. A child's job holds what its parents left, so it is
 * made of what the driver gathered; who has no parents is made at once.
 *
 * Invariants:
 *   F1. A node's job is made only when all its parents are settled and every edge admits their ends: order is respected.
 *   F2. A node leaves `w` in the commit that inserts its job, whose id names flow and key: no node has two jobs.
 *   F3. A settled node stays as it is until the flow is retried, and a completed one for ever.
 *   F4. A step makes at most `CARRIED_INSERTS_MAX` jobs and deadlines, of about `MADE_CHARS_MAX` characters; the others follow at once.
 *   F5. A flow ends when all its nodes are settled, and its callback is made in that commit: once for each run.
 *   F6. What was asked in an earlier run is not heard in a later one: jobs that failed then may run again by now.
 * @module
 */
import type { Carriage, ReducerContext, Step } from "../../runtime/actor/behaviour.ts";
import { CARRIED_INSERTS_MAX } from "../../runtime/limits.ts";
import type { Draft } from "../../runtime/snapshot.ts";
import { draftsOfJob } from "../deadline/drafts.ts";
import type { JobSpec } from "../job/spec.ts";
import { callbackPayload, summaryOf } from "./callback.ts";
import { readFlowJob } from "./codec.ts";
import { callbackId, flowIdOf, flowJobId } from "./ids.ts";
import type { ChildWish, FlowEffect, FlowReply, Gathered, JobEnding, NodeJob } from "./messages.ts";
import { FLOW_JOB_KEPT_MIN_MS } from "./spec.ts";
import {
  admits,
  type FlowState,
  hasEnded,
  isSettled,
  isWaiting,
  type NodeEnd,
  type NodeStatus,
} from "./state.ts";

/** What a reducer of the flow returns. */
export type FlowStep = Step<FlowState, FlowReply, FlowEffect>;

/** Characters of the jobs that one step makes, but for its first one: a commit shares its batch with others. */
export const MADE_CHARS_MAX = 1024 * 1024;
/** How soon a flow looks whether news of its jobs were lost, ms; each look in vain doubles it. */
export const LOOK_FIRST_MS = 5_000;
export const LOOK_LAST_MS = 300_000;

/** One message's work on one flow. */
export class Turn {
  #state: FlowState;
  readonly #nodes: NodeStatus[];
  readonly #id: string;
  readonly #inserts: Omit<Draft, "shard">[] = [];
  readonly #effects: FlowEffect[] = [];
  #chars = 0;
  #made = 0;
  #looked = false;

  constructor(private readonly before: FlowState, private readonly context: ReducerContext) {
    this.#state = before;
    this.#nodes = [...before.nodes] as NodeStatus[];
    this.#id = flowIdOf(context.id);
  }

  /** The nodes whose jobs are open as far as is known; while they are being stopped, those that were to be retried too. */
  get open(): readonly NodeJob[] {
    return this.#jobsOf((node) => this.#isOpen(node));
  }

  /** The node `jobId` belongs to, while its end is not known. */
  openNodeOf(jobId: string): number | undefined {
    const node = this.#state.graph.placeOf(jobId.slice(this.#id.length + 1));
    return node !== undefined && this.#isOpen(node) ? node : undefined;
  }

  /** Takes what is known of an open job's end (F3). */
  settle({ node, end }: JobEnding): void {
    if (!this.#isOpen(node)) return;
    const { state } = this.#state;
    this.#nodes[node] = end !== "gone" ? end : state === "cancelling" ? "x" : "f";
  }

  /** Takes what became of the retry of a node's job. */
  retried(node: number, outcome: "runs" | "gone"): void {
    if (this.#nodes[node] !== "r") return;
    if (this.#state.state === "running") this.#nodes[node] = outcome === "gone" ? "w" : "o";
    else if (outcome === "gone") this.settle({ node, end: "gone" });
    else this.stopOpen();
  }

  /** Gives up every node whose job is not made yet. */
  cancel(): void {
    this.#state = { ...this.#state, state: "cancelling" };
    this.#nodes.forEach((status, node) => {
      if (isWaiting(status)) this.#nodes[node] = status === "w" ? "n" : "x";
    });
  }

  /** Tells every open job to stop. */
  stopOpen(): void {
    const jobIds = this.open.map(({ jobId }) => jobId);
    if (jobIds.length > 0) this.#effects.push({ kind: "cancel", jobIds });
  }

  /** Begins another run of all that did not complete. */
  again(): void {
    const { run } = this.#state;
    this.#state = { ...this.#state, state: "running", run: run + 1, endedAtMs: null };
    this.#nodes.forEach((status, node) => {
      if (status !== "c") this.#nodes[node] = "v";
    });
  }

  /** Carries the flow on as far as it gets: skips, makes, ends. */
  advance(gathered: readonly Gathered[] = []): void {
    if (hasEnded(this.#state.state)) return;
    this.#skip();
    if (this.#state.state === "running") this.#make(gathered);
    if (this.#nodes.every(isSettled)) this.#end();
  }

  /** Asks about the job of `node`, and gathers what its children will need if it is over. */
  look(node: number): void {
    const open = [{ node, jobId: this.#jobId(node) }];
    const children: ChildWish[] = [];
    for (const { child } of this.#state.graph.childrenOf(node)) {
      if (children.length === CARRIED_INSERTS_MAX) break;
      if (isWaiting(this.#nodes[child]!) && this.#lacksOnly(child, node)) {
        children.push(this.#wish(child));
      }
    }
    this.#look(open, children);
  }

  /** Asks about every open job, and repeats what may have been lost. */
  lookAtAll(): void {
    if (hasEnded(this.#state.state)) return;
    this.#looked = true;
    const { open } = this;
    const retries = this.#jobsOf((node) => this.#nodes[node] === "r" && !this.#isOpen(node));
    const children = retries.slice(0, CARRIED_INSERTS_MAX).map(({ node }) => this.#wish(node));
    if (this.#state.state === "cancelling") this.stopOpen();
    this.#look(open, children);
  }

  /** The step to what was noted down; no commit when nothing was, unless its wake-up must move on. */
  step(reply: FlowReply = { kind: "done" }, { woken = false } = {}): FlowStep {
    const nodes = this.#nodes.join("");
    const moved = nodes !== this.before.nodes || this.#state !== this.before;
    if (!moved && !(woken && this.#looked)) {
      return { state: this.before, reply, effects: this.#effects };
    }
    const quiet = moved ? 0 : this.before.quiet + 1;
    const afterMs = Math.min(LOOK_FIRST_MS * 2 ** quiet, LOOK_LAST_MS);
    const ended = hasEnded(this.#state.state);
    const wakeAtMs = ended ? null : this.context.nowMs + afterMs;
    const carries: Carriage = { inserts: this.#inserts };
    return {
      state: { ...this.#state, nodes, quiet, wakeAtMs },
      reply,
      effects: this.#effects,
      ...(this.#inserts.length > 0 && { carries }),
    };
  }

  /** Settles every waiting node that an edge forbids to run; parents come first, so one pass is enough. */
  #skip(): void {
    const { graph } = this.#state;
    for (const node of graph.order) {
      if (!isWaiting(this.#nodes[node]!)) continue;
      const forbidden = graph.edgesOf(node).some(({ parent, policy }) => {
        const end = this.#nodes[parent]!;
        return isSettled(end) && !admits(policy, end);
      });
      if (forbidden) this.#nodes[node] = "s";
    }
  }

  /** Makes the nodes that are ready and gathered; asks for what the others need (F1, F4). */
  #make(gathered: readonly Gathered[]): void {
    const found = new Map(gathered.map((one) => [one.node, one]));
    const wishes: ChildWish[] = [];
    for (const node of this.#state.graph.order) {
      const status = this.#nodes[node]!;
      if (!isWaiting(status) && !(status === "r" && found.has(node))) continue;
      const ends = this.#endsOf(node);
      if (ends === null) continue;
      const one = found.get(node);
      const parents = ends === "" ? "" : one?.ends === ends ? one.parents : null;
      const made = parents !== null && this.#hasRoom && this.#launch(node, parents);
      if (!made && isWaiting(status)) wishes.push(this.#wish(node));
      if (wishes.length === CARRIED_INSERTS_MAX) break;
    }
    this.#look([], wishes);
  }

  #look(open: readonly NodeJob[], children: readonly ChildWish[]): void {
    if (open.length + children.length === 0) return;
    this.#effects.push({ kind: "look", run: this.#state.run, open, children });
  }

  get #hasRoom(): boolean {
    return this.#made < CARRIED_INSERTS_MAX && this.#chars < MADE_CHARS_MAX;
  }

  /** Inserts the node's job, or has the one that may exist retried (F2); false: there was no room for it (F4). */
  #launch(node: number, parents: string): boolean {
    const jobId = this.#jobId(node);
    if (this.#nodes[node] !== "w") {
      this.#made++;
      this.#nodes[node] = "r";
      this.#effects.push({ kind: "retry", run: this.#state.run, node, jobId, parents });
      return true;
    }
    const { job } = this.#state.spec.nodes[node]!;
    const told = parents !== "" && { parents };
    const drafts = this.#drafts(jobId, {
      ...this.#read(job),
      ...told,
      observer: this.context.id,
    });
    if (this.#inserts.length + drafts.length > CARRIED_INSERTS_MAX) return false;
    this.#made++;
    this.#nodes[node] = "o";
    for (const { body } of drafts) this.#chars += body.length;
    this.#inserts.push(...drafts);
    return true;
  }

  /** A job is never older than its flow, whatever clocks say: so it is known from one of an earlier flow. */
  #drafts(id: NodeJob["jobId"], spec: JobSpec): readonly Omit<Draft, "shard">[] {
    const kept = (ms: number) => Math.max(ms, FLOW_JOB_KEPT_MIN_MS);
    const { completedMs, failedMs } = spec.retention;
    const retention = { completedMs: kept(completedMs), failedMs: kept(failedMs) };
    const nowMs = Math.max(this.context.nowMs, this.#state.createdAtMs);
    return draftsOfJob({ ...spec, retention, flowId: this.#id }, { id, nowMs });
  }

  #read(job: Parameters<typeof readFlowJob>[0]): JobSpec {
    const { createdAtMs } = this.#state;
    return readFlowJob(job, { createdAtMs, nowMs: this.context.nowMs });
  }

  /** Says how the flow ended (F5). */
  #end(): void {
    const endedAtMs = this.context.nowMs;
    const flow = this.#state = {
      ...this.#state,
      endedAtMs,
      state: this.#outcome(),
      nodes: this.#nodes.join(""),
    };
    if (!flow.spec.callback) return;
    const spec = this.#read(flow.spec.callback);
    const payload = callbackPayload(spec, summaryOf(flow, { id: this.#id, endedAtMs }));
    this.#inserts.push(...this.#drafts(callbackId(this.#id, flow.run), { ...spec, payload }));
  }

  #outcome(): FlowState["state"] {
    const { graph, spec, state } = this.#state;
    const has = (...ends: NodeStatus[]) => this.#nodes.some((status) => ends.includes(status));
    if (state === "cancelling" && has("x", "n")) return "cancelled";
    const failed = this.#nodes.some((status, node) => {
      if (status !== "f" && status !== "x") return false;
      const children = graph.childrenOf(node);
      return children.length === 0
        ? spec.onFailure !== "ignore"
        : children.some(({ policy }) => policy !== "ignore");
    });
    return failed ? "failed" : "completed";
  }

  /** One end for each parent of `node`; null while one of them is not settled. */
  #endsOf(node: number): string | null {
    let ends = "";
    for (const { parent } of this.#state.graph.edgesOf(node)) {
      const status = this.#nodes[parent]!;
      if (!isSettled(status)) return null;
      ends += status;
    }
    return ends;
  }

  /** Tells whether all parents of `child` but `node` are settled. */
  #lacksOnly(child: number, node: number): boolean {
    return this.#state.graph.edgesOf(child).every(({ parent }) =>
      parent === node || isSettled(this.#nodes[parent]!)
    );
  }

  #wish(node: number): ChildWish {
    const parents = this.#state.graph.edgesOf(node).map(({ parent }) => {
      const status = this.#nodes[parent]!;
      const end: NodeEnd | null = isSettled(status) ? status : null;
      const { key } = this.#state.graph.nodes[parent]!;
      return { key, jobId: this.#jobId(parent), end };
    });
    return { node, parents };
  }

  #isOpen(node: number): boolean {
    const status = this.#nodes[node];
    return status === "o" || (status === "r" && this.#state.state === "cancelling");
  }

  #jobsOf(nodes: (node: number) => boolean): readonly NodeJob[] {
    const jobs: NodeJob[] = [];
    for (let node = 0; node < this.#nodes.length; node++) {
      if (nodes(node)) jobs.push({ node, jobId: this.#jobId(node) });
    }
    return jobs;
  }

  #jobId(node: number): NodeJob["jobId"] {
    return flowJobId(this.#id, this.#state.graph.nodes[node]!.key);
  }
}
