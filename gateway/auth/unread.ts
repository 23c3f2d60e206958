/**
 * Unread: what a caller without the scope `read` is told of what he wrote.
 *
 * Intuition: the answer to a write shows what was written: a cancelled job with its payload, a replayed one
 * with its result. Whoever may not read gets the ids, states and counts of it, no more.
 *
 * Invariant: R1. Only members of {@link TOLD} get through, at the top of the answer, and only ids and places within.
 * @module
 */

/** What is told. */
const TOLD: ReadonlySet<string> = new Set([
  ...["id", "state", "jobId", "jobIds", "next", "cursor"],
  ...["accepted", "rejected", "jobs", "errors", "omitted", "incomplete"],
  ...["matched", "done", "refused"],
]);

/** `response` to a write, cut down to what may be told (R1). Refusals and streams of ids stay as they are. */
export async function withoutReading(response: Response): Promise<Response> {
  const type = response.headers.get("content-type");
  if (!response.ok || type !== "application/json") return response;
  const answer = await response.json() as Record<string, unknown>;
  const told = Object.entries(answer).filter(([name]) => TOLD.has(name))
    .map(([name, value]) => [name, name === "jobs" ? placesOf(value) : value]);
  return new Response(JSON.stringify(Object.fromEntries(told)), {
    status: response.status,
    headers: response.headers,
  });
}

/** Of a bulk submission; a flow's jobs are told by their ids and states. */
function placesOf(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined;
  return value.map(({ index, id, key, state, jobId }) => ({ index, id, key, state, jobId }));
}
