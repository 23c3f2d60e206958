/**
 * World: a flow and its jobs with their real reducers and the real driver, in a world whose events a test
 * chooses: what is delivered next, lost or repeated, which read is answered, which job ends, when the node dies.
 *
 * Every insertion and retry of a job is watched: its parents must be over and admit it; and it must be the first of its id.
 * @module
 */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { Behaviour, Step } from "../../../runtime/actor/behaviour.ts";
import type { Settled } from "../../../runtime/actor/envelope.ts";
import type { ActorId, ShardId } from "../../../runtime/ids.ts";
import { LOAD_IDS_MAX } from "../../../runtime/limits.ts";
import type { Draft, Snapshot } from "../../../runtime/snapshot.ts";
import { VirtualClock } from "../../../runtime/testing/virtual_clock.ts";
import type { AttemptOutcome } from "../../executor/port.ts";
import { jobBehaviour } from "../../job/behaviour.ts";
import { decodeJob } from "../../job/codec.ts";
import type { JobEffect, JobMessage, JobReply } from "../../job/messages.ts";
import type { JobState } from "../../job/state.ts";
import { contextOf } from "../../job/testing/samples.ts";
import { flowBehaviour } from "../behaviour.ts";
import { decodeFlow, draftOfFlow } from "../codec.ts";
import { FlowDriver } from "../flow_driver.ts";
import { callbackId, flowActorId, flowJobId } from "../ids.ts";
import type { FlowEffect, FlowMessage, FlowReply } from "../messages.ts";
import type { FlowPlan } from "../spec.ts";
import { admits, type FlowState, type NodeEnd } from "../state.ts";

/** The flow of every world. */
export const FLOW = "order-7";
const ACTOR = flowActorId(FLOW);
const JOBS = jobBehaviour();
const ENDS: Partial<Record<JobState["state"], NodeEnd>> = {
  completed: "c",
  failed: "f",
  cancelled: "x",
};

/** How a job is made to end. */
export type Ending = "ok" | "fail" | "cancel";

/** A message on its way. */
export interface Letter {
  readonly to: ActorId;
  readonly message: FlowMessage | JobMessage;
  readonly settle?: ((settled: Settled<never>) => void) | undefined;
}

/** A read that waits for the store. */
export interface Read {
  readonly ids: readonly ActorId[];
  readonly resolve: (snapshots: readonly (Snapshot | undefined)[]) => void;
}

/** One flow, its jobs, and all that is on its way. */
export class World {
  readonly clock = new VirtualClock();
  readonly rows = new Map<ActorId, Snapshot>();
  letters: Letter[] = [];
  reads: Read[] = [];
  /** How often each job was completed, by key. */
  readonly completions = new Map<string, number>();
  /** Keys in the order in which their jobs were made. */
  readonly made: string[] = [];
  commits = 0;
  #read: { readonly row: Snapshot; readonly flow: FlowState } | undefined;
  readonly #open = new Set<string>();
  readonly #nodes: ReadonlyMap<ActorId, FlowPlan["nodes"][number]>;
  #driver: FlowDriver;
  #life = 0;
  #unique = 0;

  constructor(readonly plan: FlowPlan) {
    this.#nodes = new Map(plan.nodes.map((node) => [flowJobId(FLOW, node.key), node]));
    this.#driver = this.#newDriver();
    this.insert(draftOfFlow(plan, { id: FLOW, nowMs: this.clock.wallMs() }));
  }

