/**
 * IncidentState: what is known of one incident: what happened, and what its channels were told.
 *
 * Bound: it is a few KB whatever happens: counts go on, samples and ids are the latest of their kind.
 * @module
 */
import type { AlertStatus } from "../event.ts";
import type { IncidentSubject } from "../ids.ts";
import type { Sample } from "../notice.ts";

/** What one channel was told. */
export interface ChannelState {
  /** What it was told last; null: nothing yet. */
  readonly told: AlertStatus | null;
  /** The episode, the count and the time of that. */
  readonly episode: number;
  readonly count: number;
  readonly atMs: number;
  /** The job that is telling it. */
  readonly job: { readonly id: string; readonly tells: AlertStatus } | null;
}

/** Jobs that ended within a step of the window of a failure rate: since when, and how many of each. */
export type RateStep = readonly [fromMs: number, ok: number, failed: number];

/** One incident. */
export interface IncidentState {
  readonly subject: IncidentSubject;
  /** When its actor came to be. */
  readonly bornAtMs: number;
  /** `quiet`: not enough has happened. */
  readonly status: AlertStatus | "quiet";
  /** How often it was opened. */
  readonly episode: number;
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | null;
  /** When the last event came. */
  readonly lastAtMs: number;
  /** Nothing is told before: what belongs together is gathered. */
  readonly notifyAtMs: number;
  /** Events of this episode. */
  readonly count: number;
  /** What is still wrong, the latest last; and how many that found no place here. */
  readonly open: readonly string[];
  readonly openMore: number;
  readonly first: Sample | null;
  readonly last: Sample | null;
  /** Marks of the ids of the latest events. */
  readonly seen: readonly string[];
  /** Times of the events that a threshold counts, ms. */
  readonly recent: readonly number[];
  readonly rate: readonly RateStep[];
  /** Somebody asked for silence. */
  readonly silence: { readonly untilMs: number; readonly note: string | null } | null;
  readonly channels: Readonly<Record<string, ChannelState>>;
  /** When it must look whether jobs that tell its channels are over, ms: they say so themselves, unless a crash came between. */
  readonly lookAtMs: number | null;
  readonly wakeAtMs: number | null;
}

/** Subjects of an incident that are known by name. */
export const OPEN_KEPT_MAX = 100;
/** Events that are known again, and the characters by which each is. */
export const SEEN_KEPT_MAX = 200;
export const SEEN_CHARS = 12;
/** Steps of the window of a failure rate. */
export const RATE_STEPS = 20;
/** How long an incident that is over can still be seen, ms. */
export const INCIDENT_KEPT_MS = 7 * 86_400_000;
/** How often jobs that tell channels are looked after, ms. */
export const LOOK_EVERY_MS = 60_000;
