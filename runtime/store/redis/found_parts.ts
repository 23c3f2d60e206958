/**
 * Found parts: what the storage groups tell of a search, put together in one page.
 *
 * Intuition: actors of all groups stand in one order, by serial and, where those are equal, by group. A place in it is
 * a cursor for all: each group is asked from behind it. A page goes as far as every group has looked.
 * @module
 */
import type { Snapshot } from "../../snapshot.ts";
import type { FindQuery } from "../port.ts";

/** What one group tells. */
export interface FoundPart {
  /** In the order that was asked for. */
  readonly found: readonly { readonly serial: number; readonly snapshot: Snapshot }[];
  /** It has looked at everything up to this serial; -1: at all there is. */
  readonly reached: number;
}

/** A page of all groups; `reached`: the place up to which everything was looked at, null: there is no more. */
export interface PlacedPage {
  readonly snapshots: readonly Snapshot[];
  readonly reached: number | null;
}

/** The serial behind which `group` of `groups` is asked when everything up to `place` is dealt with. */
export function serialBehind(
  place: number,
  { group, groups, order }: Pick<FindQuery, "order"> & { group: number; groups: number },
): number {
  const serial = (place - group) / groups;
  return Math.max(0, order === "newest" ? Math.ceil(serial) : Math.floor(serial));
}

/** The page of `parts`, one for each group in the groups' order. */
export function pageOf(
  parts: readonly FoundPart[],
  { order, limit }: Pick<FindQuery, "order" | "limit">,
): PlacedPage {
  const sign = order === "newest" ? -1 : 1;
  const rankOf = (serial: number, group: number) => sign * (serial * parts.length + group);
  const horizon = Math.min(...parts.map(({ reached }, group) => {
    return reached < 0 ? Infinity : rankOf(reached, group);
  }));
  const within = parts
    .flatMap(({ found }, group) =>
      found.map((one) => ({ ...one, rank: rankOf(one.serial, group) }))
    )
    .filter(({ rank }) => rank <= horizon)
    .sort((one, other) => one.rank - other.rank);
  const page = within.slice(0, limit);
  const cut = page.length < within.length ? page.at(-1)?.rank : undefined;
  const reached = cut ?? horizon;
  return {
    snapshots: page.map(({ snapshot }) => snapshot),
    reached: reached === Infinity ? null : sign * reached,
  };
}
