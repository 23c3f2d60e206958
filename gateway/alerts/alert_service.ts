/**
 * AlertService over the actor system.
 *
 * Intuition: as with jobs, changes are questions to the incident's actor, and reads go to the store,
 * where only committed states are.
 * @module
 */
import { deliveryJob } from "../../actors/alert/delivery/job.ts";
import type { AlertKind } from "../../actors/alert/event.ts";
import { incidentNamed, nameOfIncident } from "../../actors/alert/ids.ts";
import {
  decodeIncident,
  INCIDENT_KIND,
  LABEL_OPENED,
  statusLabel,
} from "../../actors/alert/incident/codec.ts";
import type { IncidentMessage, IncidentReply } from "../../actors/alert/incident/messages.ts";
import type { Notice } from "../../actors/alert/notice.ts";
import { decodeJob, draftOfJob } from "../../actors/job/codec.ts";
import type { JobState } from "../../actors/job/state.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ActorId } from "../../runtime/ids.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import type {
  AlertService,
  ChannelTest,
  IncidentOutcome,
  IncidentPage,
  IncidentRecord,
} from "./service.ts";

/** How long a test waits for its delivery, ms, and how often it looks. */
const TEST_WAITS_MS = 20_000;
const TEST_LOOKS_EVERY_MS = 100;

/** What the service needs of the node. */
export interface AlertServiceDeps {
  readonly system: Pick<ActorSystem, "create" | "ref" | "read" | "find">;
  readonly clock: Clock;
  readonly ids: { next(nowMs: number): ActorId };
  readonly node: string;
  /** Names of the channels that this node knows. */
  readonly channels: readonly string[];
  readonly raised: () => ReadonlyMap<AlertKind, number>;
}

/** The node's alert service. It holds no resources: nothing to close. */
export function createAlertService(deps: AlertServiceDeps): AlertService {
  return new Alerts(deps);
}

class Alerts implements AlertService {
  constructor(private readonly deps: AlertServiceDeps) {}

  async list(
    { status, limit, cursor }: Parameters<AlertService["list"]>[0],
  ): Promise<IncidentPage> {
    const page = await this.deps.system.find({
      kind: INCIDENT_KIND,
      labels: [LABEL_OPENED, ...(status === undefined ? [] : [statusLabel(status)])],
      order: "newest",
      limit,
      ...(cursor !== undefined && { cursor }),
    });
    return { records: page.snapshots.map(recordOf), cursor: page.cursor };
  }

  async get(id: string): Promise<IncidentRecord | undefined> {
    const actor = incidentNamed(id);
    const snapshot = actor && await this.deps.system.read(actor);
    return snapshot?.kind === INCIDENT_KIND ? recordOf(snapshot) : undefined;
  }

  async silence(
    id: string,
    untilMs: number | null,
    note: string | null,
  ): Promise<IncidentOutcome> {
    const actor = incidentNamed(id);
    if (actor === undefined) return { kind: "missing" };
    const ref = this.deps.system.ref<IncidentMessage, IncidentReply>(INCIDENT_KIND, actor);
    const outcome = await ref.ask({ kind: "silence", untilMs, note });
    switch (outcome.kind) {
      case "replied":
        return { kind: "done", record: recordOf(outcome.snapshot) };
      case "missing":
      case "busy":
        return { kind: outcome.kind };
      default:
        return { kind: "unknown" };
    }
  }

  async test(channel: string): Promise<ChannelTest> {
    const { channels, clock, ids, system } = this.deps;
    if (!channels.includes(channel)) return { kind: "no-such-channel", channels };
    const nowMs = clock.wallMs();
    const id = ids.next(nowMs);
    const notice = this.#testNotice(id, nowMs);
    const tell = (said: Notice, as: ActorId) =>
      system.create(draftOfJob(deliveryJob({ channel, notice: said }, { nowMs }), {
        id: as,
        nowMs,
      }));
    await tell(notice, id);
    const job = await this.#ended(id);
    // Or a pager would go on ringing.
    if (job?.state === "completed") {
      await tell({ ...notice, status: "resolved", resolvedAtMs: nowMs }, ids.next(nowMs));
    }
    return { kind: "tried", jobId: id, state: job?.state ?? "pending", error: job?.error ?? null };
  }

  raised(): ReadonlyMap<AlertKind, number> {
    return this.deps.raised();
  }

  /** An incident that never was. */
  #testNotice(id: string, nowMs: number): Notice {
    const sample = {
      subject: this.deps.node,
      message: `node ${this.deps.node} tries this channel out`,
      atMs: nowMs,
    };
    return {
      incident: `test-${id}`,
      episode: 1,
      status: "firing",
      kind: "job.failed",
      rule: "test",
      labels: { node: this.deps.node },
      count: 1,
      subjects: [this.deps.node],
      open: 1,
      first: sample,
      last: sample,
      openedAtMs: nowMs,
      resolvedAtMs: null,
      test: true,
    };
  }

  async #ended(id: ActorId): Promise<JobState | undefined> {
    const { clock, system } = this.deps;
    const untilMs = clock.monotonicMs() + TEST_WAITS_MS;
    for (;;) {
      const snapshot = await system.read(id);
      const job = snapshot && decodeJob(snapshot);
      if (job?.finishedAtMs != null || clock.monotonicMs() >= untilMs) return job;
      await new Promise<void>((resume) => clock.after(TEST_LOOKS_EVERY_MS, resume));
    }
  }
}

function recordOf(snapshot: Snapshot): IncidentRecord {
  return { id: nameOfIncident(snapshot.id), incident: decodeIncident(snapshot) };
}
