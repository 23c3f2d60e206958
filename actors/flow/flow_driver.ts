/**
 * FlowDriver: does what flows ask of the world: reads their jobs, gathers what parents left, cancels and retries.
 *
 * Intuition: in a wide flow many jobs end at once, and each end asks for a look. While a flow is being read, its
 * further looks are put together, so that the next read answers all of them.
 *
 * Invariants: D3. A look is answered once the store answers, however long that takes; of one flow one is under way at
 * a time, of all flows `LOOKS_MAX`. D4. No read is of more than `JOBS_READ_MAX` jobs, and an answer gathers about
 * `GATHERED_CHARS_MAX` characters: at least one child, the others are asked for again. D5. A job that another made is
 * no job of the flow.
 * @module
 */
import type { Settled } from "../../runtime/actor/envelope.ts";
import type { Clock } from "../../runtime/clock.ts";
import { unreachable } from "../../runtime/fault.ts";
import type { ActorId } from "../../runtime/ids.ts";
import { STORE_RETRY_MIN_MS } from "../../runtime/limits.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import { decodeJob } from "../job/codec.ts";
import type { JobMessage, JobReply } from "../job/messages.ts";
import type { JobState } from "../job/state.ts";
import type {
  ChildWish,
  FlowEffect,
  FlowMessage,
  Gathered,
  JobEnding,
  ParentWish,
} from "./messages.ts";
import { type ParentOutcome, parentsText } from "./parents.ts";
import type { JobEnd } from "./state.ts";

/** Flows whose jobs are read at once. */
export const LOOKS_MAX = 8;
/** Jobs of one read: with the largest results 16 MiB. */
export const JOBS_READ_MAX = 64;
/** Characters of outcomes in one answer, but for its last child's. */
export const GATHERED_CHARS_MAX = 1024 * 1024;

/** What the driver needs of its node. */
export interface FlowDriverOptions {
  readonly clock: Clock;
  /** The committed snapshots of up to `LOAD_IDS_MAX` actors. */
  readonly read: (ids: readonly ActorId[]) => Promise<readonly (Snapshot | undefined)[]>;
  /** Tells a flow about its own work. */
  readonly tell: (flow: ActorId, message: FlowMessage) => void;
  /** Tells a job. */
  readonly tellJob: (
    job: ActorId,
    message: JobMessage,
    settle: (settled: Settled<JobReply>) => void,
  ) => void;
}

/** What one flow wants to know. */
interface Look {
  readonly flow: ActorId;
  readonly createdAtMs: number;
  readonly run: number;
  readonly open: Map<number, ActorId>;
  readonly children: Map<number, ChildWish>;
}

/** The flows' hands. */
export class FlowDriver {
  /** Looks that are not begun, in the order in which they came. */
  readonly #waiting = new Map<ActorId, Look>();
  readonly #reading = new Set<ActorId>();

  constructor(private readonly options: FlowDriverOptions) {}

  /** Performs what a flow asked for (B2). */
  perform(effect: FlowEffect, snapshot: Snapshot): void {
    switch (effect.kind) {
      case "look":
        return this.#ask(effect, snapshot);
      case "cancel":
        for (const id of effect.jobIds) this.options.tellJob(id, { kind: "cancel" }, () => {});
        return;
      case "retry":
        return this.#retry(effect, snapshot.id);
      default:
        return unreachable(effect);
    }
  }

  #retry({ run, node, jobId, parents }: FlowEffect & { kind: "retry" }, flow: ActorId): void {
    const message: JobMessage = { kind: "retry", ...(parents !== "" && { parents }) };
    this.options.tellJob(jobId, message, ({ kind }) => {
      // A job that refuses is at work already, or completed. Of anything else the flow hears nothing, and asks again.
      const outcome = kind === "handled" ? "runs" : kind === "missing" ? "gone" : null;
      if (outcome !== null) this.options.tell(flow, { kind: "retried", run, node, outcome });
    });
  }

  #ask(effect: FlowEffect & { kind: "look" }, { id: flow, createdAtMs }: Snapshot): void {
    const { run } = effect;
    const waiting = this.#waiting.get(flow);
    const look: Look = waiting?.run === run
      ? waiting
      : { flow, createdAtMs, run, open: new Map(), children: new Map() };
    for (const { node, jobId } of effect.open) look.open.set(node, jobId);
    for (const child of effect.children) look.children.set(child.node, child);
    this.#waiting.set(flow, look);
    queueMicrotask(() => this.#begin());
  }

  /** Begins what waits and may begin (D3). */
  #begin(): void {
    for (const [flow, look] of this.#waiting) {
      if (this.#reading.size >= LOOKS_MAX) return;
      if (this.#reading.has(flow)) continue;
      this.#waiting.delete(flow);
      this.#reading.add(flow);
      void this.#answer(look);
    }
  }

  async #answer(look: Look): Promise<void> {
    let answer: FlowMessage;
    try {
      answer = await this.#see(look);
    } catch {
      this.options.clock.after(STORE_RETRY_MIN_MS, () => void this.#answer(look)); // (D3)
      return;
    }
    this.#reading.delete(look.flow);
    this.options.tell(look.flow, answer);
    this.#begin();
  }

  async #see({ flow, createdAtMs, run, open, children }: Look): Promise<FlowMessage> {
    const sight = new Sight((ids) => this.options.read(ids), { flow, createdAtMs });
    const wishes = [...children.values()];
    const ends = await sight.endsOf(open);
    return { kind: "looked", run, ends, gathered: await sight.gather(wishes) };
  }
}

