/**
 * Samples: rules, events and incidents for tests, and an incident that is spoken to as its host would.
 * @module
 */
import type { ShardId } from "../../../runtime/ids.ts";
import type { Snapshot } from "../../../runtime/snapshot.ts";
import { decodeJob } from "../../job/codec.ts";
import { contextOf, NOW_MS } from "../../job/testing/samples.ts";
import type { Delivery } from "../delivery/job.ts";
import type { AlertEvent } from "../event.ts";
import { incidentId, type IncidentSubject, subjectOf } from "../ids.ts";
import { incidentBehaviour } from "../incident/behaviour.ts";
import { draftOfIncident } from "../incident/codec.ts";
import type { IncidentEffect, IncidentMessage } from "../incident/messages.ts";
import type { IncidentState } from "../incident/state.ts";
import type { Notice } from "../notice.ts";
import type { AlertRule } from "../rule.ts";

/** A rule that says little: every failed job is told to `ops`, after half a second. */
export function ruleOf(
  { threshold, ...overrides }:
    & Partial<Omit<AlertRule, "threshold">>
    & { readonly threshold?: Partial<AlertRule["threshold"]> } = {},
): AlertRule {
  return {
    name: "failures",
    on: ["job.failed"],
    match: {},
    threshold: {
      count: 1,
      windowMs: 300_000,
      depth: 1_000,
      ageMs: null,
      rate: 0.5,
      minimum: 10,
      ...threshold,
    },
    channels: ["ops"],
    groupBy: null,
    gatherMs: 500,
    throttleMs: 900_000,
    resolveAfterMs: 3_600_000,
    silence: [],
    ...overrides,
  };
}

let events = 0;

/** An event with an id of its own: job `job-1`, which is called `pay`, has failed. */
export function eventOf(overrides: Partial<AlertEvent> = {}): AlertEvent {
  return {
    id: `event-${++events}`,
    kind: "job.failed",
    status: "firing",
    subject: "job-1",
    labels: { queue: "default", name: "pay" },
    message: "pay failed after 3 attempts: Error: no money",
    atMs: NOW_MS,
    ...overrides,
  };
}

/** A notice of an open incident. */
export function noticeOf(overrides: Partial<Notice> = {}): Notice {
  const sample = { subject: "job-1", message: "pay failed: <no> & money", atMs: NOW_MS };
  return {
    incident: "abc123",
    episode: 1,
    status: "firing",
    kind: "job.failed",
    rule: "failures",
    labels: { queue: "default", name: "pay" },
    count: 1,
    subjects: ["job-1"],
    open: 1,
    first: sample,
    last: sample,
    openedAtMs: NOW_MS,
    resolvedAtMs: null,
    ...overrides,
  };
}

/** One incident, hosted by hand: what is told to it is committed at once. */
export class HostedIncident {
  state: IncidentState;
  nowMs = NOW_MS;
  /** `channel status count`, for every delivery that it made, in order. */
  readonly sent: string[] = [];
  readonly notices: Notice[] = [];
  effects: readonly IncidentEffect[] = [];
  commits = 0;
  readonly #rules: Map<string, AlertRule>;
  readonly #behaviour;
  #snapshot: Snapshot;

  constructor(readonly rule: AlertRule = ruleOf(), subject?: IncidentSubject) {
    this.#rules = new Map([[rule.name, rule]]);
    this.#behaviour = incidentBehaviour((name) => this.#rules.get(name));
    const about = subject ?? subjectOf(rule, eventOf());
    this.#snapshot = { ...draftOfIncident(about, NOW_MS), shard: 0 as ShardId, version: 1 };
    this.state = this.#behaviour.decode(this.#snapshot);
  }

  /** The rule is taken out of the configuration. */
  forgetRule(): void {
    this.#rules.clear();
  }

  tell(message: IncidentMessage): void {
    const { version, id } = this.#snapshot;
    const context = contextOf({ id, nowMs: this.nowMs, nextVersion: version + 1 });
    const step = this.#behaviour.receive(this.state, message, context);
    this.effects = step.effects;
    if (step.state === this.state) return;
    this.#snapshot = {
      ...this.#snapshot,
      ...this.#behaviour.encode(step.state),
      version: version + 1,
    };
    this.state = this.#behaviour.decode(this.#snapshot);
    this.commits++;
    for (const draft of step.carries?.inserts ?? []) {
      const job = decodeJob({ ...draft, shard: 0 as ShardId, version: 1 });
      const { channel, notice } = JSON.parse(job.spec.payload) as Delivery;
      this.sent.push(`${channel} ${notice.status} ${notice.count}`);
      this.notices.push(notice);
    }
  }

  /** These happen now. */
  happen(...list: readonly Partial<AlertEvent>[]): void {
    this.tell({ kind: "events", events: list.map(eventOf) });
  }

  /** Lets time pass, waking it whenever it wants to be. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let wakes = 0; wakes < 1_000; wakes++) {
      const { wakeAtMs } = this.state;
      if (wakeAtMs === null || wakeAtMs > untilMs) break;
      this.nowMs = wakeAtMs;
      this.tell({ kind: "wake" });
      if (this.state.wakeAtMs === wakeAtMs) throw new Error("it is woken in circles");
    }
    this.nowMs = untilMs;
  }

  /** The jobs that tell its channels are over. */
  arrive(): void {
    for (const { job } of Object.values(this.state.channels)) {
      if (job !== null) this.tell({ kind: "job-over", jobId: job.id });
    }
  }

  /** Its own id. */
  get id(): string {
    return incidentId(this.state.subject);
  }

  /** How the store would index it. */
  get index(): Snapshot["index"] {
    return this.#snapshot.index;
  }
}
