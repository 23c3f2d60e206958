/**
 * Filter: which jobs' news a webhook is sent.
 * @module
 */
import { fits } from "../alert/rule.ts";
import type { JobStateName } from "../job/messages.ts";
import type { JobNews } from "./news.ts";

/** A list that is empty asks for nothing; in a pattern `*` stands for any text. */
export interface WebhookFilter {
  readonly states: readonly JobStateName[];
  /** Patterns, any of which the queue is like. */
  readonly queues: readonly string[];
  /** Likewise for the job's name. */
  readonly names: readonly string[];
  /** Likewise for any of its tags. */
  readonly tags: readonly string[];
  /** Whether progress within an attempt is told too. */
  readonly progress: boolean;
}

/** Tells whether `filter` lets `news` through. Cost: O(length of patterns and texts). */
export function passes(
  { states, queues, names, tags, progress }: WebhookFilter,
  { job, progressOnly }: Pick<JobNews, "job" | "progressOnly">,
): boolean {
  if (progressOnly ? !progress : states.length > 0 && !states.includes(job.state)) return false;
  return isLikeAny([job.queue], queues) && isLikeAny([job.name], names) &&
    isLikeAny(job.tags, tags);
}

function isLikeAny(texts: readonly string[], patterns: readonly string[]): boolean {
  return patterns.length === 0 ||
    texts.some((text) => patterns.some((pattern) => fits(text, pattern)));
}
