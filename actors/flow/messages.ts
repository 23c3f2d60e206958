/**
 * Messages: what a flow can be told, what it answers, and what it asks of the world.
 * @module
 */
import type { ActorId } from "../../runtime/ids.ts";
import type { FlowStateName, JobEnd, NodeEnd } from "./state.ts";

/** What a flow actor receives. */
export type FlowMessage =
  /** It is time to look whether news of its jobs were lost. */
  | { readonly kind: "wake" }
  /** Another node had it, or this one before a restart: whatever was on its way is lost. */
  | { readonly kind: "adopted" }
  /** One of its jobs is over. */
  | { readonly kind: "job-over"; readonly jobId: string }
  /** What a `look` of that run found: the jobs that are over, and the children whose parents all are. */
  | {
    readonly kind: "looked";
    readonly run: number;
    readonly ends: readonly JobEnding[];
    readonly gathered: readonly Gathered[];
  }
  /** What became of the retry of a node's job: it runs, or there is none any more. */
  | {
    readonly kind: "retried";
    readonly run: number;
    readonly node: number;
    readonly outcome: "runs" | "gone";
  }
  /** A user wants the whole cancelled. */
  | { readonly kind: "cancel" }
  /** A user wants what did not complete to run again. */
  | { readonly kind: "retry" };

/** A node whose job is over. */
export interface JobEnding {
  readonly node: number;
  /** `gone`: there is no such job, or it is another's. */
  readonly end: JobEnd | "gone";
}

/** A node whose parents' outcomes were gathered. */
export interface Gathered {
  readonly node: number;
  /** One end for each parent, in the order of the edges: what `parents` was made of. */
  readonly ends: string;
  /** JSON text: `{[key]: {state, result?, error?}}`. */
  readonly parents: string;
}

/** What a flow answers. */
export type FlowReply =
  | { readonly kind: "done" }
  /** Begun: open jobs are being stopped. */
  | { readonly kind: "stopping" }
  | { readonly kind: "refused"; readonly state: FlowStateName; readonly why: string };

/** What a flow asks of the world once its state is committed. */
export type FlowEffect =
  /** Find out which of these jobs are over, gather what these children's parents left, and tell it by `looked`. */
  | {
    readonly kind: "look";
    readonly run: number;
    readonly open: readonly NodeJob[];
    readonly children: readonly ChildWish[];
  }
  /** Cancel these jobs. */
  | { readonly kind: "cancel"; readonly jobIds: readonly ActorId[] }
  /** Run this node's job again, with these outcomes of its parents, and tell it by `retried`. */
  | {
    readonly kind: "retry";
    readonly run: number;
    readonly node: number;
    readonly jobId: ActorId;
    readonly parents: string;
  };

/** A node and its job. */
export interface NodeJob {
  readonly node: number;
  readonly jobId: ActorId;
}

/** A child that could be made, and its parents in the order of its edges. */
export interface ChildWish {
  readonly node: number;
  readonly parents: readonly ParentWish[];
}

/** A parent whose outcome is asked for. */
export interface ParentWish {
  readonly key: string;
  readonly jobId: ActorId;
  /** How it ended; null: that is to be seen. */
  readonly end: NodeEnd | null;
}
