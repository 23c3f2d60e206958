/**
 * Progress: how far something has come, as a line that changes.
 * @module
 */
import type { World } from "./world.ts";

/** The line is drawn again no sooner than after this, ms. */
const REDRAW_MS = 100;
const BAR_WIDTH = 28;

/** How far it has come. */
export interface Standing {
  readonly done: number;
  /** Null: nobody knows. */
  readonly total: number | null;
  /** What stands beside the bar. */
  readonly note: string;
}

/** Draws on the world's status line; does nothing where nobody looks on. */
export class Progress {
  #drawnAtMs = -Infinity;

  constructor(private readonly world: Pick<World, "status" | "nowMs">) {}

  /** Shows where it stands, unless it was drawn a moment ago. */
  show(standing: Standing): void {
    const nowMs = this.world.nowMs();
    if (this.world.status === null || nowMs - this.#drawnAtMs < REDRAW_MS) return;
    this.#drawnAtMs = nowMs;
    this.world.status(progressText(standing));
  }

  /** Takes the line away. */
  end(): void {
    this.world.status?.("");
  }
}

/** E.g. `[#######---------------------]  25 %  250 accepted`. */
export function progressText({ done, total, note }: Standing): string {
  if (total === null) return `… ${note}`;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled);
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${note}`;
}
