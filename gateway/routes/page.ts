/**
 * Page: one page of a list of stored things, put together as text.
 *
 * Intuition: every page is bounded twice, by a count and by its size, and says with a cursor where to
 * go on. A cursor is sealed with the terms of the list it belongs to (cursor.ts). What is listed is
 * text already: payloads are never parsed (views/job_view.ts).
 * @module
 */
import { invalid } from "../http/problem.ts";
import { jsonText } from "../http/reply.ts";
import type { RouteResult } from "../http/route.ts";
import { LIST_CHARS_MAX, LIST_STEP } from "../limits.ts";
import { openCursor, sealCursor } from "./cursor.ts";

/** The refusal of a cursor that this list did not give out. */
export const BAD_CURSOR = invalid([{
  path: "cursor",
  message: "must come from the page before, with the same filter and order",
}]);

/** What is listed, and where from. */
export interface ListOf<Item> {
  /** The member of the answer that holds the list. */
  readonly name: string;
  /** Filter and order, as text. */
  readonly terms: string;
  /** As the client sent it; undefined: from the start. */
  readonly cursor: string | undefined;
  /** Instead of a cursor: where the page is to end. Only for lists that tell with `previous` how to go back. */
  readonly before?: string | undefined;
  /** The list can be paged backwards, too. */
  readonly goesBack?: boolean;
  readonly limit: number;
  /** At most `limit` items from the store's `cursor` on, or, backwards, those before it; in the list's order. */
  readonly fetch: (
    query: { readonly limit: number; readonly cursor?: string; readonly backwards: boolean },
  ) => Promise<{ readonly records: readonly Item[]; readonly cursor: string | null }>;
  /** An item's JSON text. */
  readonly textOf: (item: Item) => string;
}

/** The page: `{"<name>":[…],"cursor":…}`, and `previous` if it goes back. Rejects as `fetch` does. */
export async function pageResult<Item>(list: ListOf<Item>): Promise<RouteResult> {
  const { name, terms, limit, fetch, textOf, before } = list;
  const backwards = before !== undefined;
  const place = before ?? list.cursor;
  let cursor = place === undefined ? null : openCursor(place, terms);
  if (cursor === undefined) return BAD_CURSOR;
  const texts: string[] = [];
  let chars = 0;
  // Step by step, so that large payloads make a short page instead of a huge one.
  do {
    const step = Math.min(LIST_STEP, limit - texts.length);
    const page = await fetch({ limit: step, backwards, ...(cursor !== null && { cursor }) });
    const found = page.records.map(textOf);
    chars += found.reduce((sum, text) => sum + text.length, 0);
    if (backwards) texts.unshift(...found);
    else texts.push(...found);
    cursor = page.cursor;
    // A short step means that the store stopped looking: hand that on instead of going on for it.
    if (page.records.length < step) break;
  } while (cursor !== null && texts.length < limit && chars < LIST_CHARS_MAX);
  const reached = cursor === null ? null : sealCursor(cursor, terms);
  const next = JSON.stringify(backwards ? before : reached);
  const previous = JSON.stringify(backwards ? reached : list.cursor ?? null);
  const back = list.goesBack === true ? `,"previous":${previous}` : "";
  return jsonText(`{"${name}":[${texts.join(",")}],"cursor":${next}${back}}`);
}
