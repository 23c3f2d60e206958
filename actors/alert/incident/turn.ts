/**
 * Turn: what one message makes of an incident: whether it is open, and what its channels are told.
 *
 *     quiet ──threshold reached──▶ firing ──nothing wrong any more, or no news──▶ resolved ──event──▶ firing …
 *
 *     a channel:  nothing ──gathered──▶ told firing ──throttled──▶ told firing again … ──▶ told resolved
 *
 * Intuition: events move the incident; then each channel is compared with it, and told what it does not know.
 * A channel is told by one job at a time: while that is under way, whatever happens is gathered, and
 * told as one when it is over. So a receiver that was away hears the latest, in order, and once.
 *
 * Invariants:
 *   IN1. An event counts once, as far as its id is remembered.
 *   IN2. Each episode is told to each channel, unless it began and ended in silence, and its end to whoever was told.
 *   IN3. One job at a time tells a channel: what is told later arrives later.
 *   IN4. Nothing is told before `notifyAtMs`, and no update within the throttle of what was told before.
 * @module
 */
import type { ReducerContext, Step } from "../../../runtime/actor/behaviour.ts";
import { ARM_AHEAD_MS } from "../../../runtime/limits.ts";
import type { Draft } from "../../../runtime/snapshot.ts";
import { draftOfJob } from "../../job/codec.ts";
import type { BeginTrace } from "../../trace/job_trace.ts";
import { deliveryJob } from "../delivery/job.ts";
import type { AlertEvent, AlertStatus } from "../event.ts";
import { fingerprint, nameOfIncident, noticeId } from "../ids.ts";
import { type Notice, type Sample, SUBJECTS_SHOWN_MAX } from "../notice.ts";
import type { AlertRule } from "../rule.ts";
import { silentUntil } from "../silence.ts";
import type { IncidentEffect, IncidentReply } from "./messages.ts";
import { addedTo, judgeRate, stepsWithin } from "./rate.ts";
import {
  type ChannelState,
  type IncidentState,
  LOOK_EVERY_MS,
  OPEN_KEPT_MAX,
  SEEN_CHARS,
  SEEN_KEPT_MAX,
} from "./state.ts";

/** What a reducer of the incident returns. */
export type IncidentStep = Step<IncidentState, IncidentReply, IncidentEffect>;

/** The world around one message; `rule` undefined: it is in the configuration no longer. */
export interface Scene {
  readonly context: Pick<ReducerContext, "id" | "nowMs" | "nextVersion">;
  readonly rule: AlertRule | undefined;
  /** Absent: what is told is not traced. */
  readonly beginTrace?: BeginTrace | undefined;
}

const UNTOLD: ChannelState = { told: null, episode: 0, count: 0, atMs: 0, job: null };

/** One message's work on one incident. */
export class IncidentTurn {
  #state: IncidentState;
  readonly #inserts: Omit<Draft, "shard">[] = [];
  readonly #effects: IncidentEffect[] = [];

  constructor(private readonly before: IncidentState, private readonly scene: Scene) {
    this.#state = before;
  }

