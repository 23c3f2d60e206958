/**
 * DueModel: the due index of a store as a plain map, to answer what a {@link NearWindow} wants read.
 * @module
 */
import { ARM_AHEAD_MS } from "../limits.ts";
import type { ActorId } from "../ids.ts";
import type { DueEntry } from "../snapshot.ts";
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

  /** A page of the lanes that have anything, in the order of their names. */
  lanes(after: string | null): { lanes: string[]; next: string | null } {
    const all = [...new Set([...this.entries.values()].map(({ lane }) => lane))].sort();
    const rest = all.filter((lane) => after === null || lane > after);
    const lanes = rest.slice(0, this.pageMax);
    return { lanes, next: rest.length > lanes.length ? lanes.at(-1)! : null };
  }

  /** The store's answer to `read` at `nowMs`. */
  answer(read: WindowRead, nowMs: number): WindowEvent {
    switch (read.kind) {
      case "read-lanes":
        return { kind: "lanes-read", ...this.lanes(read.after) };
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
