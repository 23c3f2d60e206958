/**
 * AlertDriver: brings events to the incidents that they belong to, by the rules of this node's configuration.
 *
 * Intuition: what actors report is durable, and asked for again until it is said to be told (RP1). What
 * the node itself notices is in memory, and tried for a while. Events for one incident that come while
 * others are on their way to it travel together, so that a storm of them costs it few commits.
 *
 * Invariants: AD1. A report is told only when each incident that it concerns has committed its events.
 * AD2. One message at a time is on its way to one incident. AD3. Memory is bounded: reports by the gate, what
 * this node noticed by `NOTICED_MAX`, beyond which the newest is dropped, and logged.
 * @module
 */
import type { Settled } from "../../runtime/actor/envelope.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ActorId } from "../../runtime/ids.ts";
import type { Draft, Snapshot } from "../../runtime/snapshot.ts";
import type { AlertEvent, AlertKind, EndCounts } from "./event.ts";
import { incidentId, subjectOf } from "./ids.ts";
import { draftOfIncident } from "./incident/codec.ts";
import type { IncidentMessage } from "./incident/messages.ts";
import type { ReportEffect, ReportMessage } from "./report/behaviour.ts";
import { type AlertRule, concerns } from "./rule.ts";

/** Events of one message. */
export const EVENTS_TOLD_MAX = 50;
/** Events noticed by this node that wait to be told. */
export const NOTICED_MAX = 1_000;
/** Pause before what this node noticed is tried again, ms, and how often it is tried. */
const RETRY_EVERY_MS = 1_000;
const TRIES_MAX = 600;

type Settle = (settled: Pick<Settled<unknown>, "kind">) => void;
type Told = (committed: boolean) => void;

/** What the driver needs of its node. */
export interface AlertDriverOptions {
  readonly clock: Clock;
  readonly rules: readonly AlertRule[];
  /** Holds a report back from its next wake-up while it is being told. */
  readonly gate: { begin(id: ActorId): boolean; end(id: ActorId): void };
  readonly tellIncident: (incident: ActorId, message: IncidentMessage, settle: Settle) => void;
  readonly tellReport: (report: ActorId, message: ReportMessage, settle: Settle) => void;
  /** Inserts an actor unless it exists. Rejects with a `Fault`. */
  readonly create: (draft: Omit<Draft, "shard">) => Promise<unknown>;
  readonly log: (
    level: "warn",
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void;
}

/** The mail for one incident. */
interface Mail {
  readonly draft: () => Omit<Draft, "shard">;
  readonly waiting: { readonly event: AlertEvent; readonly told: Told }[];
  underWay: boolean;
}

/** The way of events. */
export class AlertDriver {
  readonly #mails = new Map<ActorId, Mail>();
  readonly #raised = new Map<AlertKind, number>();
  #noticed = 0;

  constructor(private readonly options: AlertDriverOptions) {}

  /** Events of each kind that this node took on since its start. */
  get raised(): ReadonlyMap<AlertKind, number> {
    return this.#raised;
  }

  /** Performs what a report asked for (B2, AD1). */
  perform({ events }: ReportEffect, { id }: Pick<Snapshot, "id">): void {
    const { gate, tellReport } = this.options;
    if (!gate.begin(id)) return;
    for (const event of events) this.#count(event);
    this.#tellAll(events, (committed) => {
      // What is not told leaves the report due: it is woken again.
      if (!committed) return gate.end(id);
      tellReport(id, { kind: "told" }, () => gate.end(id));
    });
  }

  /** This node noticed it by itself (AD3); `only`: it is for the incidents of that rule alone. */
  notice(event: AlertEvent, only?: AlertRule): void {
    if (this.#noticed >= NOTICED_MAX) {
      const { kind, subject } = event;
      const fields = { event: "alerts.dropped", kind, subject };
      return this.options.log("warn", "an alert was dropped: too many wait", fields);
    }
    this.#noticed++;
    this.#count(event);
    this.#tryNoticed(event, { only, tries: TRIES_MAX });
  }

  /** So many jobs ended here: each rule about their queue reckons with it. What cannot be told now is lost. */
  ends({ queue, ok, failed }: EndCounts): void {
    const { rules, tellIncident, create, clock } = this.options;
    const about = { kind: "failure-rate", labels: { queue } } as const;
    for (const rule of rules.filter((rule) => concerns(rule, about))) {
      const subject = subjectOf(rule, about);
      const id = incidentId(subject);
      const message = { kind: "ends", ok, failed } as const;
      tellIncident(id, message, ({ kind }) => {
        if (kind !== "missing") return;
        create(draftOfIncident(subject, clock.wallMs()))
          .then(() => tellIncident(id, message, () => {}), () => {});
      });
    }
  }

  #count({ kind, status }: AlertEvent): void {
    if (status === "firing") this.#raised.set(kind, (this.#raised.get(kind) ?? 0) + 1);
  }

  #tryNoticed(
    event: AlertEvent,
    { only, tries }: { readonly only: AlertRule | undefined; readonly tries: number },
  ): void {
    const told: Told = (committed) => {
      if (committed || tries <= 1) {
        this.#noticed--;
        return;
      }
      const again = { only, tries: tries - 1 };
      this.options.clock.after(RETRY_EVERY_MS, () => this.#tryNoticed(event, again));
    };
    if (only === undefined) this.#tellAll([event], told);
    else this.#post({ event, rule: only }, told);
  }

  /** Tells every incident that any of `events` concerns; `told` is called once. */
  #tellAll(events: readonly AlertEvent[], told: Told): void {
    const ways = events.flatMap((event) =>
      this.options.rules.filter((rule) => concerns(rule, event)).map((rule) => ({ event, rule }))
    );
    let [open, committed] = [ways.length, true];
    if (open === 0) return told(true);
    for (const way of ways) {
      this.#post(way, (one) => {
        committed &&= one;
        if (--open === 0) told(committed);
      });
    }
  }

  #post(
    { event, rule }: { readonly event: AlertEvent; readonly rule: AlertRule },
    told: Told,
  ): void {
    const subject = subjectOf(rule, event);
    const id = incidentId(subject);
    const mail = this.#mails.get(id) ?? {
      draft: () => draftOfIncident(subject, this.options.clock.wallMs()),
      waiting: [],
      underWay: false,
    };
    this.#mails.set(id, mail);
    mail.waiting.push({ event, told });
    if (!mail.underWay) this.#send(id, mail);
  }

  #send(id: ActorId, mail: Mail): void {
    const batch = mail.waiting.splice(0, EVENTS_TOLD_MAX);
    if (batch.length === 0) return void this.#mails.delete(id);
    mail.underWay = true;
    const events = batch.map(({ event }) => event);
    const done: Told = (committed) => {
      for (const { told } of batch) told(committed);
      mail.underWay = false;
      this.#send(id, mail);
    };
    this.options.tellIncident(id, { kind: "events", events }, ({ kind }) => {
      if (kind !== "missing") return done(kind === "handled");
      // That something is over is no news to an incident that never was.
      if (events.every(({ status }) => status === "resolved")) return done(true);
      this.options.create(mail.draft()).then(
        () =>
          this.options.tellIncident(
            id,
            { kind: "events", events },
            ({ kind }) => done(kind === "handled"),
          ),
        () => done(false),
      );
    });
  }
}
