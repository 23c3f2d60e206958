/**
 * DueModel: the due index of a store as a plain map, to answer what a {@link NearWindow} wants read.
 * @module
 */
import { ARM_AHEAD_MS } from "../limits.ts";
import type { ActorId } from "../ids.ts";
import { type DueEntry, hasKey } from "../snapshot.ts";
import type { LanesPage } from "../store/port.ts";
import type { WindowEvent, WindowRead } from "../wakeups/window_events.ts";

/** An entry with short names: rank 0 and lane `job/a` unless told otherwise. */
export function dueEntry(
  id: string,
  wakeAtMs: number,
  place: { lane?: string; rank?: number } = {},
): DueEntry {
  return { id: id as ActorId, wakeAtMs, lane: place.lane ?? "job/a", rank: place.rank ?? 0 };
}

/** The index; `readMax` bounds each read of the time ahead, as `WINDOW_READ_MAX` does, `pageMax` each page of lanes. */
export class DueModel {
  readonly entries = new Map<string, DueEntry>();

  constructor(private readonly readMax: number, private readonly pageMax = 100) {}

  /** Inserts or moves. */
  put(...entries: readonly DueEntry[]): void {
    for (const entry of entries) this.entries.set(entry.id, entry);
  }

  /** What has its time by `nowMs`, best first, of one lane or of all. */
  due(nowMs: number, lane?: string): DueEntry[] {
    return [...this.entries.values()]
      .filter((entry) => entry.wakeAtMs <= nowMs && (lane === undefined || entry.lane === lane))
      .sort((left, right) => right.rank - left.rank || left.wakeAtMs - right.wakeAtMs);
  }

  /** See `Store.lanes`. */
  lanes(after: string | null): LanesPage {
    const all = [...new Set([...this.entries.values()].map(({ lane }) => lane))];
    const keyed = all.filter(hasKey).sort();
    if (after === null) {
      return { lanes: all.filter((lane) => !hasKey(lane)), next: keyed.length > 0 ? "" : null };
    }
    const rest = keyed.filter((lane) => lane > after);
    const lanes = rest.slice(0, this.pageMax);
    return { lanes, next: rest.length > lanes.length ? lanes.at(-1)! : null };
  }

  /** The store's answer to `read` at `nowMs`. */
  answer(read: WindowRead, nowMs: number): WindowEvent {
    switch (read.kind) {
      case "read-lanes":
        return { kind: "lanes-read", after: read.after, ...this.lanes(read.after) };
      case "read-recent": {
        const due = this.due(nowMs).filter(({ wakeAtMs }) => wakeAtMs >= read.fromMs);
        return { kind: "recent-read", entries: due.slice(0, this.readMax) };
      }
      case "read-lane": {
        const due = this.due(nowMs + ARM_AHEAD_MS, read.lane);
        const entries = due.slice(0, read.most);
        const whole = entries.length < read.most;
        return { kind: "lane-read", lane: read.lane, entries, whole };
      }
      case "read-ahead": {
        const ahead = [...this.entries.values()]
          .filter(({ wakeAtMs }) => wakeAtMs >= read.fromMs && wakeAtMs < read.untilMs)
          .sort((left, right) => left.wakeAtMs - right.wakeAtMs);
        const completeToMs = ahead[this.readMax]?.wakeAtMs ?? read.untilMs;
        return { kind: "ahead-read", entries: ahead.slice(0, this.readMax), completeToMs };
      }
    }
  }
}
