/**
 * Bulk: many submissions with few requests, each of which may be repeated.
 *
 * Intuition: a job whose id the client chose cannot be made twice. So each job without an id gets one here; when an
 * answer is lost, or says that some jobs met a full node, those are sent again, and a conflict on an id that only we
 * know tells that the job is there.
 *
 * Invariants: B1. Every job has exactly one fate, in the order of the jobs. B2. A request carries at most
 * {@link CHUNK_JOBS_MAX} jobs and, unless one job alone is larger, {@link CHUNK_CHARS_MAX} characters.
 *
 * Not here: jobs that share a key, which have no id of their own choice (client.ts submits them one by one).
 * @module
 */
import type { ProblemDocument } from "./failures.ts";
import type { Requester } from "./requester.ts";

/** Jobs of one request: a few full commits of the node. */
export const CHUNK_JOBS_MAX = 1_000;
/** Characters of one request: below the API's 16 MiB, even if each takes three bytes. */
export const CHUNK_CHARS_MAX = 4 * 1024 * 1024;

/** A job as it is sent. */
export type BulkItem = Readonly<Record<string, unknown>> & { readonly id: string };

/** Why one job of many was refused. */
export type ItemProblem = Pick<ProblemDocument, "status" | "title" | "detail" | "errors">;

/** What became of one job: taken, refused, or `exists`: its id is taken, perhaps by an earlier attempt of this call. */
export type Fate =
  | { readonly kind: "accepted" }
  | { readonly kind: "exists"; readonly problem: ItemProblem; readonly doubtful: boolean }
  | { readonly kind: "refused"; readonly problem: ItemProblem };

interface BulkAnswer {
  readonly jobs: readonly { readonly index: number }[];
  readonly errors: readonly (ItemProblem & { readonly index: number })[];
}

/** Submits `items`; rejects as `Requester.send` does when a whole request fails. (B1) */
export async function submitItems(
  requester: Requester,
  items: readonly BulkItem[],
  signal?: AbortSignal,
): Promise<Fate[]> {
  const fates: Fate[] = [];
  for (const chunk of chunks(items)) fates.push(...await submitChunk(requester, chunk, signal));
  return fates;
}

/** Divides `items` into requests (B2). */
export function* chunks(items: readonly BulkItem[]): Generator<readonly BulkItem[]> {
  let chunk: BulkItem[] = [];
  let chars = 0;
  for (const item of items) {
    const itemChars = JSON.stringify(item).length;
    const full = chunk.length === CHUNK_JOBS_MAX || chars + itemChars > CHUNK_CHARS_MAX;
    if (full && chunk.length > 0) {
      yield chunk;
      [chunk, chars] = [[], 0];
    }
    chunk.push(item);
    chars += itemChars;
  }
  if (chunk.length > 0) yield chunk;
}

async function submitChunk(
  requester: Requester,
  chunk: readonly BulkItem[],
  signal: AbortSignal | undefined,
): Promise<Fate[]> {
  const fates = new Map<BulkItem, Fate>();
  const inDoubt = new Set<BulkItem>();
  let open = chunk;
  for (let attempt = 1; open.length > 0; attempt++) {
    const { body, doubtful } = await requester.send<BulkAnswer>({
      ...{ method: "POST", path: "/jobs", json: open, repeatable: true, signal },
    });
    if (doubtful) open.forEach((item) => inDoubt.add(item));
    for (const { index } of body.jobs) fates.set(open[index]!, { kind: "accepted" });
    const again: BulkItem[] = [];
    for (const { index, ...problem } of body.errors) {
      const item = open[index]!;
      const fate = fateOf(problem, inDoubt.has(item));
      if (!isPassing(problem.status) || attempt >= requester.attempts) fates.set(item, fate);
      else again.push(item);
      if (problem.status === 504) inDoubt.add(item);
    }
    open = again;
    if (open.length > 0) await requester.wait(requester.backoffMs(attempt), signal);
  }
  return chunk.map((item) => fates.get(item) ?? { kind: "refused", problem: UNTOLD });
}

/** The API lists at most so many refused jobs; of the others it tells only how many they are. */
const UNTOLD: ItemProblem = {
  status: 422,
  title: "Refused",
  detail: "this job is one of more refused jobs than the answer lists",
};

function fateOf(problem: ItemProblem, doubtful: boolean): Fate {
  return problem.status === 409
    ? { kind: "exists", problem, doubtful }
    : { kind: "refused", problem };
}

function isPassing(status: number): boolean {
  return status === 429 || status === 503 || status === 504;
}