  /** These happened (IN1). */
  events(events: readonly AlertEvent[]): void {
    for (const event of events) {
      const mark = fingerprint(event.id).slice(0, SEEN_CHARS);
      if (this.#state.seen.includes(mark)) continue;
      this.#set({ seen: [...this.#state.seen, mark].slice(-SEEN_KEPT_MAX) });
      if (event.status === "firing") this.#fired(event);
      else this.#mended(event);
    }
  }

  /** So many jobs ended: what a failure rate is reckoned from. */
  ends(counts: { readonly ok: number; readonly failed: number }): void {
    const { rule, context } = this.scene;
    if (rule === undefined) return;
    const { windowMs } = rule.threshold;
    this.#set({ rate: addedTo(this.#state.rate, counts, { nowMs: context.nowMs, windowMs }) });
  }

  /** These jobs, which told channels, are over. */
  over(jobIds: readonly string[]): void {
    for (const [name, channel] of Object.entries(this.#state.channels)) {
      const { job } = channel;
      if (job !== null && jobIds.includes(job.id)) {
        this.#channel(name, { ...channel, told: job.tells, job: null });
      }
    }
  }

  /** Asks which jobs that tell channels are over, when it is time to. */
  look(): void {
    const { lookAtMs } = this.#state;
    const { nowMs } = this.scene.context;
    if (lookAtMs === null || nowMs < lookAtMs) return;
    this.#effects.push({ kind: "look", jobIds: this.#jobs });
    this.#set({ lookAtMs: nowMs + LOOK_EVERY_MS });
  }

  /** Silent until then; null: no longer. */
  silence(untilMs: number | null, note: string | null): void {
    this.#set({ silence: untilMs === null ? null : { untilMs, note } });
  }

  /** The step to what was noted down; no commit when nothing was. */
  step(): IncidentStep {
    this.#judge();
    this.#tellChannels();
    this.#plan();
    const reply = { kind: "done" } as const;
    if (sameState(this.#state, this.before)) {
      return { state: this.before, reply, effects: this.#effects };
    }
    const carries = this.#inserts.length > 0 && { carries: { inserts: this.#inserts } };
    return { state: this.#state, reply, effects: this.#effects, ...carries };
  }

  #fired(event: AlertEvent): void {
    const { rule, context } = this.scene;
    if (rule === undefined) return;
    const { count, windowMs } = rule.threshold;
    const since = context.nowMs - windowMs;
    const recent = [...this.#state.recent.filter((ms) => ms > since), context.nowMs].slice(-count);
    this.#set({ recent, lastAtMs: context.nowMs });
    this.#addOpen(event.subject);
    if (this.#state.status !== "firing") {
      if (recent.length < count) return;
      this.#open();
      this.#set({ count: recent.length - 1 });
    }
    const sample = sampleOf(event);
    this.#set({
      count: this.#state.count + 1,
      first: this.#state.first ?? sample,
      last: sample,
    });
  }

  #addOpen(subject: string): void {
    const { open, openMore } = this.#state;
    const known = open.filter((one) => one !== subject);
    const cut = Math.max(0, known.length + 1 - OPEN_KEPT_MAX);
    this.#set({ open: [...known.slice(cut), subject], openMore: openMore + cut });
  }

  #mended(event: AlertEvent): void {
    const open = this.#state.open.filter((subject) => subject !== event.subject);
    if (open.length === this.#state.open.length) return;
    this.#set({ open });
    const { status, openMore } = this.#state;
    const over = open.length === 0 && openMore === 0;
    if (over && status === "firing") this.#resolve(sampleOf(event));
  }

  /** A new episode. */
  #open(): void {
    const { nowMs } = this.scene.context;
    this.#set({
      status: "firing",
      episode: this.#state.episode + 1,
      openedAtMs: nowMs,
      resolvedAtMs: null,
      notifyAtMs: nowMs + (this.scene.rule?.gatherMs ?? 0),
      count: 0,
      first: null,
    });
  }

  #resolve(last: Sample): void {
    const { nowMs } = this.scene.context;
    this.#set({ status: "resolved", resolvedAtMs: nowMs, open: [], openMore: 0, recent: [], last });
  }

  /** Moves on by itself: by the rate of failures, and when there was no news for long. */
  #judge(): void {
    const { context: { nowMs }, rule } = this.scene;
    const { subject, status, lastAtMs } = this.#state;
    if (rule === undefined) {
      if (status === "firing") {
        this.#resolve(this.#said("its rule is in the configuration no longer"));
      }
      return;
    }
    if (subject.kind === "failure-rate") this.#judgeRate(rule);
    if (this.#state.status === "firing" && nowMs >= lastAtMs + rule.resolveAfterMs) {
      this.#resolve(this.#said("no news for long"));
    }
  }

  #judgeRate(rule: AlertRule): void {
    const { nowMs } = this.scene.context;
    const rate = stepsWithin(this.#state.rate, { nowMs, windowMs: rule.threshold.windowMs });
    if (rate.length < this.#state.rate.length) this.#set({ rate });
    const verdict = judgeRate(rate, rule.threshold);
    const sample = this.#said(verdict.text);
    if (verdict.high) {
      if (this.#state.status !== "firing") {
        this.#open();
        this.#set({ first: sample, count: 1 });
      }
      this.#set({ last: sample, lastAtMs: nowMs });
    } else if (this.#state.status === "firing") this.#resolve(sample);
  }

  #said(message: string): Sample {
    const { kind, labels } = this.#state.subject;
    return { subject: labels.queue ?? kind, message, atMs: this.scene.context.nowMs };
  }

  /** Tells each channel what it does not know yet (IN2–IN4). */
  #tellChannels(): void {
    const { rule, context: { nowMs } } = this.scene;
    if (rule === undefined || this.#state.episode === 0 || nowMs < this.#state.notifyAtMs) return;
    for (const name of rule.channels) {
      const channel = this.#state.channels[name] ?? UNTOLD;
      if (channel.job === null) this.#tell(name, channel, rule);
    }
  }

  #tell(name: string, channel: ChannelState, { throttleMs }: AlertRule): void {
    const { status, episode, count } = this.#state;
    const { nowMs } = this.scene.context;
    const silent = this.#silentUntil !== null;
    if (status === "firing") {
      const more = channel.told !== "firing" || channel.episode < episode || count > channel.count;
      const early = channel.told === "firing" && nowMs < channel.atMs + throttleMs;
      if (more && !silent && !early) this.#send(name, "firing");
    } else if (channel.told === "firing") this.#send(name, "resolved");
    else if (channel.episode < episode) {
      if (silent) this.#channel(name, { ...channel, episode });
      else this.#send(name, "firing");
    }
  }

  #send(name: string, tells: AlertStatus): void {
    const { context: { id, nowMs, nextVersion }, beginTrace } = this.scene;
    const { bornAtMs, episode, count } = this.#state;
    const mark = `${bornAtMs.toString(36)}-${nextVersion.toString(36)}-${this.#inserts.length}`;
    const job = noticeId(id, mark);
    const notice = this.#notice(tells);
    const made = deliveryJob({ channel: name, notice }, { nowMs, observer: id });
    const origin = { operation: "alert", jobId: job, cause: notice.last.trace } as const;
    const spec = { ...made, ...beginTrace?.({ ...origin, name: made.name, queue: made.queue }) };
    this.#inserts.push(draftOfJob(spec, { id: job, nowMs }));
    const told = (this.#state.channels[name] ?? UNTOLD).told;
    this.#channel(name, { told, episode, count, atMs: nowMs, job: { id: job, tells } });
  }

  #notice(status: AlertStatus): Notice {
    const { subject, episode, count, open, openMore, first, last, openedAtMs, resolvedAtMs } =
      this.#state;
    const sample = last ?? first ?? this.#said("nothing is known of it");
    return {
      incident: nameOfIncident(this.scene.context.id),
      episode,
      status,
      ...subject,
      count,
      subjects: open.slice(-SUBJECTS_SHOWN_MAX),
      open: open.length + openMore,
      first: first ?? sample,
      last: status === "firing" && resolvedAtMs !== null ? first ?? sample : sample,
      openedAtMs,
      resolvedAtMs: status === "firing" ? null : resolvedAtMs,
    };
  }

  /** Says when it must look at itself again. */
  #plan(): void {
    const lookAtMs = this.#jobs.length === 0
      ? null
      : this.#state.lookAtMs ?? this.scene.context.nowMs + LOOK_EVERY_MS;
    this.#set({ lookAtMs });
    const moments = [...this.#moments()].filter((ms) => ms > this.scene.context.nowMs);
    // A wake-up may come ahead of its time.
    const wakeAtMs = moments.length === 0 ? null : Math.min(...moments) + ARM_AHEAD_MS;
    this.#set({ wakeAtMs });
  }

  *#moments(): Generator<number> {
    const { rule } = this.scene;
    const { status, notifyAtMs, lastAtMs, lookAtMs, count, channels, rate } = this.#state;
    if (lookAtMs !== null) yield lookAtMs;
    if (rule === undefined) return;
    const [oldest] = rate;
    if (oldest !== undefined) yield oldest[0] + rule.threshold.windowMs + 1;
    if (status === "quiet") return;
    yield notifyAtMs;
    if (status === "resolved") return;
    yield lastAtMs + rule.resolveAfterMs;
    const silentUntilMs = this.#silentUntil;
    if (silentUntilMs !== null) yield silentUntilMs;
    for (const channel of Object.values(channels)) {
      if (count > channel.count && channel.told !== null) yield channel.atMs + rule.throttleMs;
    }
  }

  get #silentUntil(): number | null {
    const { context: { nowMs }, rule } = this.scene;
    const untilMs = this.#state.silence?.untilMs ?? 0;
    const ranged = silentUntil(rule?.silence ?? [], nowMs) ?? 0;
    const ends = Math.max(untilMs, ranged);
    return ends > nowMs ? ends : null;
  }

  get #jobs(): readonly string[] {
    return Object.values(this.#state.channels).flatMap(({ job }) => job === null ? [] : [job.id]);
  }

  #channel(name: string, channel: ChannelState): void {
    this.#set({ channels: { ...this.#state.channels, [name]: channel } });
  }

  #set(patch: Partial<IncidentState>): void {
    this.#state = { ...this.#state, ...patch };
  }
}

function sampleOf({ subject, message, atMs, trace }: AlertEvent): Sample {
  return { subject, message, atMs, ...(trace !== undefined && { trace }) };
}

function sameState(one: IncidentState, other: IncidentState): boolean {
  return (Object.keys(one) as (keyof IncidentState)[]).every((key) => one[key] === other[key]);
}