/** What is seen of the jobs of one flow in one look. */
class Sight {
  /** What open jobs left that are over, for their children. */
  readonly #left = new Map<ActorId, Left>();

  constructor(
    private readonly load: FlowDriverOptions["read"],
    private readonly flow: { readonly flow: ActorId; readonly createdAtMs: number },
  ) {}

  /** Those of the jobs that are over. */
  async endsOf(open: ReadonlyMap<number, ActorId>): Promise<readonly JobEnding[]> {
    const ends: JobEnding[] = [];
    const jobs = [...open];
    for (let at = 0; at < jobs.length; at += JOBS_READ_MAX) {
      this.#forget();
      const page = jobs.slice(at, at + JOBS_READ_MAX);
      const seen = await this.#read(page.map(([, id]) => id));
      page.forEach(([node], place) => {
        const end = seen[place]?.end;
        if (end) ends.push({ node, end });
      });
    }
    return ends;
  }

  /** What the parents of the children left, as far as there is room (D4); children of whom a parent is not over are left out. */
  async gather(children: readonly ChildWish[]): Promise<readonly Gathered[]> {
    const gathered: Gathered[] = [];
    let chars = 0;
    for (const { node, parents } of children) {
      if (chars >= GATHERED_CHARS_MAX) break;
      const outcomes: ParentOutcome[] = [];
      for (let at = 0; at < parents.length; at += JOBS_READ_MAX) {
        outcomes.push(...await this.#outcomes(parents.slice(at, at + JOBS_READ_MAX)));
      }
      if (outcomes.length < parents.length) continue;
      const text = parentsText(outcomes);
      chars += text.length;
      gathered.push({ node, parents: text, ends: outcomes.map(({ end }) => end).join("") });
    }
    return gathered;
  }

  /** Outcomes of those of the parents that are over. A parent that ran again since is told without what it left. */
  async #outcomes(parents: readonly ParentWish[]): Promise<readonly ParentOutcome[]> {
    this.#forget();
    const unread = parents.filter(({ jobId, end }) =>
      end !== "s" && end !== "n" && !this.#left.has(jobId)
    );
    if (unread.length > 0) await this.#read(unread.map(({ jobId }) => jobId));
    return parents.flatMap(({ key, jobId, end }) => {
      const left = this.#left.get(jobId);
      const shown = end ?? (left?.end === "gone" ? "f" : left?.end);
      if (!shown) return [];
      const { result, error } = left?.end === shown ? left : NOTHING;
      return [{ key, end: shown, result, error }];
    });
  }

  /** Children mostly share their parents, so what was read last is kept, but not much of it. */
  #forget(): void {
    if (this.#left.size >= JOBS_READ_MAX) this.#left.clear();
  }

  async #read(ids: readonly ActorId[]): Promise<readonly Left[]> {
    const snapshots = await this.load(ids);
    return ids.map((id, place) => {
      const left = leftBy(snapshots[place], this.flow);
      this.#left.set(id, left);
      return left;
    });
  }
}

/** What a job left. `end` null: it is not over. */
interface Left {
  readonly end: JobEnd | "gone" | null;
  readonly result: string | null;
  readonly error: ParentOutcome["error"];
}

const NOTHING = { result: null, error: null } as const;
const GONE: Left = { end: "gone", ...NOTHING };
const ENDS: Partial<Record<JobState["state"], JobEnd>> = {
  completed: "c",
  failed: "f",
  cancelled: "x",
};

/** A job that is gone, another's (D5) or unreadable will never complete for the flow. */
function leftBy(
  snapshot: Snapshot | undefined,
  { flow, createdAtMs }: { readonly flow: ActorId; readonly createdAtMs: number },
): Left {
  if (snapshot === undefined || snapshot.createdAtMs < createdAtMs) return GONE;
  let job: JobState;
  try {
    job = decodeJob(snapshot);
  } catch {
    return GONE;
  }
  if (job.spec.observer !== flow) return GONE;
  const end = ENDS[job.state] ?? null;
  return { end, error: job.error, result: end === "c" ? job.result : null };
}
