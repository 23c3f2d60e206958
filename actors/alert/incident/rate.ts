/**
 * Rate: which part of the jobs that ended within a window failed, from counts that come now and then.
 *
 * Intuition: counts are kept in steps of the window, so that the oldest can go; the window is therefore
 * exact to one step.
 * @module
 */
import type { AlertThreshold } from "../rule.ts";
import { RATE_STEPS, type RateStep } from "./state.ts";

/** The window that ends now. */
interface Window {
  readonly nowMs: number;
  readonly windowMs: number;
}

/** `steps` with these counts, and without what has left the window. */
export function addedTo(
  steps: readonly RateStep[],
  { ok, failed }: { readonly ok: number; readonly failed: number },
  window: Window,
): readonly RateStep[] {
  const within = stepsWithin(steps, window);
  const stepMs = Math.ceil(window.windowMs / RATE_STEPS);
  const fromMs = Math.floor(window.nowMs / stepMs) * stepMs;
  const latest = within.at(-1);
  if (latest === undefined || latest[0] < fromMs) return [...within, [fromMs, ok, failed]];
  return [...within.slice(0, -1), [latest[0], latest[1] + ok, latest[2] + failed]];
}

/** Those of `steps` that have not left the window. */
export function stepsWithin(
  steps: readonly RateStep[],
  { nowMs, windowMs }: Window,
): readonly RateStep[] {
  return steps.filter(([fromMs]) => fromMs + windowMs >= nowMs);
}

/** Tells whether too many failed, and how many did, for people. */
export function judgeRate(
  steps: readonly RateStep[],
  { rate, minimum, windowMs }: AlertThreshold,
): { readonly high: boolean; readonly text: string } {
  const failed = steps.reduce((sum, step) => sum + step[2], 0);
  const total = steps.reduce((sum, step) => sum + step[1], failed);
  const percent = total === 0 ? 0 : Math.round(failed / total * 1_000) / 10;
  return {
    high: total >= minimum && failed > 0 && failed / total >= rate,
    text: `${failed} of ${total} jobs failed (${percent} %) within ${windowMs / 1_000} s`,
  };
}