  get flow(): FlowState {
    const row = this.rows.get(ACTOR)!;
    if (this.#read?.row !== row) this.#read = { row, flow: decodeFlow(row) };
    return this.#read.flow;
  }

  job(key: string): JobState | undefined {
    const row = this.rows.get(flowJobId(FLOW, key));
    return row && decodeJob(row);
  }

  /** The job that tells of the end of the flow's present run. */
  get callback(): JobState | undefined {
    const row = this.rows.get(callbackId(FLOW, this.flow.run));
    return row && decodeJob(row);
  }

  /** Keys of the jobs that are not over. */
  get open(): readonly string[] {
    return [...this.#open];
  }

  /** What the job's handler is told of its parents. */
  parentsOf(key: string): unknown {
    return JSON.parse(this.job(key)?.spec.parents ?? "null");
  }

  /** Tells the flow; gives its answer. `dies`: the node does, between the commit and the effects. */
  tell(message: FlowMessage, { dies = false } = {}): FlowReply | undefined {
    const step = this.#receive(ACTOR, flowBehaviour, message);
    if (dies) this.die();
    else for (const effect of step?.effects ?? []) this.#perform(effect);
    return step?.reply;
  }

  /** Lets the flow's wake-up time come. */
  wake(options: { dies?: boolean } = {}): void {
    const { wakeAtMs } = this.flow;
    if (wakeAtMs === null) return;
    this.clock.advance(Math.max(0, wakeAtMs - this.clock.wallMs()));
    this.tell({ kind: "wake" }, options);
  }

  /** The node dies and another takes over: what was on its way is gone. */
  die(): void {
    this.letters = [];
    this.reads = [];
    this.#driver = this.#newDriver();
  }

  /** Takes a letter off the way and delivers it. */
  deliver(letter: Letter, options: { dies?: boolean } = {}): void {
    this.letters = this.letters.filter((one) => one !== letter);
    this.hand(letter, options);
  }

  /** Delivers a letter, which stays on its way if it was. */
  hand({ to, message, settle }: Letter, options: { dies?: boolean } = {}): void {
    if (to === ACTOR) return void this.tell(message as FlowMessage, options);
    if (message.kind === "retry") this.#mayRun(to);
    const reply = this.tellJob(to, message as JobMessage);
    if (reply === undefined) settle?.({ kind: "missing" });
    else settle?.({ kind: "handled", reply: reply as never, snapshot: this.rows.get(to)! });
  }

  tellJob(id: ActorId, message: JobMessage): JobReply | undefined {
    const step = this.#receive(id, JOBS, message);
    const key = this.#nodes.get(id)?.key;
    if (key !== undefined && step?.state.finishedAtMs === null) this.#open.add(key);
    else if (key !== undefined) this.#open.delete(key);
    for (const effect of step?.effects ?? []) this.#performJob(id, effect);
    return step?.reply;
  }

  /** Lets the job `key` run to that end. */
  end(key: string, ending: Ending): void {
    const id = flowJobId(FLOW, key);
    if (ending === "cancel") return void this.tellJob(id, { kind: "cancel" });
    this.clock.advance(Math.max(0, this.job(key)!.runAtMs - this.clock.wallMs()));
    this.tellJob(id, { kind: "start" });
    const token = this.job(key)!.running!.token;
    const error = { name: "Error", message: `${key} failed` };
    const outcome: AttemptOutcome = ending === "ok"
      ? { kind: "ok", result: JSON.stringify(key) }
      : { kind: "error", error, retryable: false };
    this.tellJob(id, { kind: "ended", token, outcome });
    if (ending === "ok") this.completions.set(key, (this.completions.get(key) ?? 0) + 1);
  }

  /** Answers a read with what is committed now. */
  async answer(read: Read): Promise<void> {
    this.reads = this.reads.filter((one) => one !== read);
    read.resolve(read.ids.map((id) => this.rows.get(id)));
    await this.drained();
  }

  /** Lets promises go on that need no help: one turn of the event loop. */
  drained(): Promise<void> {
    return new Promise((resume) => setImmediate(resume));
  }

  /** Lets everything happen that is on its way, jobs excepted. */
  async settle(): Promise<void> {
    await this.drained();
    while (this.letters.length + this.reads.length > 0) {
      const [letter] = this.letters;
      if (letter) this.deliver(letter);
      const [read] = this.reads;
      if (read) await this.answer(read);
      await this.drained();
    }
  }

  /** Lets the flow run to its end, every job as `ending` says. */
  async run(ending: (key: string) => Ending = () => "ok"): Promise<void> {
    this.wake();
    await this.settle();
    for (let { open } = this; open.length > 0; { open } = this) {
      for (const key of open) this.end(key, ending(key));
      await this.settle();
    }
  }

  /** Inserts an actor, as a commit or a user does. */
  insert(draft: Omit<Draft, "shard">): void {
    assert.ok(!this.rows.has(draft.id), `${draft.id} is made once`);
    this.#mayRun(draft.id);
    const node = this.#nodes.get(draft.id);
    if (node) this.made.push(node.key);
    if (node) this.#open.add(node.key);
    this.rows.set(draft.id, { ...draft, shard: 0 as ShardId, version: 1 });
  }

  /** A job runs after its parents, if their ends admit it. */
  #mayRun(id: ActorId): void {
    const node = this.#nodes.get(id);
    for (const { parent, policy } of node?.edges ?? []) {
      const { key } = this.plan.nodes[parent]!;
      const state = this.job(key)?.state;
      const skipped = this.flow.nodes[parent] === "s" ? "s" : undefined;
      const end = state === undefined ? skipped : ENDS[state];
      assert.ok(end && admits(policy, end), `${id} after ${key}, which is ${state}`);
    }
  }

  #newDriver(): FlowDriver {
    const life = ++this.#life;
    const alive = () => life === this.#life;
    const send = (letter: Letter) => alive() && this.letters.push(letter);
    return new FlowDriver({
      clock: this.clock,
      read: (ids) => {
        assert.ok(ids.length <= LOAD_IDS_MAX);
        return new Promise((resolve) => alive() && this.reads.push({ ids, resolve }));
      },
      tell: (to, message) => send({ to, message }),
      tellJob: (to, message, settle) => send({ to, message, settle: settle as Letter["settle"] }),
    });
  }

  #perform(effect: FlowEffect): void {
    this.#driver.perform(effect, this.rows.get(ACTOR)!);
  }

  #performJob(jobId: ActorId, effect: JobEffect): void {
    if (effect.kind === "over") {
      this.letters.push({ to: effect.observer, message: { kind: "job-over", jobId } });
    }
    // A running job obeys at once.
    if (effect.kind === "abort") {
      const { token } = effect.key;
      this.tellJob(jobId, { kind: "ended", token, outcome: { kind: "cancelled" } });
    }
  }

  /** Handles a message and commits what it leads to. */
  #receive<State, Message, Reply, Effect>(
    id: ActorId,
    behaviour: Behaviour<State, Message, Reply, Effect>,
    message: Message,
  ): Step<State, Reply, Effect> | undefined {
    const before = this.rows.get(id);
    if (!before) return undefined;
    const state = behaviour.decode(before);
    const nextVersion = before.version + 1;
    const unique = `unique-${this.#unique++}`;
    const context = { ...contextOf({ nowMs: this.clock.wallMs() }), id, nextVersion, unique };
    const step = behaviour.receive(state, message, context);
    if (step.state === state) return step;
    this.commits++;
    const body = step.carries?.body ?? before.body;
    this.rows.set(id, { ...before, ...behaviour.encode(step.state), body, version: nextVersion });
    for (const draft of step.carries?.inserts ?? []) this.insert(draft);
    return step;
  }
}
