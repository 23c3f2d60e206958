/**
 * Messages: what an incident can be told, what it answers, and what it asks of the world.
 * @module
 */
import type { AlertEvent } from "../event.ts";

/** What an incident receives. */
export type IncidentMessage =
  /** Its time has come. */
  | { readonly kind: "wake" }
  /** These happened. */
  | { readonly kind: "events"; readonly events: readonly AlertEvent[] }
  /** So many jobs of its queue ended since this was last told by whoever tells it. */
  | { readonly kind: "ends"; readonly ok: number; readonly failed: number }
  /** One of the jobs that tell its channels is over. */
  | { readonly kind: "job-over"; readonly jobId: string }
  /** Of those jobs these are over, or gone: what `look` asked for. */
  | { readonly kind: "looked"; readonly over: readonly string[] }
  /** Nothing is told until then (ms), but that it is over; null: no longer silent. */
  | { readonly kind: "silence"; readonly untilMs: number | null; readonly note: string | null };

/** What an incident answers. */
export type IncidentReply = { readonly kind: "done" };

/** What an incident asks of the world: find out which of these jobs are over, and tell it by `looked`. */
export interface IncidentEffect {
  readonly kind: "look";
  readonly jobIds: readonly string[];
}
